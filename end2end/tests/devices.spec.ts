// Where somebody is signed in, and which browsers skip the second step: one is signed out and forgotten from another, on a phone.
import { enterCode, enterName, enterPassword, signIn, signOut } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

for (const language of LANGUAGES) {
  test(`a browser elsewhere is signed out, and then no longer remembered (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("okke", { given: "Okke" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const trust = { networks_skip: false, remember_days: 14, fraud_blocks: false, reason: "test" };
    expect((await org.rest("PUT", "/trust", trust)).status).toBe(200);
    const there = await somebody({ language, width: 390 });
    await enterName(there, upn);
    await enterPassword(there);
    await there.tick(there.page.getByRole("checkbox", { name: there.say("sign_in.remember", { count: 14 }) }));
    await enterCode(there, app.fresh());
    await expect(there.heading()).toHaveText(there.say("security_info.title"));

    const me = await somebody({ language, width: 390 });
    await signIn(me, upn, app);
    const sessions = me.page.getByRole("region", { name: me.say("security_info.sessions") }).getByRole("listitem");
    await expect(sessions).toHaveCount(2);
    await expect(sessions.filter({ hasText: me.say("security_info.this_browser") }).getByRole("button")).toHaveCount(0);
    await me.go(sessions.getByRole("button"));
    await expect(sessions).toHaveCount(1);
    await expect(sessions).toContainText(me.say("security_info.this_browser"));
    await there.page.reload();
    await expect(there.page).toHaveURL(/\/sign-in/);
    await me.page.reload();
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // Signed out, it is still a browser that skips the second step.
    await enterName(there, upn);
    await enterPassword(there);
    await expect(there.heading()).toHaveText(there.say("security_info.title"));
    await signOut(there);
    await me.page.reload();
    const remembered = me.page.getByRole("region", { name: me.say("security_info.browsers") }).getByRole("listitem");
    await expect(remembered).toHaveCount(1);
    await expect(remembered).not.toContainText(me.say("security_info.this_browser"));
    await me.go(remembered.getByRole("button", { name: new RegExp(`^${me.say("security_info.forget")}`) }));
    await expect(remembered).toHaveCount(0);
    await enterName(there, upn);
    await enterPassword(there);
    await expect(there.heading()).toHaveText(there.say("sign_in.code_title_app"));
  });
}
