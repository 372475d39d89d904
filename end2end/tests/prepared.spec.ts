// Before anybody forgets a password: what a reset takes is asked for until it is there, and looked at again when it is old.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterPassword, signOut } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { daysPass } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const PHONE = "+31612345678";
const HOME = "femke@thuis.example";

for (const language of LANGUAGES) {
  test(`a second way to a new password is asked for, and tried again after half a year (${language})`, async ({ untouched: server, somebody }) => {
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });
    await org.policy((document) => {
      document.reset = { ...document.reset, scope: "everybody", gates: 2, register: true, reconfirm_days: 180 };
    });
    const me = await somebody({ at: server, language, width: 390 });
    const look = (name: string) => gallery(me, name, { language });
    const signsIn = async () => {
      await me.page.goto("/activity");
      await me.enter(me.field("sign_in.name_label"), upn);
      await enterPassword(me);
      await enterCode(me, app.fresh());
    };

    // Her app is one of two. It can wait, and she comes where she wanted to go.
    await signsIn();
    await expect(me.heading()).toHaveText(me.say("register.reset_title"));
    await me.reads("register.reset_two_one");
    await me.reads("register.step_of", { step: 2, of: 2 });
    await expect(me.page.locator("main button[value=totp]")).toHaveCount(0);
    await me.go(me.link("register.skip_plain"));
    await expect(me.page).toHaveURL(/\/activity$/);
    await me.page.goto("/security-info");
    await me.reads("security_info.reset_lacks_title");
    await look("security-info-reset-lacks");
    // Whatever else she changes meanwhile is told where she changed it.
    await me.press(me.page.locator("main details.menu-button > summary").first());
    await me.go(me.link("security_info.rename"));
    await me.enter(me.page.locator("main input[name=name]").last(), "Telefoon");
    await me.reads("security_info.done_renamed", { what: "Telefoon" });
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // A mailbox is the other. Then she is told so, and goes on.
    await me.go(me.link("security_info.reset_lacks_link"));
    await me.go(me.page.locator("main button[value=email]"));
    await me.enter(me.field("security_info.mail_label"), HOME);
    await enterCode(me, await messages.code(HOME, 0));
    await me.reads("security_info.reset_ready");
    await look("security-info-reset-ready");
    await me.go(me.link("register.go_on"));
    await expect(me.page).toHaveURL(/\/activity$/);
    await signOut(me);
    await signsIn();
    await expect(me.page).toHaveURL(/\/activity$/);
    await signOut(me);

    // Half a year later she is asked whether it still reaches her: one code, and it is good for as long again.
    daysPass(server, 200);
    messages.clear();
    await signsIn();
    await expect(me.heading()).toHaveText(me.say("register.reset_stale_title"));
    await expect(me.main().getByRole("listitem")).toHaveCount(1);
    await look("register-reset-stale");
    await me.go(me.button("security_info.try_what", { method: "f•••@thuis.example" }));
    await enterCode(me, await messages.code(HOME, 0));
    await me.reads("security_info.reset_ready");
    await signOut(me);
    await signsIn();
    await expect(me.page).toHaveURL(/\/activity$/);

    // After more than a year it counts for nothing until it was tried, and another way would do as well.
    await signOut(me);
    daysPass(server, 400);
    messages.clear();
    await signsIn();
    await expect(me.heading()).toHaveText(me.say("register.reset_title"));
    await me.reads("register.reset_stale_title");
    await look("register-reset-both");
    await me.go(me.page.locator("main button[value=sms]"));
    await me.enter(me.field("security_info.phone_label"), PHONE);
    await enterCode(me, await messages.code(PHONE, 0));
    // There are two again; the old mailbox is still to be looked at.
    await expect(me.heading()).toHaveText(me.say("register.reset_stale_title"));
    await expect(me.main().getByRole("status")).toContainText("78");
    await look("register-reset-added");
    await me.go(me.link("register.skip_plain"));
    await expect(me.page).toHaveURL(/\/activity$/);
    await me.page.goto("/security-info");
    await look("security-info-reset-stale");
  });
}

for (const language of LANGUAGES) {
  test(`whoever has nothing but a mailbox for resets changes it by a code that is mailed there (${language})`, async ({ untouched: server, somebody }) => {
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke" });
    await org.policy((document) => {
      document.reset = { ...document.reset, scope: "everybody", gates: 1, register: false };
      document.methods = document.methods.map((rule) => (rule.kind === "email" ? { kind: "email", uses: ["reset"] } : rule));
    });
    const me = await somebody({ at: server, language, width: 390 });
    const look = (name: string) => gallery(me, name, { language });
    await me.page.goto("/security-info/add/email");
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await me.enter(me.field("security_info.mail_label"), HOME);
    await enterCode(me, await messages.code(HOME, 0));
    await me.page.goto("/security-info");
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // A password alone changes nothing where there is something to show. What is there is shown: a code by mail.
    messages.clear();
    const renames = async (name: string) => {
      await me.press(me.page.locator("main details.menu-button > summary").first());
      await me.go(me.link("security_info.rename"));
      await me.enter(me.page.locator("main input[name=name]").last(), name);
    };
    await renames("Thuis");
    await expect(me.heading()).toHaveText(me.say("security_info.confirm_title"));
    await look("security-info-confirm-mailbox");
    await me.go(me.button("security_info.confirm_send_mail", { to: "f•••@thuis.example" }));
    await enterCode(me, await messages.code(HOME, 0));
    await me.enter(me.page.locator("main input[name=name]").last(), "Thuis");
    await me.reads("security_info.done_renamed", { what: "Thuis" });

    // Once a second step is asked of her, the mailbox is not enough. She is told, and where to ask.
    daysPass(server, 1);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await renames("Werk");
    await me.reads("security_info.confirm_nothing");
    await look("security-info-confirm-nothing");
    await me.go(me.link("tickets.link_ask"));
    await expect(me.page).toHaveURL(/\/help\/request/);
  });
}
