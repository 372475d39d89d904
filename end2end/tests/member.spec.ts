// The pages of members: signing in, the wizard, security info, the one-time link. The main job as a whole is in journey.spec.ts.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, enterRecoveryCode, readCodes, registerApp, setUp, signIn, signOut } from "../support/journey.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

const enable = (org: Tenant, upn: string) => org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });

test("a name and a password are asked, and what is wrong with them is said", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const me = await somebody();
  await me.page.goto("/sign-in");
  await gallery(me, "sign-in");
  await me.page.goto("/sign-in?done=out");
  await gallery(me, "sign-in-signed-out");
  await gallery(me, "sign-in-name-wrong", {
    reach: async () => {
      await me.page.goto("/sign-in?show=name");
      // As in a browser that checks nothing itself.
      await me.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await me.enter(me.field("sign_in.name_label"), "femke");
      await expect(me.field("sign_in.name_label")).toHaveValue("femke");
      await expect(me.field("sign_in.name_label")).toHaveAttribute("aria-invalid", "true");
    },
  });
  await enterName(me, upn);
  await gallery(me, "sign-in-password");
  await gallery(me, "sign-in-password-wrong", {
    reach: async () => {
      await enterName(me, upn);
      await enterPassword(me, "something quite else");
      await expect(me.main()).toContainText(me.say("problems.wrong_password"));
    },
  });
  await org.rest("PATCH", `/users/${upn}`, { disabled: true, reason: "On leave" });
  await gallery(me, "sign-in-off", {
    reach: async () => {
      await enterName(me, upn);
      await enterPassword(me);
      await expect(me.heading()).toHaveText(me.say("errors.account_disabled_title"));
    },
  });
});

test("where the rules are strict, a password alone is not enough to register with", async ({ server, somebody }) => {
  const org = await tenant(server, "Zorggroep Lindenhof", { strict: true });
  const upn = org.member("noor");
  await enable(org, upn);
  const me = await somebody();
  await gallery(me, "sign-in-refused", {
    reach: async () => {
      await enterName(me, upn);
      await enterPassword(me);
      await expect(me.heading()).toHaveText(me.say("errors.registration_refused_title"));
    },
  });
});

test("a recovery code lets somebody in once, another way is offered, and after five wrong codes one waits", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  await enable(org, upn);
  const me = await somebody();
  await enterName(me, upn);
  await enterPassword(me);
  const { app, codes } = await registerApp(me);
  await signOut(me);

  await enterName(me, upn);
  await enterPassword(me);
  await gallery(me, "sign-in-code");
  await me.go(me.link("sign_in.another_way"));
  await gallery(me, "sign-in-ways");
  await me.go(me.page.getByRole("button", { name: me.say("sign_in.recovery_label") }));
  await gallery(me, "sign-in-recovery");
  await gallery(me, "sign-in-recovery-form", {
    reach: async () => {
      await me.page.goto("/sign-in?way=recovery_code");
      await enterRecoveryCode(me, "ABCD-1234");
      await me.reads("problems.recovery_form");
    },
  });
  await enterRecoveryCode(me, codes[0] ?? "");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await me.page.goto("/activity");
  await gallery(me, "activity");
  await signOut(me);

  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.link("sign_in.another_way"));
  await me.go(me.page.getByRole("button", { name: me.say("sign_in.recovery_label") }));
  await enterRecoveryCode(me, codes[0] ?? "");
  await expect(me.main()).toContainText(me.say("problems.wrong_code"));

  for (let wrong = 0; wrong < 5; wrong++) {
    if (wrong % 3 === 0) {
      await enterName(me, upn);
      await enterPassword(me);
    }
    await enterCode(me, app.wrong());
  }
  // Until then not even a right code is looked at.
  await me.page.goto("/sign-in");
  await me.reads("errors.throttled_title");
  await gallery(me, "sign-in-wait");
  await me.page.goto("/security-info");
  await expect(me.page).toHaveURL(/\/sign-in/);
});

test("the wizard asks during sign-in, and can be left and taken up again", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("jolien", { given: "Jolien" });
  await enable(org, upn);
  const me = await somebody();
  await enterName(me, upn);
  await enterPassword(me);
  await gallery(me, "register-scan");
  await me.go(me.link("register.something_else"));
  await gallery(me, "register-choose");
  await me.page.goto("/register?show=test");
  await gallery(me, "register-test");
  await me.page.goto("/register");
  await registerApp(me);
  await me.page.goto("/register?show=done");
  await gallery(me, "register-done");
});

