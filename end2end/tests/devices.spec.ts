// Where somebody is signed in, and which browsers skip the second step: one is signed out and forgotten from another, on a phone.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, signIn, signOut } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { sql } from "../support/time.ts";
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

  test(`whoever wants to stay signed in does for twelve hours, and is signed out everywhere at once (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("imke", { given: "Imke" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await org.rest("PUT", "/trust", { networks_skip: false, remember_days: 14, fraud_blocks: false, reason: "test" });
    const there = await somebody({ language, width: 390 });
    await enterName(there, upn);
    await there.tick(there.page.getByRole("checkbox", { name: there.say("sign_in.keep") }));
    await enterPassword(there);
    await there.tick(there.page.getByRole("checkbox", { name: there.say("sign_in.remember", { count: 14 }) }));
    await enterCode(there, app.fresh());
    const me = await somebody({ language, width: 390 });
    await signIn(me, upn, app);
    // How long the browser keeps its session, in hours; less than none: until it is closed.
    const hours = async (person: typeof me) => {
      const held = (await person.page.context().cookies()).find(({ name }) => name === "sid");
      return Math.sign(held?.expires ?? 0) * Math.round(Math.abs((held?.expires ?? 0) - Date.now() / 1000) / 3600);
    };
    expect(await hours(there)).toBe(12);
    expect(await hours(me)).toBeLessThan(0);
    sql(server, `update session set seen_at = seen_at - interval '45 minutes' where member_id = (select member_id from member where upn = '${upn}')`);
    for (const person of [there, me]) await person.page.goto("/security-info");
    await expect(there.heading()).toHaveText(there.say("security_info.title"));
    await expect(me.heading()).toHaveText(me.say("sign_in.title"));

    await signIn(me, upn, app);
    const others = me.button("security_info.end_others");
    if (language === "en") await gallery(me, "security-info-elsewhere");
    await me.go(others);
    await me.reads("security_info.done_all_ended");
    await expect(others).toHaveCount(0);
    if (language === "en") await gallery(me, "security-info-all-ended");
    await there.page.reload();
    await expect(there.page).toHaveURL(/\/sign-in/);
    await enterName(there, upn);
    await enterPassword(there);
    await expect(there.heading()).toHaveText(there.say("sign_in.code_title_app"));
  });

  test(`a browser that keeps no cookies is told so (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const me = await somebody({ language, width: 390 });
    await me.page.route("**/sign-in?**", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const headersOfPage = { ...route.request().headers(), "sec-fetch-site": "same-origin" };
      const response = await route.fetch({ maxRedirects: 0, headers: headersOfPage });
      const { "set-cookie": _, ...headers } = response.headers();
      await me.page.context().clearCookies();
      await route.fulfill({ response, headers });
    });
    await me.page.goto(`/sign-in?lng=${language}`);
    await me.enter(me.field("sign_in.name_label"), org.member("jorn", { given: "Jorn" }));
    await me.reads("sign_in.cookies_off");
    if (language === "en") await gallery(me, "sign-in-cookies-off");
  });
}
