// The main job from the other side: an admin switches MFA on, reads the sign-ins, and support finds the failed attempt by what the member read out.
import type { Browser, Page } from "@playwright/test";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, registerApp, sessionId } from "../support/journey.ts";
import type { Server } from "../support/server.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

/** Opens a one-time link in a browser of its own, sets a password and an app, and goes on to the start page. */
async function staff(browser: Browser, server: Server, link: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(link);
  await page.locator("input[name=password]").fill("blauwe kranen zingen zacht");
  await page.locator("form button").last().click();
  await registerApp(page);
  await page.goto("/");
  return page;
}

test("an admin enables a member, who registers and mistypes; support finds the attempt by its session id", async ({ server, page, browser }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const id = (await org.rest("GET", `/users/${upn}`)).body.id;
  const admin = await staff(browser, server, org.invited("marijke", { given: "Marijke", role: "global_admin" }));
  await expect(admin).toHaveURL(new RegExp(`/admin/${org.slug}/users`));
  await expect(admin.getByRole("main")).toContainText("Femke");
  await gallery(admin, "console-members");
  await admin.goto(`/admin/${org.slug}/users?q=nobody-like-this`);
  await gallery(admin, "console-members-none");

  await admin.goto(`/admin/${org.slug}/users/${id}?do=enabled`);
  await gallery(admin, "console-member-enable");
  await admin.locator("[name=reason]").fill("New colleague");
  await admin.locator("form:has([name=reason]) button:not([type=button])").last().click({ timeout: 10_000 });
  await expect(admin).toHaveURL(new RegExp(`/users/${id}`));
  expect((await org.rest("GET", `/users/${upn}`)).body.mfa_state).toBe("enabled");
  await admin.goto(`/admin/${org.slug}/users/${id}`);
  await gallery(admin, "console-member");

  await enterName(page, upn);
  await enterPassword(page);
  const { app } = await registerApp(page);
  const member = await browser.newContext({ baseURL: server.url });
  const phone = await member.newPage();
  await enterName(phone, upn);
  await enterPassword(phone);
  for (const _ of [1, 2, 3]) await enterCode(phone, app.wrong());
  const readOut = await sessionId(phone);

  await admin.goto(`/admin/${org.slug}/journal`);
  await expect(admin.getByRole("main")).toContainText(upn);
  await gallery(admin, "console-sign-ins");
  await admin.goto(`/admin/${org.slug}/journal/audit`);
  await gallery(admin, "console-audit");

  const support = await staff(browser, server, org.invited("teun", { given: "Teun", role: "support" }));
  await expect(support).toHaveURL(/\/support/);
  await gallery(support, "support-desk");
  // As it was heard on the phone: small letters, spaces.
  await support.locator("main input[type=search], main input[name=q]").first().fill(readOut.toLowerCase().replaceAll("-", " "));
  await support.keyboard.press("Enter");
  await expect(support).toHaveURL(new RegExp(`/support/sessions/${readOut}`));
  await expect(support.getByRole("main")).toContainText("Femke");
  await gallery(support, "support-case");
  await support.goto("/support/sessions/7K2M-9QXD-00").catch(() => undefined);
  await expect(support.getByRole("heading", { level: 1 })).toBeVisible();
});

test("an operator sees the organisations and makes one", async ({ untouched, browser }) => {
  const operator = await staff(browser, untouched, untouched.setupLink ?? "");
  await expect(operator).toHaveURL(/\/operator\/tenants/);
  await gallery(operator, "operator-tenants");
  await operator.goto("/operator/tenants/new");
  await gallery(operator, "operator-tenant-new");
});

test("the second browser tab and a wrong role open nothing of another organisation", async ({ server, browser }) => {
  const [ours, theirs] = [await tenant(server, "Hogeschool Duinmeer"), await tenant(server, "Zorggroep Lindenhof")];
  const admin = await staff(browser, server, ours.invited("ruth", { role: "global_admin" }));
  for (const path of ["users", "journal", "journal/audit"]) {
    expect((await admin.goto(`/admin/${theirs.slug}/${path}`))?.status(), path).toBe(404);
  }
  await gallery(admin, "error-not-found");
  const reader = await staff(browser, server, ours.invited("lena", { role: "billing_admin" }));
  expect((await reader.goto(`/admin/${ours.slug}/journal`))?.status()).toBe(403);
  await gallery(reader, "error-forbidden");
});
