// What people do on the pages, step by step, as a test says it.
import { expect, type Page } from "@playwright/test";
import { nextTotp, totp } from "./oath.ts";
import { PASSWORD } from "./tenant.ts";

/** An authenticator app in a person's hand. */
export class App {
  last = "";
  constructor(readonly secret: string) {}
  /** A code that has not been used: each is good once. */
  async fresh(): Promise<string> {
    this.last = await nextTotp(this.secret, this.last);
    return this.last;
  }
  /** A code that is wrong now. */
  wrong(): string {
    const near = [-60, -30, 0, 30, 60].map((ahead) => totp(this.secret, { ahead }));
    return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !near.includes(code)) ?? "666666";
  }
}

export async function enterName(page: Page, upn: string): Promise<void> {
  await page.goto("/sign-in?show=name");
  await page.locator("input[name=upn]").fill(upn);
  await page.keyboard.press("Enter");
  await expect(page.locator("input[name=password]")).toBeVisible();
}

export async function enterPassword(page: Page, password = PASSWORD): Promise<void> {
  await page.locator("input[name=password]").fill(password);
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.keyboard.press("Enter");
  await answered;
  await page.waitForLoadState("load");
}

/** Reads the key under the square, as somebody does whose camera is broken. */
export async function readKey(page: Page): Promise<App> {
  await page.locator("details", { has: page.locator("code") }).first().evaluate((details: HTMLDetailsElement) => (details.open = true));
  const texts = await page.locator("details code").allInnerTexts();
  const key = texts.map((text) => text.replaceAll(/\s/g, "")).find((text) => /^[A-Z2-7]{32}$/.test(text));
  expect(key, `a key among ${texts.length} texts`).toBeTruthy();
  return new App(key ?? "");
}

/** Types a code; the page sends it by itself at the sixth digit, else by its button. Waits for the answer. */
export async function enterCode(page: Page, code: string): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  const field = page.locator("input[name=code]");
  const sendsItself = (await field.getAttribute("data-submit-when-full")) !== null;
  await field.fill(code);
  if (!sendsItself) await page.locator("form:has(input[name=code]) button").first().click();
  await answered;
  await page.waitForLoadState("load");
}

/** Registers an app from the wizard's first page to its last; answers the app and the recovery codes. */
export async function registerApp(page: Page): Promise<{ app: App; codes: string[] }> {
  await expect(page).toHaveURL(/\/register/);
  const app = await readKey(page);
  await page.locator("button[value=scanned], form:has(input[value=scanned]) button").first().click();
  await expect(page).toHaveURL(/show=test/);
  await enterCode(page, await app.fresh());
  await expect(page.locator("ol li").first()).toBeVisible();
  const codes = (await page.locator("ol li").allInnerTexts()).map((code) => code.trim());
  return { app, codes };
}

export async function sessionId(page: Page): Promise<string> {
  return (await page.locator("footer code, footer .code").first().innerText()).trim();
}
