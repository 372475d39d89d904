// The wizard does not go straight: it is open twice, left and taken up again in another tab or on another device, and what it sets up is switched off meanwhile.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, leaveWizard, readCodes, readKey, registerApp, signIn } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { Person } from "../support/person.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const PHONE = "+31612345678";

async function tabOf(me: Person): Promise<Person> {
  return new Person(await me.page.context().newPage(), me.url, { language: me.language });
}

async function toWizard(me: Person, upn: string): Promise<void> {
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
}

/** The kinds that count, and nothing that waits. */
async function held(org: Tenant, upn: string): Promise<string[]> {
  const { items } = (await org.rest("GET", `/users/${upn}/methods`)).body;
  return items.filter(({ active }: { active: boolean }) => active).map(({ kind }: { kind: string }) => kind);
}

/** The organisation allows a kind of method, or does no more. */
async function allow(org: Tenant, kind: string, allowed: boolean): Promise<void> {
  await org.policy((document) => {
    const others = document.methods.filter((rule: { kind: string }) => rule.kind !== kind);
    document.methods = allowed ? [...others, { kind, uses: ["mfa", "reset"] }] : others;
  });
}

for (const language of LANGUAGES) {
  test(`a wizard that is closed goes on where it was, and two of them register once (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("jolien", { given: "Jolien" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const first = await somebody({ language, width: 390 });
    await toWizard(first, upn);
    const shown = await readKey(first);
    // Closed and opened again, it is the same square: what was scanned is still good.
    const me = await tabOf(first);
    await first.page.close();
    await me.page.goto("/");
    await expect(me.heading()).toHaveText(me.say("register.scan_title"));
    const app = await readKey(me);
    expect(app.secret).toBe(shown.secret);
    const tab = await tabOf(me);
    await tab.page.goto("/register?show=test");

    // The second tab is first; the codes are shown there.
    await me.go(me.button("register.added"));
    await enterCode(tab, app.fresh());
    expect(await readCodes(tab)).toHaveLength(10);
    // In the other one the same app is not asked for once more, and no second one is begun in its place.
    await enterCode(me, app.last);
    await expect(me.main()).not.toContainText(me.say("problems.wrong_code"));
    expect(await held(org, upn)).toEqual(["totp"]);
    // Closed before the codes were saved, the sign-in is done all the same.
    await tab.page.close();
    await me.page.goto("/");
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(await held(org, upn)).toEqual(["totp"]);
    await me.page.goto("/register?show=done");
    await expect(me.main()).toContainText("Authenticator");
  });

  test(`a wizard is taken up on another device, and the first one leads to the new method (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("joris", { given: "Joris" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const laptop = await somebody({ language, width: 1440 });
    const me = await somebody({ language, width: 390 });
    await toWizard(laptop, upn);
    const left = await readKey(laptop);
    await laptop.go(laptop.button("register.added"));
    await toWizard(me, upn);
    const { app } = await registerApp(me);
    await leaveWizard(me);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(app.secret).not.toBe(left.secret);

    // What the laptop was shown opens nothing; it says where one stands and leads to the sign-in with what there is now.
    await enterCode(laptop, left.fresh());
    await expect(laptop.heading()).not.toHaveText(laptop.say("security_info.title"));
    await gallery(laptop, "sign-in-elsewhere", { language });
    expect(await held(org, upn)).toEqual(["totp"]);
    await laptop.page.goto("/");
    await expect(laptop.page, "the start page leads on").toHaveURL(/\/sign-in/);
    await signIn(laptop, upn, app);
    await expect(laptop.heading()).toHaveText(laptop.say("security_info.title"));
  });

  test(`what is switched off while it is set up is said, and what is set up stays (${language})`, async ({ untouched: server, somebody }) => {
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("bram", { given: "Bram" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ at: server, language, width: 390 });

    // A phone, while its code is on the way.
    await toWizard(me, upn);
    await me.page.goto("/register?show=phone");
    await me.enter(me.field("security_info.phone_label"), PHONE);
    const code = await messages.code(PHONE, 0);
    await allow(org, "sms", false);
    await enterCode(me, code);
    await me.reads("errors.method_kind_off_title");
    await gallery(me, "register-phone-off", { language });
    expect(await held(org, upn)).toEqual([]);

    // Set up after all, it stays when its kind is switched off once more, in the middle of a second one.
    await allow(org, "sms", true);
    messages.clear();
    await me.page.goto("/register?show=phone");
    await me.enter(me.field("security_info.phone_label"), PHONE);
    await enterCode(me, await messages.code(PHONE, 0));
    await readCodes(me);
    await leaveWizard(me);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    await me.page.goto("/security-info/add/phone");
    messages.clear();
    await me.enter(me.field("security_info.phone_label"), "+31687654395");
    const second = await messages.code("+31687654395", 0);
    await allow(org, "sms", false);
    await enterCode(me, second);
    await me.reads("errors.method_kind_off_title");
    await me.page.goto("/security-info");
    await expect(me.page.getByRole("region", { name: me.say("security_info.methods") })).toContainText("78");
    await gallery(me, "security-info-kind-off", { language });
  });
  test(`an app that is switched off between its square and its code is said to be off (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await toWizard(me, upn);
    const app = await readKey(me);
    await me.go(me.button("register.added"));
    await allow(org, "totp", false);
    await enterCode(me, app.fresh());
    await gallery(me, "register-app-off", { language });
    expect(await held(org, upn)).toEqual([]);
    await expect(me.main()).toContainText(me.say("errors.method_kind_off_title"));
  });
}
