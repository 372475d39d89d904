// A phone is lost: it goes off at once, what is left leads in again, and with nothing left the service desk helps. And a sign-in that was somebody else's.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, enterRecoveryCode, leaveWizard, readKey, registerApp, sessionId, setUp, signIn, signOut } from "../support/journey.ts";
import { Mailboxes, text } from "../support/mailbox.ts";
import { Messages } from "../support/messages.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { aDayPasses } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const ORGANISATION = "Gemeente Zuidwold";
/** What mails say, which stands in no locale file. */
const SAID = {
  en: {
    lost: "Reported as lost",
    filed: "Your request for help",
    caller: "Code for your call to",
    given: "Temporary pass given",
    added: "Sign-in method added",
    answered: "The service desk has answered",
  },
  nl: {
    lost: "Als kwijt gemeld",
    filed: "Je vraag om hulp",
    caller: "Code voor je gesprek met",
    given: "Tijdelijke pas gegeven",
    added: "Aanmeldmethode toegevoegd",
    answered: "De servicedesk heeft geantwoord",
  },
};

for (const language of LANGUAGES) {
  test(`a lost phone opens nothing any more, and a recovery code leads to a new one (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke", family: "de Wit" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390, keyboard: language === "nl" });
    await enterName(me, upn);
    await enterPassword(me);
    const { app, codes } = await registerApp(me);
    await leaveWizard(me);

    const other = await somebody({ language, width: 390, keyboard: language === "nl" });
    await other.page.goto("/lost");
    await expect(other.heading()).toHaveText(other.say("lost.title"));
    if (language === "en") await gallery(other, "lost");
    await other.go(other.link("lost.begin"));
    await other.enter(other.field("sign_in.name_label"), upn);
    await enterPassword(other);
    await expect(other.heading()).toHaveText(other.say("lost.choose_title"));
    await gallery(other, "lost-choose", { language });
    await other.go(other.button("lost.act"));
    await other.reads("lost.unticked");
    await gallery(other, "lost-unticked", { language });
    await other.tick(other.page.getByRole("checkbox").first());
    await other.go(other.button("lost.act"));
    await expect(other.heading()).toHaveText(other.say("lost.done_title"));
    await gallery(other, "lost-done", { language });
    await other.page.goto("/lost");
    await other.reads("lost.nothing_title");
    await gallery(other, "lost-nothing", { language });

    // The first browser is out, and the app opens nothing.
    await me.page.goto("/security-info");
    await expect(me.page).toHaveURL(/\/sign-in/);
    await other.go(other.link("lost.prove"));
    await enterRecoveryCode(other, codes[0]);
    await expect(other.page).toHaveURL(/\/lost$/);
    await other.reads("lost.reported_title");
    await gallery(other, "lost-signed-in", { language });
    await other.go(other.link("lost.set_up"));
    await expect(other.heading()).toHaveText(other.say("security_info.add_title"));
    await other.page.goto("/register");
    const fresh = await readKey(other);
    await other.go(other.button("register.added"));
    await enterCode(other, fresh.fresh());
    await other.page.goto("/security-info");
    await other.reads("security_info.off_lost");
    await gallery(other, "security-info-lost", { language });

    // The new app opens; the lost one does not.
    await signOut(other);
    await enterName(other, upn);
    await enterPassword(other);
    await enterCode(other, app.fresh());
    await expect(other.main()).toContainText(other.say("problems.wrong_code"));
    await enterCode(other, fresh.fresh());
    await expect(other.page).not.toHaveURL(/\/sign-in/);
  });

  test(`with nothing left a request reaches the service desk, which checks the caller and gives a pass (${language})`, async ({ untouched: server, somebody }) => {
    const said = SAID[language];
    const mailboxes = await Mailboxes.start(server);
    const org = await tenant(server, ORGANISATION, { language });
    const upn = org.member("bram", { given: "Bram", family: "Visser" });
    const home = "bram@thuis.example";
    await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    // A mailbox for resets opens no sign-in, and is what the desk can know him by.
    expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "email", mail: home })).status).toBe(201);
    aDayPasses(server);
    const mail = (subject: string) => mailboxes.find(upn, ({ headers }) => headers.Subject === `${subject} - ${ORGANISATION}`, subject);

    // From the sign-in page: the phone is gone, and with it all he has.
    const me = await somebody({ at: server, language, width: 390, keyboard: language === "nl" });
    await me.page.goto("/sign-in");
    await me.go(me.link("sign_in.lost_phone"));
    await me.go(me.link("lost.begin"));
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("lost.choose_title"));
    await me.tick(me.page.getByRole("checkbox").first());
    await me.go(me.button("lost.act"));
    await me.reads("lost.desk_title");
    await gallery(me, "lost-stranded", { language });
    const session = await sessionId(me);
    await expect(me.main()).toContainText(session);
    await mail(said.lost);

    // The request knows who and where without being told.
    await me.go(me.link("tickets.link_ask"));
    for (const fact of ["/lost", "TS-2106", session, upn]) await expect(me.main().locator("dl")).toContainText(fact);
    await me.type(me.field("tickets.words_label"), "My phone fell into the canal.\nI have nothing else.");
    await me.go(me.button("tickets.send"));
    await expect(me.heading()).toHaveText(me.say("tickets.sent_title"));
    await expect(me.main()).toContainText(session);
    const number = text(await mail(said.filed)).match(/T-\d{4}-\d{4}/)?.[0] ?? "";
    expect(number).not.toBe("");

    // The desk: the request, the member, who is calling, the pass.
    const desk = await somebody({ at: server, language, width: 390 });
    await setUp(desk, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));
    await desk.page.goto("/support");
    await desk.go(desk.page.getByRole("link", { name: number }));
    await expect(desk.heading()).toHaveText("Bram Visser");
    await desk.reads("tickets.shown_password");
    await desk.go(desk.button("tickets.take"));
    await desk.go(desk.main().getByRole("link", { name: session }));
    await expect(desk.main()).toContainText(desk.say("events.methods_lost"));
    await desk.page.goBack();
    await desk.go(desk.link("tickets.caller_go"));
    await desk.go(desk.page.locator("main button[name=method]"));
    const called = await mailboxes.find(home, ({ headers }) => headers.Subject === `${said.caller} ${ORGANISATION}`, "the code of the call");
    await desk.enter(desk.field("tickets.caller_code"), text(called).match(/^ {4}(\d{6})$/m)?.[1] ?? "");
    await desk.reads("tickets.caller_done_title");
    await desk.go(desk.link("tickets.caller_back"));
    await expect(desk.page).toHaveURL(new RegExp(`/support/tickets/${number}$`));
    await desk.go(desk.main().locator(`a[href^="/admin/${org.slug}/users/"]`));
    await desk.go(desk.link("member.pass_act_do"));
    await expect(desk.main()).not.toContainText(desk.say("tickets.caller_no"));
    await desk.enter(desk.field("members.reason"), `Lost phone, ${number}`);
    const [pass] = (await desk.main().innerText()).match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/) ?? [];
    await mail(said.given);

    // With the new phone: by the pass into the wizard, and from there signed in.
    const phone = await somebody({ at: server, language, width: 390, keyboard: language === "nl" });
    await enterName(phone, upn);
    await phone.go(phone.link("sign_in.pass_instead"));
    await phone.enter(phone.field("sign_in.pass_label"), pass ?? "");
    const { app } = await registerApp(phone);
    await leaveWizard(phone);
    await expect(phone.heading()).toHaveText(phone.say("security_info.title"));
    await mail(said.added);
    await signOut(phone);
    await signIn(phone, upn, app);
    await expect(phone.heading()).toHaveText(phone.say("security_info.title"));

    // The desk is done with it.
    await desk.page.goto(`/support/tickets/${number}`);
    await desk.type(desk.field("tickets.reply_label"), "You are in again.");
    await desk.go(desk.button("tickets.reply_close"));
    await desk.reads("tickets.did_answer_close");
    expect(text(await mail(said.answered))).toContain("> You are in again.\n");
    mailboxes.stop();
  });
}

for (const language of LANGUAGES) {
  test(`with nothing left each page leads to the desk and to the pass (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, ORGANISATION, { language });
    const upn = org.member("bram", { given: "Bram", family: "Visser" });
    await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await me.page.goto("/lost");
    await me.go(me.link("lost.begin"));
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await me.tick(me.page.getByRole("checkbox").first());
    await me.go(me.button("lost.act"));
    await me.reads("lost.desk_title");

    // The page once more, the sign-in that is still open, and the request that was sent: nobody is asked to prove what he cannot.
    await me.go(me.link("tickets.link_ask"));
    await me.type(me.field("tickets.words_label"), "I have nothing left.");
    await me.go(me.button("tickets.send"));
    await me.go(me.link("tickets.sent_home"));
    await gallery(me, "sign-in-nothing-left", { language });
    await expect.soft(me.main(), "no empty list").not.toContainText(me.say("sign_in.another_lead"));
    await me.page.goto("/lost");
    await gallery(me, "lost-nothing", { language });
    await expect.soft(me.link("lost.prove"), "nothing to prove it with").toHaveCount(0);
    await me.go(me.button("lost.have_pass"));
    await expect(me.field("sign_in.name_label")).toBeVisible();
  });

  test(`whoever has typed his name already says what is lost before anything is sent there (${language})`, async ({ untouched: server, somebody }) => {
    const phone = "+31612345678";
    const messages = new Messages(server);
    const org = await tenant(server, ORGANISATION, { language });
    const upn = org.member("bram", { given: "Bram", family: "Visser" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ at: server, language, width: 390 });
    await enterName(me, upn);
    await enterPassword(me);
    await me.page.goto("/register?show=phone");
    await me.enter(me.field("security_info.phone_label"), phone);
    await enterCode(me, await messages.code(phone, 0));
    await leaveWizard(me);
    await signOut(me);

    messages.clear();
    await enterName(me, upn);
    await me.go(me.link("sign_in.lost_phone"));
    await me.go(me.link("lost.begin"));
    const name = me.field("sign_in.name_label");
    if (await name.isVisible()) await me.enter(name, upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("lost.choose_title"));
    expect(messages.count(phone)).toBe(0);
  });
}

