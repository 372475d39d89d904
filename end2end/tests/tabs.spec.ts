// Two tabs of one browser, the back button, and pages of a sign-in that is over: whatever is pressed there, the page after it says where one stands and leads on.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, signIn, signOut } from "../support/journey.ts";
import { Person } from "../support/person.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { minutesPassUnused } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

/** Another tab of the same browser. */
async function tabOf(me: Person): Promise<Person> {
  return new Person(await me.page.context().newPage(), me.url, { language: me.language });
}

/** How the sign-ins of somebody have ended, oldest first. */
async function ends(org: Tenant, upn: string): Promise<string[]> {
  const { body } = await org.rest("GET", `/auth-log?user=${upn}`);
  return body.items.map(({ decision, reason }: { decision: string; reason: string }) => `${decision} ${reason}`).reverse();
}

for (const language of LANGUAGES) {
  test(`two tabs at different steps sign in once (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await enterName(me, upn);
    const tab = await tabOf(me);
    await tab.page.goto("/sign-in");
    await expect(tab.heading()).toHaveText(tab.say("sign_in.password_title"));
    await expect(tab.main()).toContainText(upn);
    await enterPassword(tab);
    await expect(tab.heading()).toHaveText(tab.say("sign_in.code_title_app"));

    // The first tab still asks for the password. It is not looked at twice, whatever is typed: the page goes on where the sign-in stands.
    await enterPassword(me, "something quite else");
    await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
    const code = app.fresh();
    await enterCode(tab, code);
    await expect(tab.heading()).toHaveText(tab.say("security_info.title"));

    // The same code in the first tab is neither used twice nor wrong.
    await enterCode(me, code);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    const sessions = me.page.getByRole("region", { name: me.say("security_info.sessions") }).getByRole("listitem");
    await expect(sessions).toHaveCount(1);
    expect(await ends(org, upn)).toEqual(["allowed right_code"]);

    // Signed out in one tab, a form of the other leads to the sign-in and from there to its own page.
    await me.page.goto("/security-info?renew=1");
    await signOut(tab);
    await me.go(me.button("security_info.renew"));
    await expect(me.page).toHaveURL(/\/sign-in\?back=/);
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await enterCode(me, app.fresh());
    await expect(me.page).toHaveURL(/\/security-info/);
    await signOut(me);
  });

  test(`a password goes to the name that stands above it, whatever another tab has begun (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const [upn, other] = [org.member("femke", { given: "Femke" }), org.member("bram", { given: "Bram" })];
    const me = await somebody({ language, width: 390 });
    await enterName(me, upn);
    const tab = await tabOf(me);
    await enterName(tab, other);
    // The page of the first tab still says Femke. Bram is not signed in by it, also where both have the same password.
    await expect(me.main()).toContainText(upn);
    await enterPassword(me);
    const text = await me.page.locator("body").innerText();
    expect(text, "who is signed in").not.toMatch(new RegExp(`Bram|${me.say("security_info.title")}`));
    expect(await ends(org, other)).toEqual([]);
    await me.page.goto("/sign-in");
    await expect(me.heading()).toHaveText(me.say("sign_in.password_title"));
  });

  test(`the back button leads nowhere that one cannot leave (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("okke", { given: "Okke" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await me.page.goto("/");
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));

    // After the password: the page of the name, or the step that the sign-in is at; from either one goes on.
    await me.page.goBack();
    await expect(me.page.locator("main form input:visible").first()).toBeVisible();
    await me.page.goto("/sign-in");
    await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
    const code = app.fresh();
    await enterCode(me, code);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // After the code: back leads home, and asks for nothing that was given already.
    await me.page.goBack();
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(await ends(org, upn)).toEqual(["allowed right_code"]);

    // After signing out: back asks who one is, and a password alone opens as little as before.
    await signOut(me);
    await me.page.goBack();
    await me.page.reload();
    await expect(me.page).toHaveURL(/\/sign-in/);
    await expect(me.field("sign_in.name_label")).toBeVisible();
    await me.page.goForward();
    await expect(me.field("sign_in.name_label")).toBeVisible();
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await enterCode(me, code);
    await expect(me.main()).toContainText(me.say("problems.reused_title"));
    await enterCode(me, app.fresh());
    await expect(me.page).toHaveURL(/\/security-info/);
  });

  test(`a page of a sign-in that is over says so and leads on (${language})`, async ({ untouched: server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("ilse", { given: "Ilse" });
    const app = await org.app(upn);
    const fresh = org.member("jolien", { given: "Jolien" });
    for (const name of [upn, fresh]) await org.rest("PUT", `/users/${name}/mfa-state`, { state: "enabled" });
    const me = await somebody({ at: server, language, width: 390 });

    // Each step was looked at once more near its end, and left alone then: the browser is still known, the sign-in is over.
    const over = async (act: () => Promise<void>) => {
      minutesPassUnused(server, 9);
      await me.page.reload();
      minutesPassUnused(server, 2);
      await act();
      await me.reads("errors.sign_in_expired_title");
    };
    const again = async () => {
      await me.go(me.button("sign_in.start_again"));
      await expect(me.field("sign_in.name_label")).toBeVisible();
    };
    await enterName(me, upn);
    await over(() => enterPassword(me));
    await again();
    await enterName(me, upn);
    await enterPassword(me);
    await over(() => enterCode(me, app.fresh()));
    await gallery(me, "sign-in-expired", { language });
    await again();
    await enterName(me, fresh);
    await enterPassword(me);
    await me.page.goto("/register?show=test");
    await over(() => enterCode(me, "123456"));
    await again();

    // The sign-in has ended by three wrong codes; its page in another tab knows that when it is pressed.
    await enterName(me, upn);
    await enterPassword(me);
    const tab = await tabOf(me);
    await tab.page.goto("/sign-in");
    for (let wrong = 0; wrong < 3; wrong++) await enterCode(me, app.wrong());
    await me.reads("errors.too_many_codes_title");
    await enterCode(tab, app.last);
    await expect(tab.page).toHaveURL(/\/sign-in/);
    await expect(tab.heading()).not.toHaveText(tab.say("security_info.title"));
    await tab.page.goto("/sign-in");
    await expect(tab.field("sign_in.name_label")).toBeVisible();
    await me.page.goto("/sign-in");
    await signIn(me, upn, app);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
  });
  test(`whoever was away for longer than a sign-in lasts is told so (${language})`, async ({ untouched: server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("ilse", { given: "Ilse" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ at: server, language, width: 390 });
    await enterName(me, upn);
    minutesPassUnused(server, 11);
    await enterPassword(me);
    await expect.soft(me.main(), "after the password").toContainText(me.say("errors.sign_in_expired_title"));
    await enterName(me, upn);
    await enterPassword(me);
    minutesPassUnused(server, 11);
    await enterCode(me, app.fresh());
    await expect.soft(me.main(), "after the code").toContainText(me.say("errors.sign_in_expired_title"));
    // In any case nobody is in, and everybody may begin again.
    await me.page.goto("/sign-in");
    await signIn(me, upn, app);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
  });
}
