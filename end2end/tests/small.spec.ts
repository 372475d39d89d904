// The narrowest phone that is still sold, and people who do not see the page: nothing scrolls sideways, buttons can be hit, errors have the focus and are read out.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, leaveWizard, readKey, registerApp, signOut } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import type { Person } from "../support/person.ts";
import { program, type Server } from "../support/server.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const WIDTH = 360;
/** WCAG 2.2, 2.5.8. */
const TARGET_MIN = 24;
const PHONE = "+31612345678";

/** 19 px high on every page that has it: to be put right, and taken out here. */
const TOO_LOW = ".small > summary";

/** What does not fit on the open page, or cannot be hit. */
function unfit(me: Person): Promise<string[]> {
  return me.page.evaluate(({ least, known }) => {
    const found: string[] = [];
    const shown = (element: Element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth} px`);
    for (const element of document.querySelectorAll("body *")) {
      const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth + 1;
      if (scrolls && shown(element)) found.push(`scrolls sideways: ${element.outerHTML.slice(0, 100)}`);
      if (shown(element) && element.getBoundingClientRect().right > root.clientWidth + 1) found.push(`sticks out: ${element.outerHTML.slice(0, 100)}`);
    }
    for (const button of document.querySelectorAll("button, .button, summary, select, input:not([type=hidden], [aria-hidden=true])")) {
      const target = button.closest("label") ?? button;
      const { width, height } = target.getBoundingClientRect();
      if (shown(button) && !button.matches(known) && (height < least || width < least)) found.push(`${Math.round(width)}×${Math.round(height)} px: ${button.outerHTML.slice(0, 100)}`);
    }
    return found;
  }, { least: TARGET_MIN, known: TOO_LOW });
}

for (const language of LANGUAGES) {
  test(`the pages of members fit on ${WIDTH} pixels (${language})`, async ({ untouched: server, somebody }) => {
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await org.rest("PUT", "/security-questions", { allowed: true, register: 3, answer: 3, reason: "test" });
    const me = await somebody({ at: server, language, width: 390 });
    await me.page.setViewportSize({ width: WIDTH, height: 740 });
    const fits = async (where: string) => expect.soft(await unfit(me), `${where} in ${language}`).toEqual([]);
    const opens = async (...pages: string[]) => {
      for (const page of pages) {
        await me.page.goto(page);
        await fits(page);
      }
    };
    await opens("/sign-in", "/help", "/help/methods/app", "/help/errors/TS-2106", "/help/request", "/lost", "/emergency", "/reset");
    await enterName(me, upn);
    await fits("the password");
    await enterPassword(me, "something quite else");
    await fits("a wrong password");
    await enterPassword(me);
    await fits("the square");
    const app = await readKey(me);
    await fits("the key to type");
    await opens("/register?show=choose", "/register?show=phone", "/register?show=token", "/register?show=passkey", "/register?show=test");
    await enterCode(me, app.wrong());
    await fits("a wrong first code");
    await me.type(me.field("sign_in.code_label_six"), app.fresh());
    await me.go(me.button("register.check"));
    await fits("the recovery codes");
    await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
    await me.go(me.button("register.finish"));
    await fits("all set");
    await opens("/security-info", "/activity", "/security-info?renew", "/security-info?confirm=/security-info");
    const add = "/security-info/add";
    await opens(add, `${add}/phone`, `${add}/email`, `${add}/hardware-token`, `${add}/passkey`, `${add}/security-questions`, "/register");
    await me.page.goto(`${add}/phone`);
    await me.enter(me.field("security_info.phone_label"), PHONE);
    await fits("the code of a phone");
    await enterCode(me, await messages.code(PHONE, 0));
    await fits("a toast");
    await me.press(me.page.locator("main details.menu-button > summary").first());
    await fits("a menu");
    await me.go(me.link("security_info.rename").first());
    await fits("another name");
    await me.page.goto("/security-info");
    await me.press(me.page.locator("main details.menu-button > summary").first());
    await me.go(me.link("security_info.remove").first());
    await fits("is it to be removed?");
    await me.page.goto("/lost");
    await fits("what is lost");
    await signOut(me);
    await fits("signed out");
    await enterName(me, upn);
    await enterPassword(me);
    await fits("the second step");
    await opens("/sign-in?show=ways", "/sign-in?way=recovery_code", "/lost");
  });
}

/** The first wrong field has the focus, and what is wrong with it is read out with it. */
async function wrongIsTold(me: Person, told?: string, focused = true): Promise<void> {
  const wrong = me.page.locator("[aria-invalid=true]").first();
  if (focused) await expect(wrong).toBeFocused();
  const ids = ((await wrong.getAttribute("aria-describedby")) ?? "").split(" ").filter(Boolean);
  expect(ids.length, "a description").toBeGreaterThan(0);
  const read = (await Promise.all(ids.map((id) => me.page.locator(`[id="${id}"]`).innerText()))).join(" ");
  if (told) expect(read).toContain(told);
  const message = me.page.locator(ids.map((id) => `[id="${id}"].error, [id="${id}"] .error`).join(", "));
  await expect(message.first(), "the message is what describes the field").toBeVisible();
}

for (const script of [true, false]) {
  test(`the first wrong field has the focus and its message, ${script ? "with" : "without"} script`, async ({ untouched: server, somebody }) => {
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await org.rest("PUT", "/security-questions", { allowed: true, register: 3, answer: 3, reason: "test" });
    await org.rest("PUT", "/calls", { pin: true, fraud_code: "99", reason: "test" });
    const me = await somebody({ at: server, width: 390, script });
    const unchecked = () => me.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));

    const admin = await somebody({ at: server, script });
    await admin.page.goto(org.invited("sanne", { given: "Sanne" }));
    await admin.enter(admin.field("set_up.password_label"), "wachtwoord");
    await wrongIsTold(admin, undefined, script);

    await me.page.goto("/sign-in?show=name");
    await unchecked();
    await me.enter(me.field("sign_in.name_label"), "femke");
    await wrongIsTold(me);
    await enterName(me, upn);
    await enterPassword(me, "something quite else");
    await wrongIsTold(me, me.say("problems.wrong_password"));
    await enterPassword(me);
    const app = await readKey(me);
    await me.page.goto("/register?show=phone");
    await me.enter(me.field("security_info.phone_label"), "06 1234");
    await wrongIsTold(me);
    await me.page.goto("/register?show=token");
    await me.type(me.field("security_info.token_code"), "12");
    await unchecked();
    await me.go(me.button("security_info.token_add"));
    await wrongIsTold(me, me.say("security_info.token_serial_missing"));
    await me.page.goto("/register?show=test");
    await enterCode(me, app.wrong());
    await wrongIsTold(me, me.say("problems.wrong_code"));
    await me.type(me.field("sign_in.code_label_six"), app.fresh());
    await me.go(me.button("register.check"));
    await leaveWizard(me);

    await me.page.goto("/security-info?confirm=/security-info");
    await enterCode(me, app.wrong());
    await wrongIsTold(me, me.say("problems.wrong_code"));
    await me.page.goto("/security-info/add/phone");
    await me.enter(me.field("security_info.phone_label"), PHONE);
    await unchecked();
    await enterCode(me, "12345");
    await wrongIsTold(me, me.say("problems.code_form", { digits: 6 }));
    await enterCode(me, await messages.code(PHONE, 0));
    const toast = me.page.getByRole("status").filter({ hasText: me.say("security_info.done_added", { what: "+31 •••••••78" }) });
    await expect(toast, "a toast is a status").toBeVisible();
    await me.page.goto("/security-info/add/email");
    await unchecked();
    await me.enter(me.field("security_info.mail_label"), "femke at home");
    await wrongIsTold(me, me.say("security_info.mail_bad"));
    await me.page.goto("/security-info/call-pin");
    await me.type(me.field("security_info.pin_label"), "1234");
    await me.type(me.field("security_info.pin_again"), "1234");
    await me.go(me.button("security_info.pin_save"));
    await wrongIsTold(me, me.say("security_info.pin_run"));
    await me.page.goto("/security-info/add/security-questions");
    await unchecked();
    await me.page.locator("#f-question-1").selectOption("cuddly-toy");
    await me.page.locator("#f-answer-1").fill("Professor Paardebloem");
    await me.page.locator("#f-answer-2").fill("Iets");
    await me.go(me.button("security_info.questions_save"));
    await wrongIsTold(me, me.say("security_info.questions_none"), script);
  });
}

test("without script the focus is on a wrong password of a set-up link", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const me = await somebody({ width: 390, script: false });
  await me.page.goto(org.invited("sanne", { given: "Sanne" }));
  await me.enter(me.field("set_up.password_label"), "wachtwoord");
  await expect(me.page.locator("[aria-invalid=true]").first()).toBeFocused({ timeout: 2_000 });
});

/** A gateway for texts that is gone. */
async function brokenGateway(server: Server): Promise<void> {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await expect.poll(() => silent.listening).toBe(true);
  const base = `base=http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  silent.close();
  const run = (...args: string[]) => execFileSync(program(), args, { env: server.env, encoding: "utf8", input: "token-of-the-tests", stdio: ["pipe", "pipe", "pipe"] });
  run("provider", "add", "--channel", "sms", "--kind", "http_sms", "--name", "Gateway", "--setting", base, "--setting", "account=AC0123456789");
  run("sender", "add", "--channel", "sms", "--kind", "name", "--value", "Tweestap");
}

test("the fate of a code is read out where it is waited for, in the wizard and before a change", async ({ untouched: server, somebody }) => {
  await brokenGateway(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server, width: 390 });
  const fate = me.main().locator("[role=status][data-fate]");
  const told = me.main().getByRole("status").filter({ hasText: me.say("sign_in.lost_title") });
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/register?show=phone");
  await me.enter(me.field("security_info.phone_label"), PHONE);
  // The region is there before there is anything in it: what comes into it is read out.
  await expect(fate).toBeEmpty();
  await expect(told).toBeVisible();
  await gallery(me, "register-phone-lost");
  await me.page.goto("/register");
  await registerApp(me);
  await leaveWizard(me);
  await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE });
  await me.page.goto("/security-info?confirm=/security-info");
  const handle = await me.page.locator("main form:has(input[value=sms]) input[name=method]").getAttribute("value");
  await me.go(me.page.locator("main form:has(input[value=sms]) button"));
  await expect(fate).toHaveCount(1);
  await expect(told).toBeVisible();
  await gallery(me, "security-info-confirm-lost", {
    reach: async () => {
      await me.page.goto(`/security-info?calling=${encodeURIComponent(handle ?? "")}`);
      await expect(me.main()).toContainText(me.say("sign_in.lost_title"));
    },
  });
});
