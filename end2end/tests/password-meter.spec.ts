// What the meter says while a new password is typed is what the server says once it has been sent: at the one-time link and after a forgotten password.
import { enterCode, enterName } from "../support/journey.ts";
import type { Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const GOOD = "zeven groene kikkers";
/** What is typed, what the meter says at once, and what the server refuses it for. */
const REFUSED = [
  ["kort", "too_short", "password_too_short"],
  ["Welkom2026!", "common", "password_common"],
  ["Femke2026!", "personal", "password_banned"],
  ["Vermeulen2026!", "personal", "password_banned"],
  ["Duinmeer2026!", "personal", "password_banned"],
  // The organisation's own list is nobody's business before he is in: only the server knows it.
  ["N00rderlicht!!", "fair", "password_banned"],
] as const;

async function judges(me: Person, send: string): Promise<void> {
  const field = me.field("set_up.password_label");
  const meter = me.page.locator(".strength > span");
  for (const [typed, live, refusal] of REFUSED) {
    await me.type(field, typed);
    await expect.soft(meter, typed).toHaveText(me.say(`set_up.${live}`));
    await me.go(me.button(send));
    await expect(me.main(), typed).toContainText(me.say(`errors.${refusal}_title`));
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveValue("");
    await expect(meter).toHaveText("");
  }
  // Letter by letter it gets better, and it can be looked at.
  await me.type(field, "zeven");
  await expect(meter).toHaveText(me.say("set_up.too_short"));
  await field.press("End");
  await field.pressSequentially(GOOD.slice("zeven".length));
  await expect(meter).toHaveText(me.say("set_up.strong"));
  await me.press(me.button("set_up.show"));
  await expect(field).toHaveAttribute("type", "text");
  await expect(field).toHaveValue(GOOD);
  await me.press(me.button("set_up.hide"));
  await expect(field).toHaveAttribute("type", "password");
  await me.go(me.button(send));
}

for (const language of LANGUAGES) {
  test(`the meter after a forgotten password says what the server says (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke", family: "de Vermeulen" });
    const app = await org.app(upn);
    await org.policy((document) => {
      document.reset = { ...document.reset, scope: "everybody", gates: 1 };
      document.passwords = { banned: ["noorderlicht"] };
    });
    const me = await somebody({ language, width: 390, keyboard: language === "nl" });
    await enterName(me, upn);
    await me.go(me.link("sign_in.forgot_password"));
    await me.enter(me.field("sign_in.name_label"), upn);
    await me.go(me.page.locator("main button[name=method][value=totp]"));
    await enterCode(me, app.fresh());
    await expect(me.page).toHaveURL(/\/reset\/[\w-]{86}$/);
    await judges(me, "reset.save");
    await expect(me.heading()).toHaveText(me.say("reset.done_title"));
  });

  test(`the meter of a first password says what the server says (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    await org.policy((document) => (document.passwords = { banned: ["noorderlicht"] }));
    const me = await somebody({ language, width: 390, keyboard: language === "en" });
    await me.page.goto(org.invited("femke", { given: "Femke", family: "de Vermeulen" }));
    await judges(me, "set_up.next");
    await expect(me.heading()).toHaveText(me.say("register.scan_title"));
  });
}
