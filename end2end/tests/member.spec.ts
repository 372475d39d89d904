// The member's half of the main job: asked to register, registers, signs in with a code, is refused with a wrong or used one.
import { gallery } from "../support/gallery.ts";
import { App, enterCode, enterName, enterPassword, registerApp, sessionId } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

test("an enabled member is told why, registers an app while signing in, and is enforced", async ({ server, page }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("bram", { given: "Bram" });
  expect((await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" })).body.mfa_state).toBe("enabled");

  await page.goto("/sign-in");
  await gallery(page, "sign-in");
  await enterName(page, upn);
  await gallery(page, "sign-in-password");
  await enterPassword(page);
  await expect(page).toHaveURL(/\/register/);
  await expect(page.getByRole("main")).toContainText("Hogeschool Duinmeer");
  await gallery(page, "register-scan");
  const { app, codes } = await registerApp(page);
  expect(codes).toHaveLength(10);
  await gallery(page, "register-codes", { language: "en" });
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Finish" }).click();
  await expect(page).toHaveURL(/show=done/);
  await gallery(page, "register-done");
  const after = (await org.rest("GET", `/users/${upn}`)).body;
  expect([after.mfa_state, after.can_satisfy ?? after.effective?.can_satisfy]).toEqual(["enforced", true]);

  await page.goto("/security-info");
  await gallery(page, "security-info");
  await page.goto("/activity");
  await gallery(page, "activity");
  await signOut(page);

  // Signing in with a code; a wrong one and a used one are refused, in words.
  await enterName(page, upn);
  await enterPassword(page);
  await gallery(page, "sign-in-code");
  await enterCode(page, app.wrong());
  await expect(page.getByText("You can try twice more")).toBeVisible();
  await gallery(page, "sign-in-code-wrong", { language: "en" });
  await enterCode(page, app.last);
  await expect(page.locator(".banner, [role=alert]").first()).toContainText("used");
  const refused = await sessionId(page);
  await gallery(page, "sign-in-code-used", { language: "en" });
  await enterCode(page, await app.fresh());
  await expect(page).toHaveURL(/\/security-info/);
  // What support reads by the id that the member read out: the attempt that was allowed in the end, with the refusals on its way.
  const attempt = (await org.rest("GET", `/attempts/${refused}`)).body;
  expect(attempt.decision).toBe("allowed");
  expect(attempt.steps.map((step: { kind: string }) => step.kind)).toEqual(expect.arrayContaining(["code_wrong", "code_reused", "code_right"]));
});

test("a recovery code lets somebody in once, another way is offered, three wrong codes end the sign-in", async ({ server, page }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await enterName(page, upn);
  await enterPassword(page);
  const { app, codes } = await registerApp(page);
  await page.goto("/");
  await signOut(page);

  await enterName(page, upn);
  await enterPassword(page);
  await page.getByRole("link", { name: "Use another way" }).click();
  await gallery(page, "sign-in-ways");
  await page.locator("a, button", { hasText: "Recovery code" }).first().click();
  await gallery(page, "sign-in-recovery");
  await enterCode(page, codes[0] ?? "");
  await expect(page).toHaveURL(/\/security-info/);
  await signOut(page);

  await enterName(page, upn);
  await enterPassword(page);
  for (const _ of [1, 2, 3]) await enterCode(page, app.wrong());
  await expect(page.getByRole("heading", { level: 1 })).toContainText("too often");
  await gallery(page, "sign-in-stopped", { language: "en" });
  await page.goto("/security-info");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("after signing out neither the back button nor another tab opens anything", async ({ server, page, context }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("okke");
  await enterName(page, upn);
  await enterPassword(page);
  await expect(page).toHaveURL(/\/security-info/);
  const tab = await context.newPage();
  await tab.goto("/security-info");
  await gallery(tab, "security-info-empty");
  await signOut(page);
  await tab.reload();
  await expect(tab).toHaveURL(/\/sign-in/);
  await page.goBack();
  await page.reload();
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a wrong password and an unknown name look the same", async ({ server, page }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("ann");
  const said = async (name: string) => {
    await enterName(page, name);
    await enterPassword(page, "something quite else");
    await expect(page.locator("input[name=password]")).toHaveAttribute("aria-invalid", "true");
    const text = await page.getByRole("main").innerText();
    return text.replaceAll(name, "NAME").replaceAll(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/g, "ID").replaceAll(/\d\d?:\d\d(:\d\d)?/g, "TIME");
  };
  const known = await said(upn);
  expect(await said(`nobody@${org.slug}.example`)).toBe(known);
  expect(await said("nobody@nowhere.example")).toBe(known);
  await gallery(page, "sign-in-password-wrong", { language: "en" });
});

test("an invited member sets a password by the one-time link and goes on to the app; the link works once", async ({ server, page, browser }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const link = org.invited("hanna", { given: "Hanna", role: "auth_admin" });
  await page.goto(link);
  await gallery(page, "set-up");
  await page.locator("input[name=password]").fill("kort");
  await page.locator("form button").last().click();
  await expect(page.getByRole("main")).toContainText("8");
  await page.locator("input[name=password]").fill("blauwe kranen zingen");
  await page.locator("form button").last().click();
  await registerApp(page);
  const other = await browser.newContext({ baseURL: server.url });
  const tab = await other.newPage();
  await tab.goto(link);
  await gallery(tab, "set-up-gone");
  await other.close();
});

test("the whole way works without JavaScript and in Dutch", async ({ server, browser }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("jolien", { given: "Jolien" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: server.url, locale: "nl-NL", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await enterName(page, upn);
  await expect(page.locator("html")).toHaveAttribute("lang", "nl");
  await enterPassword(page);
  await expect(page).toHaveURL(/\/register/);
  const key = (await page.locator("details code").allInnerTexts()).concat(await page.locator("details code").allTextContents());
  const secret = key.map((text) => text.replaceAll(/\s/g, "")).find((text) => /^[A-Z2-7]{32}$/.test(text)) ?? "";
  const app = new App(secret);
  await page.locator("form:has(input[value=scanned]) button").first().click();
  await page.locator("input[name=code]").fill(await app.fresh());
  await page.locator("form:has(input[name=code]) button").first().click();
  await expect(page.locator("ol li")).toHaveCount(10);
  await page.getByRole("checkbox").check();
  await page.locator("form:has(input[type=checkbox]) button").first().click();
  await expect(page.getByRole("main")).toContainText("Jolien");
  await context.close();
});

async function signOut(page: import("@playwright/test").Page): Promise<void> {
  await page.goto("/security-info");
  const form = page.locator("form[action='/sign-out']").first();
  await form.evaluate((form: HTMLFormElement) => form.closest("details")?.setAttribute("open", ""));
  await form.getByRole("button").click();
  await expect(page).toHaveURL(/\/sign-in/);
}
