// Somebody who cannot go on asks the service desk: what he saw goes along by itself, the desk answers, the answer comes by mail and stands with his requests.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, sessionId, setUp, signIn } from "../support/journey.ts";
import { Mailboxes, text } from "../support/mailbox.ts";
import type { Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const NAME = "Hogeschool Duinmeer";
/** What mails say, which stands in no locale file. */
const SAID = {
  en: { filed: "Your request for help", answered: "The service desk has answered" },
  nl: { filed: "Je vraag om hulp", answered: "De servicedesk heeft geantwoord" },
};
const NUMBER = /T-\d{4}-\d{4}/;

async function write(me: Person, words: string): Promise<void> {
  await me.type(me.field("tickets.words_label"), words);
  await me.go(me.button("tickets.send"));
}

for (const language of LANGUAGES) {
  test(`an error is sent to the service desk, and the answer comes by mail (${language})`, async ({ untouched: server, somebody }) => {
    const said = SAID[language];
    const mailboxes = await Mailboxes.start(server);
    const org = await tenant(server, NAME, { language });
    const upn = org.member("femke", { given: "Femke", family: "de Wit" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });
    const desk = await somebody({ at: server, language });
    await setUp(desk, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));
    await desk.page.goto("/support/tickets");
    await desk.reads("tickets.none_waiting_title");
    await gallery(desk, "support-tickets-empty", { language });

    // A wrong code: the page, the code, the session and the account stand there already.
    const me = await somebody({ at: server, language, width: 390, keyboard: language === "en" });
    await enterName(me, upn);
    await enterPassword(me);
    await enterCode(me, "000000");
    await me.press(me.page.locator("summary", { hasText: me.say("problems.details") }));
    const session = await sessionId(me);
    await me.go(me.link("tickets.link_send"));
    await expect(me.heading()).toHaveText(me.say("tickets.title"));
    for (const fact of ["/sign-in", "TS-2101", session, upn]) await expect(me.main().locator("dl")).toContainText(fact);
    await gallery(me, "request", { language });
    await write(me, "   ");
    await me.reads("tickets.words_empty");
    await gallery(me, "request-wrong", { language });
    await write(me, "My phone shows a code.\nIt is refused every time.");
    await expect(me.heading()).toHaveText(me.say("tickets.sent_title"));
    await expect(me.main()).toContainText(session);
    await gallery(me, "request-sent", { language });
    const filed = await mailboxes.find(upn, ({ headers }) => headers.Subject === `${said.filed} - ${NAME}`, "the receipt");
    const number = text(filed).match(NUMBER)?.[0] ?? "";
    expect(number, text(filed)).not.toBe("");

    // The desk finds it on its first page, and at the session.
    await desk.page.goto("/support");
    await desk.reads("tickets.waiting_title");
    await gallery(desk, "support-waiting", { language });
    await desk.page.goto("/support/tickets");
    await gallery(desk, "support-tickets", { language });
    await desk.go(desk.page.getByRole("link", { name: number }));
    await expect(desk.heading()).toHaveText("Femke de Wit");
    await desk.reads("tickets.shown_password");
    for (const fact of [upn, "TS-2101", session, "/sign-in"]) await expect(desk.main().locator("aside")).toContainText(fact);
    await desk.go(desk.button("tickets.take"));
    await desk.reads("tickets.did_take", { number });
    await gallery(desk, "support-ticket", { language });
    await desk.page.goto(`/support/sessions/${session}`);
    await desk.reads("tickets.about");
    await gallery(desk, "support-case-asked", { language });
    await desk.go(desk.page.getByRole("link", { name: number }));
    await desk.type(desk.field("tickets.reply_label"), "Asked for the clock.");
    await desk.go(desk.button("tickets.reply_note"));
    await desk.type(desk.field("tickets.reply_label"), "Set the time of your phone to automatic.\nThen try again.");
    await desk.go(desk.button("tickets.reply_close"));
    await desk.reads("tickets.did_answer_close");
    await gallery(desk, "support-ticket-answered", { language });

    // The answer is in the mailbox, marked as somebody's words; the note of the desk is not.
    const answer = text(await mailboxes.find(upn, ({ headers }) => headers.Subject === `${said.answered} - ${NAME}`, "the answer"));
    expect(answer).toContain(`${number}`);
    expect(answer).toContain("> Set the time of your phone to automatic.\n> Then try again.\n");
    expect(answer).not.toContain("clock");

    // Signed in, it stands with the requests; saying more opens it again.
    await signIn(me, upn, app);
    await me.page.goto("/help");
    await me.go(me.link("tickets.link_ask"));
    await expect(me.main()).toContainText("Set the time of your phone to automatic.");
    await expect(me.main()).not.toContainText("Asked for the clock.");
    await gallery(me, "request-mine", { language });
    await me.press(me.page.locator("article summary"));
    await me.type(me.field("tickets.add_label"), "It works now, thank you.");
    await me.go(me.page.locator("article").getByRole("button"));
    await me.reads("tickets.done_added", { number });
    await desk.page.goto("/support");
    await desk.enter(desk.page.getByRole("searchbox").last(), number.toLowerCase().replaceAll("-", " "));
    await expect(desk.page).toHaveURL(new RegExp(`/support/tickets/${number}$`));
    await expect(desk.main()).toContainText("It works now, thank you.");
    await desk.reads("tickets.state_open");
    mailboxes.stop();
  });

  test(`with nothing but a name one can ask too, a few times a day, and two at the desk do not talk past each other (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Gemeente Zuidwold", { language });
    const upn = org.member("bram", { given: "Bram", family: "Visser" });
    const me = await somebody({ language, width: 390, keyboard: language === "nl" });
    await me.page.goto("/help/errors/TS-2106");
    await me.go(me.link("tickets.link_ask"));
    await gallery(me, "request-name", { language });
    await me.type(me.field("tickets.name_label"), upn);
    await write(me, "I have a new phone and no codes.");
    await expect(me.heading()).toHaveText(me.say("tickets.sent_title"));

    const [one, two] = [await somebody({ language }), await somebody({ language })];
    await setUp(one, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));
    await setUp(two, org.invited("joris", { given: "Joris", family: "Smit", role: "auth_admin" }));
    for (const agent of [one, two]) {
      await agent.page.goto("/support");
      await agent.go(agent.page.getByRole("link", { name: NUMBER }));
      await agent.reads("tickets.shown_name_words");
    }
    await two.type(two.field("tickets.reply_label"), "We will call you back at the number we know.");
    await one.go(one.button("tickets.close"));
    await one.reads("tickets.did_close");
    await two.go(two.button("tickets.reply_send"));
    await two.reads("tickets.closed_meanwhile");
    await expect(two.field("tickets.reply_label")).toHaveValue("We will call you back at the number we know.");
    await gallery(two, "support-ticket-closed-meanwhile", { language });
    await two.go(two.page.locator("section", { has: two.page.locator("#reply") }).getByRole("button", { name: two.say("tickets.reopen") }));
    await two.reads("tickets.did_reopen");
    await expect(two.field("tickets.reply_label")).toHaveValue("We will call you back at the number we know.");

    for (let more = 2; more <= 6; more++) {
      await me.page.goto("/help/request");
      await me.type(me.field("tickets.name_label"), upn);
      await write(me, `This is number ${more}.`);
    }
    await me.reads("tickets.too_many_title");
    await expect(me.field("tickets.words_label")).toHaveValue("This is number 6.");
    await gallery(me, "request-too-many", { language });
  });
}
