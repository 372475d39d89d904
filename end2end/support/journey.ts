// What people do on the pages, step by step, as a test says it.
import { expect } from "@playwright/test";
import { App } from "./oath.ts";
import type { Person } from "./person.ts";
import { PASSWORD } from "./tenant.ts";

export async function enterName(me: Person, upn: string): Promise<void> {
  await me.page.goto("/sign-in?show=name");
  await me.enter(me.field("sign_in.name_label"), upn);
  await expect(me.heading()).toHaveText(me.say("sign_in.password_title"));
}

export async function enterPassword(me: Person, password = PASSWORD): Promise<void> {
  await me.enter(me.field("sign_in.password_label"), password);
}

/** Reads the key under the square, as somebody does whose camera is broken. */
export async function readKey(me: Person): Promise<App> {
  await me.press(me.page.locator("summary", { hasText: me.say("register.cannot_scan") }));
  const texts = await me.page.locator("details[open] code").allInnerTexts();
  const key = texts.map((text) => text.replaceAll(/\s/g, "")).find((text) => /^[A-Z2-7]{32}$/.test(text));
  expect(key, `a key among ${texts.length} texts`).toBeTruthy();
  return new App(key ?? "", true);
}

/** Types a code of the second step; the page sends it by itself at the sixth digit, else by Enter. Waits for the answer. */
export async function enterCode(me: Person, code: string): Promise<void> {
  await me.enter(me.field("sign_in.code_label_six"), code);
}

export async function enterRecoveryCode(me: Person, code: string): Promise<void> {
  await me.enter(me.field("sign_in.recovery_label"), code);
}

/** Registers an app from the wizard's first page to the recovery codes; answers the app and the codes. */
export async function registerApp(me: Person): Promise<{ app: App; codes: string[] }> {
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
  const app = await readKey(me);
  await me.go(me.button("register.added"));
  await enterCode(me, app.fresh());
  return { app, codes: await readCodes(me) };
}

/** The recovery codes are saved, and the wizard is left by its last page. */
export async function leaveWizard(me: Person): Promise<void> {
  await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
  await me.go(me.button("register.finish"));
  await me.go(me.link("register.go_on"));
}

/** The recovery codes on the page. */
export async function readCodes(me: Person): Promise<string[]> {
  await expect(me.heading()).toHaveText(me.say("register.codes_title"));
  return (await me.main().locator("ol li").allInnerTexts()).map((code) => code.trim());
}

/** What the member reads out to support: it stands at the foot of the page. */
export async function sessionId(me: Person): Promise<string> {
  return (await me.page.getByRole("contentinfo").locator("code").innerText()).trim();
}

/** Name, password and a fresh code. */
export async function signIn(me: Person, upn: string, app: App): Promise<void> {
  await enterName(me, upn);
  await enterPassword(me);
  await enterCode(me, app.fresh());
}

/** By the menu behind one's name. */
export async function signOut(me: Person): Promise<void> {
  await me.page.goto("/security-info");
  await me.press(me.page.locator("details.account > summary"));
  await me.go(me.button("shell.sign_out"));
  await me.reads("sign_in.signed_out");
}

/** Opens a one-time link, sets a password and an app, and goes on to the start page. */
export async function setUp(me: Person, link: string): Promise<App> {
  await me.page.goto(link);
  await me.enter(me.field("set_up.password_label"), "blauwe kranen zingen zacht");
  const { app } = await registerApp(me);
  await leaveWizard(me);
  return app;
}
