// A reset from start to end with mail that a real mail server took: the code of the proof, the notice in every mailbox, and the link in it that ends what
// was not meant.
import { enterCode, enterName, enterPassword, signIn } from "../support/journey.ts";
import { type Mail, Mailboxes, text } from "../support/mailbox.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { aDayPasses } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const NAME = "Hogeschool Duinmeer";
const NEW = "zeven groene kikkers";
/** What mails say, which stands in no locale file. */
const SAID = {
  en: { code: "Your code for", hello: "Hello Femke,", changed: "Password changed", how: "on the page for forgotten passwords", safe: "Account made safe" },
  nl: { code: "Je code voor", hello: "Dag Femke,", changed: "Wachtwoord veranderd", how: "Op de pagina voor een vergeten wachtwoord", safe: "Account veiliggesteld" },
};
const LINK = /^http\S+(\/notices\/\S+)$/m;

for (const language of LANGUAGES) {
  test(`a code and a notice come by mail, and "this wasn't me" is said in the mail of a reset (${language})`, async ({ untouched: server, somebody }) => {
    const said = SAID[language];
    const mailboxes = await Mailboxes.start(server);
    const org = await tenant(server, NAME, { language });
    const upn = org.member("femke", { given: "Femke", family: "de Wit" });
    const app = await org.app(upn);
    const home = "femke@thuis.example";
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });
    expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "email", mail: home })).status).toBe(201);
    await org.policy((document) => (document.reset = { ...document.reset, scope: "everybody", gates: 2 }));
    aDayPasses(server);

    // She is signed in while somebody else, who has her app and reads her mail, resets the password.
    const [me, thief] = [await somebody({ at: server, language, width: 390 }), await somebody({ at: server, language, width: 390 })];
    await signIn(me, upn, app);
    await enterName(thief, upn);
    await thief.go(thief.link("sign_in.forgot_password"));
    await thief.enter(thief.field("sign_in.name_label"), upn);
    const choose = (kind: string) => thief.go(thief.page.locator(`main button[name=method][value=${kind}]`));
    await choose("totp");
    await enterCode(thief, app.fresh());
    await choose("email");
    const mail = await mailboxes.find(home, ({ headers }) => headers.Subject === `${said.code} ${NAME}`, "a code");
    const code = text(mail).match(/^ {4}(\d{6})$/m)?.[1] ?? "";
    expect(code, text(mail)).not.toBe("");
    // Both halves of the mail say the same; no head of it tells the code, and no link asks to be followed.
    expect(mail.body.html).toContain(`>${code}<`);
    expect(mail.body.html).toContain(`<html lang="${language}">`);
    expect(JSON.stringify(mail.headers)).not.toContain(code);
    expect(text(mail) + mail.body.html).not.toContain("http");
    expect([mail.sender, mail.to]).toEqual(["security@duinmeer.example", [home]]);
    await enterCode(thief, code === "000000" ? "111111" : "000000");
    await thief.reads("reset.not_right");
    await enterCode(thief, code);
    await thief.enter(thief.field("set_up.password_label"), NEW);
    await expect(thief.heading()).toHaveText(thief.say("reset.done_title"));

    // Each mailbox is told, by a mail that programs do not answer.
    // The password that she was given at the start is told by the same words above another sentence.
    const isOfReset = (mail: Mail) => mail.headers.Subject === `${said.changed} - ${NAME}` && text(mail).replaceAll(/\s+/g, " ").includes(said.how);
    const notice = (address: string) => mailboxes.find(address, isOfReset, "a notice");
    const [at_home, at_work] = [await notice(home), await notice(upn)];
    for (const { headers, body } of [at_home, at_work]) {
      expect(headers["Auto-Submitted"]).toBe("auto-generated");
      expect(body.plain).toContain(said.hello);
      expect(body.plain).toContain(upn);
    }
    const [link, other] = [at_home, at_work].map((mail) => text(mail).match(LINK)?.[1] ?? "");
    // One link for one change, in whichever mailbox it is read first.
    expect(other).toBe(link);

    // The reset has ended her session, and the thief could sign in now.
    await me.page.goto("/security-info");
    await expect(me.page).toHaveURL(/\/sign-in/);
    await enterName(thief, upn);
    await enterPassword(thief, NEW);
    await enterCode(thief, app.fresh());
    await expect(thief.heading()).toHaveText(thief.say("security_info.title"));
    await me.page.goto(link ?? "");
    await expect(me.heading()).toHaveText(me.say("notices.ask_title"));
    await me.go(me.button("notices.act"));
    await expect(me.heading()).toHaveText(me.say("notices.done_title"));
    await thief.page.goto("/security-info");
    await expect(thief.page).toHaveURL(/\/sign-in/);
    await mailboxes.find(upn, ({ headers }) => headers.Subject === `${said.safe} - ${NAME}`, "what was ended");
    await me.page.goto(link ?? "");
    await me.reads("errors.notice_link_used_title");
    mailboxes.stop();
  });
}