for (const language of LANGUAGES) {
  test(`a sign-in that was not mine is reported, and everybody is out (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("ilse", { given: "Ilse" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const [me, stranger] = [await somebody({ language, width: 390 }), await somebody({ language, width: 390 })];
    await signIn(me, upn, app);
    await enterName(stranger, upn);
    await enterPassword(stranger, "a guess that is wrong");
    await signIn(stranger, upn, app);

    // A try that failed ends nothing.
    await me.page.goto("/activity");
    await gallery(me, "activity-mine", { language });
    const refused = me.main().locator("a.danger").first();
    await me.go(refused);
    await expect(me.heading()).toHaveText(me.say("activity.report_title"));
    await me.reads("activity.report_stopped");
    await gallery(me, "activity-report-try", { language });
    await me.go(me.button("activity.not_me"));
    await me.reads("security_info.done_reported");
    await me.reads("activity.reported");

    // One that did ends everything.
    await me.go(me.main().locator("a.quiet").first());
    await me.reads("activity.report_sessions");
    await gallery(me, "activity-report", { language });
    await me.go(me.button("activity.not_me"));
    await expect(me.heading()).toHaveText(me.say("activity.done_title"));
    await gallery(me, "activity-done", { language });
    for (const one of [me, stranger]) {
      await one.page.goto("/security-info");
      await expect(one.page).toHaveURL(/\/sign-in/);
    }
  });
}