test("security info: nothing yet, a first app, and the code that is asked before a change", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("okke", { given: "Okke" });
  const me = await somebody();
  const info = () => me.page.goto("/security-info");
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await gallery(me, "security-info-empty");

  await me.go(me.link("security_info.add").first());
  await me.go(me.page.locator('main a[href="/register"]'));
  await gallery(me, "register-add");
  await me.page.goto("/register?show=choose");
  await gallery(me, "register-add-choose");
  await me.page.goto("/register?show=test");
  await gallery(me, "register-add-test");
  await me.page.goto("/register");
  const { app } = await registerApp(me);
  await info();
  await expect(me.page.getByRole("region", { name: me.say("security_info.methods") })).toContainText("Authenticator");
  await gallery(me, "security-info");
  const menu = (label: string) => me.page.locator("summary").and(me.page.getByLabel(me.say("security_info.options_for", { method: label }), { exact: true })).first();
  await gallery(me, "security-info-menu", {
    reach: async () => {
      await info();
      await me.press(menu("Authenticator"));
    },
  });

  // Nothing asks for a second step of this member, so the last method may go.
  await me.press(menu("Authenticator"));
  await me.go(me.link("security_info.remove"));
  // A password opened this session: a change asks for a code first.
  await me.reads("security_info.remove_only");
  await gallery(me, "security-info-remove-last");
  await info();

  const confirm = "/security-info?confirm=/security-info";
  await me.page.goto(confirm);
  await gallery(me, "security-info-confirm");
  await gallery(me, "security-info-confirm-wrong", {
    reach: async () => {
      await me.page.goto(confirm);
      await enterCode(me, app.wrong());
      await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    },
  });
  await gallery(me, "security-info-confirm-expired", {
    reach: async () => {
      await me.page.goto(confirm);
      await me.page.locator("input[name=method]").evaluate((field: HTMLInputElement) => (field.value = "00000000-0000-7000-8000-000000000000~/security-info"));
      await enterCode(me, app.wrong());
      await me.reads("errors.challenge_gone_title");
    },
  });
  await me.page.goto(confirm);
  await enterCode(me, app.fresh());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

});

test("security info: two apps, another name, new codes, and what removing does", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("okke", { given: "Okke" });
  const app = await org.app(upn);
  await enable(org, upn);
  const me = await somebody();
  const info = () => me.page.goto("/security-info");
  const menu = (label: string) => me.page.locator("summary").and(me.page.getByLabel(me.say("security_info.options_for", { method: label }), { exact: true })).first();
  await signIn(me, upn, app);
  await org.rest("POST", `/users/${upn}/methods`, { kind: "totp", confirmed: true });
  await info();
  await gallery(me, "security-info-two");
  await me.press(menu("Authenticator"));
  await me.go(me.link("security_info.rename"));
  await gallery(me, "security-info-rename");
  const rename = me.page.url();
  await gallery(me, "security-info-rename-wrong", {
    reach: async () => {
      await me.page.goto(rename);
      await me.enter(me.field("security_info.rename_label"), " ");
      await expect(me.field("security_info.rename_label")).toHaveAttribute("aria-invalid", "true");
    },
  });
  await me.page.goto(rename);
  await me.enter(me.field("security_info.rename_label"), "Telefoon van Okke");
  await me.reads("security_info.done_renamed", { what: "Telefoon van Okke" });
  await gallery(me, "security-info-renamed");
  await me.press(menu("Telefoon van Okke"));
  await me.go(me.link("security_info.remove"));
  await gallery(me, "security-info-remove");

  await me.page.goto("/security-info?renew=1");
  await gallery(me, "security-info-renew");
  await gallery(me, "security-info-codes", {
    reach: async () => {
      await me.page.goto("/security-info?renew=1");
      await me.go(me.button("security_info.renew"));
      expect(await readCodes(me)).toHaveLength(10);
    },
  });
});

test("the last method stays while a second step is required", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("pleun", { given: "Pleun" });
  const app = await org.app(upn);
  await enable(org, upn);
  const me = await somebody();
  await signIn(me, upn, app);
  const menu = me.page.locator("main details.menu-button > summary").first();
  await gallery(me, "security-info-needed", {
    reach: async () => {
      await me.page.goto("/security-info");
      await me.press(menu);
      await me.go(me.link("security_info.remove"));
      await me.go(me.button("security_info.remove_confirm"));
      await me.reads("errors.method_needed_title");
    },
  });
});

test("after signing out neither the back button nor another tab opens anything", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("okke");
  const me = await somebody();
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.page).toHaveURL(/\/security-info/);
  const tab = await me.page.context().newPage();
  await tab.goto("/security-info");
  await signOut(me);
  await tab.reload();
  await expect(tab).toHaveURL(/\/sign-in/);
  await me.page.goBack();
  await me.page.reload();
  await expect(me.page).toHaveURL(/\/sign-in/);
});

test("a wrong password and an unknown name look the same", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("ann");
  const me = await somebody();
  const said = async (name: string) => {
    await enterName(me, name);
    await enterPassword(me, "something quite else");
    await expect(me.field("sign_in.password_label")).toHaveAttribute("aria-invalid", "true");
    const text = await me.main().innerText();
    return text.replaceAll(name, "NAME").replaceAll(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/g, "ID").replaceAll(/\d\d?:\d\d(:\d\d)?/g, "TIME");
  };
  const known = await said(upn);
  expect(await said(`nobody@${org.slug}.example`)).toBe(known);
  expect(await said("nobody@nowhere.example")).toBe(known);
});

test("an invited member sets a password by the one-time link and goes on to the app; the link works once", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const link = org.invited("hanna", { given: "Hanna", role: "auth_admin" });
  const me = await somebody();
  await me.page.goto(link);
  await gallery(me, "set-up");
  await gallery(me, "set-up-weak", {
    reach: async () => {
      await me.page.goto(link);
      await me.enter(me.field("set_up.password_label"), "wachtwoord");
      await me.reads("errors.password_common_title");
    },
  });
  await setUp(me, link);
  const other = await somebody();
  await other.page.goto(link);
  await expect(other.heading()).toHaveText(other.say("errors.set_up_link_used_title"));
  await gallery(other, "set-up-gone");
});
