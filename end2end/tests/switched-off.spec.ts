// An admin removes or switches off what somebody is using at that moment: at sign-in and before a change. It opens nothing, the page says so, and there is a way on.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, enterRecoveryCode, leaveWizard, registerApp, signIn, signOut } from "../support/journey.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

/** The organisation allows apps, or does no more. */
async function allowApps(org: Tenant, allowed: boolean): Promise<void> {
  await org.policy((document) => {
    const others = document.methods.filter(({ kind }: { kind: string }) => kind !== "totp");
    document.methods = allowed ? [...others, { kind: "totp", uses: ["mfa", "reset"] }] : others;
  });
}

async function removeAll(org: Tenant, upn: string): Promise<void> {
  const { items } = (await org.rest("GET", `/users/${upn}/methods`)).body;
  for (const { id } of items) expect((await org.rest("DELETE", `/users/${upn}/methods/${id}?reason=tests`)).status).toBeLessThan(300);
}

for (const language of LANGUAGES) {
  test(`apps are switched off while a code is asked for, and something else leads in (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("okke", { given: "Okke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await enterName(me, upn);
    await enterPassword(me);
    const { app, codes } = await registerApp(me);
    await leaveWizard(me);
    await signOut(me);
    await enterName(me, upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
    await allowApps(org, false);

    // The right code of an app that is off opens nothing; the list opens.
    await enterCode(me, app.fresh());
    await expect(me.page).toHaveURL(/\/sign-in/);
    await gallery(me, "sign-in-kind-off", { language });
    await me.page.goto("/sign-in?show=ways");
    await expect.soft(me.page.locator("main button[name=method][value=totp]"), "what is off is not offered").toHaveCount(0);
    await me.go(me.page.locator("main button[name=method][value=recovery_code]"));
    await enterRecoveryCode(me, codes[0] ?? "");
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
  });

  test(`apps are switched off while a change is confirmed, and something else confirms it (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("okke", { given: "Okke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await enterName(me, upn);
    await enterPassword(me);
    const { app, codes } = await registerApp(me);
    await leaveWizard(me);
    const confirm = "/security-info?confirm=/activity";
    await me.page.goto(confirm);
    await expect(me.field("sign_in.code_label_six")).toBeVisible();
    await allowApps(org, false);
    await enterCode(me, app.fresh());
    await expect(me.heading()).toHaveText(me.say("security_info.confirm_title"));
    await gallery(me, "security-info-confirm-off", { language });
    // What is off is not asked for again; what there is besides is.
    await me.page.goto(confirm);
    await expect(me.field("sign_in.code_label_six")).toHaveCount(0);
    await enterRecoveryCode(me, codes[1] ?? "");
    await expect(me.heading()).toHaveText(me.say("activity.title"));
  });

  test(`a method is removed while its code is asked for, and the page says where that leads (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("pleun", { given: "Pleun" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await signIn(me, upn, app);
    const other = await somebody({ language, width: 390 });
    await enterName(other, upn);
    await enterPassword(other);
    const confirm = "/security-info?confirm=/activity";
    await me.page.goto(confirm);
    await removeAll(org, upn);

    // At sign-in there is nothing left to ask for.
    await enterCode(other, app.fresh());
    await expect(other.heading()).not.toHaveText(other.say("security_info.title"));
    await gallery(other, "sign-in-removed", { language });
    await other.page.goto("/sign-in");
    await expect(other.main().locator("a, button").first()).toBeVisible();

    // Before a change the same: the code is refused in words, and the session is as it was.
    await enterCode(me, app.last);
    await gallery(me, "security-info-confirm-removed", { language });
    await me.page.goto("/security-info");
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    await expect(me.main()).not.toContainText("Authenticator");

    // Signing in again leads to the wizard, as for anybody who has nothing.
    await enterName(other, upn);
    await enterPassword(other);
    await expect(other.heading()).toHaveText(other.say("register.scan_title"));
  });
}
