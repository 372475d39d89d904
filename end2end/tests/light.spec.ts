// Members' pages are light and need no script: what each weighs on the wire, and a walk through their forms in a browser that runs none.
import { enterCode, enterName, enterPassword, enterRecoveryCode, leaveWizard, readCodes, readKey, registerApp } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import type { App } from "../support/oath.ts";
import type { Person } from "../support/person.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { Scales } from "../support/weight.ts";

/** All that members may be offered: a reset, app passwords, and a second step that is required. */
async function everything(org: Tenant, upn: string): Promise<void> {
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await org.policy((document) => {
    document.reset = { ...document.reset, scope: "everybody", gates: 1 };
    document.methods.push({ kind: "app_password", uses: ["sign_in"] });
  });
}

test("every page of members stays under 100 KB, and under 200 KB with its island", async ({ untouched: server, somebody }, info) => {
  new Messages(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  // A name from another European language brings letters that other pages do not need.
  const link = org.invited("aafke", { given: "Ażurka" });
  const upn = org.member("femke", { given: "Żemka", family: "Łęcki-Şahin" });
  await everything(org, upn);
  const me = await somebody({ at: server, width: 390 });
  const scales = await Scales.of(me.page);
  const open = async (name: string, address: string) => {
    await me.page.goto(address);
    await scales.weigh(name);
  };
  await open("set-up", link);
  await open("sign-in", "/sign-in");
  await enterName(me, upn);
  await scales.weigh("password");
  await enterPassword(me, "something quite else");
  await scales.weigh("wrong password");
  await enterPassword(me);
  await scales.weigh("wizard: square");
  await open("wizard: choice", "/register?show=choose");
  await open("wizard: phone", "/register?show=phone");
  await open("wizard: passkey", "/register?show=passkey");
  await open("wizard: try", "/register?show=test");
  await me.page.goto("/register");
  const { app, codes } = await registerApp(me);
  await scales.weigh("wizard: recovery codes");
  await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
  await me.go(me.button("register.finish"));
  await scales.weigh("wizard: end");
  const start = "/security-info";
  await open("security info", start);
  const change = async (word: string) => (await me.page.locator(`main a[href*="${word}="]`).first().getAttribute("href")) ?? "";
  const [rename, remove] = [await change("rename"), await change("remove")];
  await open("rename", rename);
  await open("remove", remove);
  await open("confirm", `${start}?confirm=${start}`);
  await open("new recovery codes", `${start}?renew`);
  for (const kind of ["", "/phone", "/call", "/email", "/passkey", "/hardware-token"]) await open(`add${kind}`, `${start}/add${kind}`);
  await open("app passwords", `${start}/app-passwords`);
  await open("activity", "/activity");
  await open("request", "/help/request?page=/activity");
  await me.go(me.main().locator("a.button").first());
  await scales.weigh("report");
  await open("lost: choice", "/lost");
  await me.page.context().clearCookies();
  await open("lost", "/lost");
  await open("reset", "/reset");
  await me.enter(me.field("sign_in.name_label"), upn);
  await scales.weigh("reset: ways");
  await me.go(me.page.locator("main button[name=method][value=totp]"));
  await scales.weigh("reset: code");
  await enterCode(me, app.fresh());
  await scales.weigh("reset: password");
  await open("help", "/help");
  await open("help: an error", "/help/errors/TS-2106");
  await open("help: a method", "/help/methods/totp");
  await open("nothing here", "/nothing-here");
  await enterName(me, upn);
  await enterPassword(me);
  await scales.weigh("code");
  await enterCode(me, app.wrong());
  await scales.weigh("wrong code");
  await open("ways", "/sign-in?show=ways");
  await open("recovery code", "/sign-in?way=recovery_code");
  expect(codes).toHaveLength(10);

  const rows = [...scales.weighed].map(([name, { plain, island }]) => `${plain} + ${island}  ${name}`);
  await info.attach("bytes of each page, and of its island", { body: rows.join("\n"), contentType: "text/plain" });
  // The meter of a new password is an island; no other page waits for one.
  const islands = [...scales.weighed].filter(([, { island }]) => island > 0).map(([name]) => name);
  expect(islands).toEqual(["set-up", "reset: password"]);
});

test("without scripts a member sets up, changes and removes, reports and signs in again", async ({ untouched: server, somebody }) => {
  new Messages(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke", family: "de Wit" });
  await everything(org, upn);
  const me = await somebody({ at: server, language: "nl", width: 390, script: false });
  const info = async () => {
    await me.page.goto("/security-info");
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
  };
  // A menu is opened by the browser itself.
  const menu = async (label: string) => me.press(me.page.locator("summary").and(me.page.getByLabel(me.say("security_info.options_for", { method: label }), { exact: true })));

  await enterName(me, upn);
  await enterPassword(me, "iets heel anders");
  await expect(me.main()).toContainText(me.say("problems.wrong_password"));
  await enterPassword(me);
  await me.go(me.link("register.something_else"));
  await me.go(me.page.locator("main button[name=kind][value=totp]"));
  const app = await readKey(me);
  await me.go(me.button("register.added"));
  await enterCode(me, app.wrong());
  await me.reads("register.clock_hint");
  await enterCode(me, app.fresh());
  const codes = await readCodes(me);
  await leaveWizard(me);

  await info();
  await menu("Authenticator");
  await me.go(me.link("security_info.rename"));
  await me.enter(me.field("security_info.rename_label"), "Telefoon van Femke");
  await me.reads("security_info.done_renamed", { what: "Telefoon van Femke" });
  await menu("Telefoon van Femke");
  await me.go(me.link("security_info.remove"));
  await me.go(me.button("security_info.remove_confirm"));
  await me.reads("errors.method_needed_title");
  const second = await another(me);
  await info();
  await menu("Telefoon van Femke");
  await me.go(me.link("security_info.remove"));
  await me.go(me.button("security_info.remove_confirm"));
  await me.reads("security_info.done_removed", { what: "Telefoon van Femke" });
  await expect(me.main().locator(".method-card", { hasText: "Telefoon van Femke" })).toHaveCount(0);

  await refusals(me, upn);

  await me.page.goto("/security-info/app-passwords");
  await me.enter(me.field("app_passwords.name"), "Scanner");
  await expect(me.main()).toContainText(/[a-z]{4}( [a-z]{4}){3}/);
  await me.page.goto("/security-info/app-passwords");
  await me.go(me.page.getByRole("link", { name: me.say("app_passwords.remove_what", { what: "Scanner" }), exact: true }));
  await me.go(me.button("security_info.remove_confirm"));
  await me.reads("security_info.done_removed", { what: "Scanner" });

  // The language is a link, on a phone behind one's name.
  await me.press(me.page.locator("details.account > summary"));
  await me.go(me.page.locator("details.account").getByRole("link", { name: "EN – English" }));
  await expect(me.page.locator("html")).toHaveAttribute("lang", /^en/);
  me.language = "en";
  await info();
  await me.press(me.page.locator("details.account > summary"));
  await me.go(me.button("shell.sign_out"));

  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.link("sign_in.another_way"));
  await me.go(me.page.getByRole("button", { name: me.say("sign_in.recovery_label") }));
  await enterRecoveryCode(me, codes[0] ?? "");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await me.page.goto("/help");
  await me.enter(me.field("help.code_label"), "ts2106");
  await expect(me.heading()).toHaveText(me.say("errors.no_methods_title"));

  // What was lost is off, and the sign-in that was not hers ends all.
  await me.page.goto("/lost");
  await me.tick(me.page.getByRole("checkbox").first());
  await me.go(me.button("lost.act"));
  await expect(me.heading()).toHaveText(me.say("lost.done_title"));
  await me.page.goto("/activity");
  await me.go(me.main().locator("a.button").first());
  await me.go(me.button("activity.not_me"));
  await expect(me.heading()).toHaveText(me.say("activity.done_title"));
  await me.page.goto("/security-info");
  await expect(me.page).toHaveURL(/\/sign-in/);
  expect(await org.verify(upn, second.fresh(), "webmail")).toBe("denied");
});

/** One more app, from the security info. */
async function another(me: Person): Promise<App> {
  await me.go(me.link("security_info.add").first());
  await me.go(me.page.locator('main a[href="/register"]'));
  const app = await readKey(me);
  await me.go(me.button("register.added"));
  await me.type(me.field("register.device_label"), "Tablet");
  await enterCode(me, app.fresh());
  await expect(me.page.getByRole("region", { name: me.say("security_info.methods") })).toContainText("Tablet");
  return app;
}

/** What will not do is said beside the field, and what was typed is still there. */
async function refusals(me: Person, upn: string): Promise<void> {
  const phone = me.field("security_info.phone_label");
  await me.page.goto("/security-info/add/phone");
  await me.enter(phone, "06 1234");
  await expect(phone).toHaveAttribute("aria-invalid", "true");
  await expect(phone).toHaveValue("06 1234");
  await me.page.goto("/security-info/add/email");
  await me.enter(me.field("security_info.mail_label"), upn);
  await me.reads("security_info.mail_own");
  await me.page.goto("/security-info/add/hardware-token");
  await me.type(me.field("security_info.token_serial"), "ZS-9999");
  await me.enter(me.field("security_info.token_code"), "123456");
  await me.reads("security_info.token_serial_unknown");
  await expect(me.field("security_info.token_serial")).toHaveValue("ZS-9999");
  await me.page.goto("/security-info/add/passkey");
  await me.reads("security_info.passkey_unavailable");
}
