// The wizard in the middle of a sign-in: by a phone and by a token, for the reasons that really hold, taken up again after a closed tab.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, readCodes, signOut } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { App, totp } from "../support/oath.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { minutesPass } from "../support/time.ts";

const PHONE = "+31612345678";
const OTHER = (code: string) => (code === "000000" ? "111111" : "000000");
const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

test("whoever must register does so by a phone, and by nothing less", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server });
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
  await me.go(me.link("register.something_else"));
  await gallery(me, "register-choose-all");
  await me.go(me.page.locator("main button[name=kind][value=sms]"));
  await expect(me.heading()).toHaveText(me.say("security_info.phone_title"));
  await expect(me.main()).toContainText(me.say("reasons.why_mfa_enabled_no_info", { tenant: "Hogeschool Duinmeer" }));
  // What is required is not put off, and the wizard opens nothing else.
  await expect(me.main()).not.toContainText(me.say("register.skip_plain"));
  await gallery(me, "register-phone");
  await gallery(me, "register-phone-wrong", {
    reach: async () => {
      await me.page.goto("/register?show=phone");
      await me.enter(me.field("security_info.phone_label"), "06 1234");
      await expect(me.field("security_info.phone_label")).toHaveAttribute("aria-invalid", "true");
    },
  });
  await me.page.goto("/security-info");
  await expect(me.heading()).not.toHaveText(me.say("security_info.title"));
  expect(messages.count(PHONE)).toBe(0);

  await gallery(me, "register-phone-gone", {
    reach: async () => {
      await me.page.goto("/register?show=phone");
      await me.enter(me.field("security_info.phone_label"), "+31 6 87654321");
      minutesPass(server, 4);
      await enterCode(me, "000000");
      await me.reads("errors.challenge_gone_title");
    },
  });
  await me.page.goto("/register?show=phone");
  await me.enter(me.field("security_info.phone_label"), "+31 6 12345678");
  const code = await messages.code(PHONE, 0);
  await gallery(me, "register-phone-code");
  const typing = me.page.url();
  await gallery(me, "register-phone-code-wrong", {
    reach: async () => {
      await me.page.goto(typing);
      await enterCode(me, OTHER(code));
      await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    },
  });
  // The tab was closed, and another page of the wizard opened: the code is still good.
  await me.page.goto("/register");
  await me.page.goto(typing);
  await enterCode(me, code);
  expect((await readCodes(me)).length).toBe(10);
  await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
  await me.go(me.button("register.finish"));
  await expect(me.heading()).toHaveText(me.say("register.done_title", { name: "Femke" }));
  await expect(me.main()).toContainText(me.say("register.first_choice"));
  await gallery(me, "register-done-phone");
  await me.go(me.link("register.go_on"));
  await signOut(me);

  // From now on the phone is asked for, by keys alone.
  messages.clear();
  await enterName(me, upn);
  await enterPassword(me);
  await enterCode(me, await messages.code(PHONE, 0));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  const { body } = await org.rest("GET", `/auth-log?user=${upn}&reason=registered`);
  expect(body.items[0].registration_reasons).toEqual(["mfa_enabled_no_info"]);
});

test("a directory asks what a member needs, and its link leads through the wizard", async ({ untouched: server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("bram", { given: "Bram" });
  const { body: policy } = await org.rest("GET", "/policy");
  policy.document.rules = [{ name: "Joining devices", state: "on", actions: ["register_device"], then: "require_mfa" }];
  const published = await org.rest("PUT", "/policy", { based_on: policy.version, document: policy.document, reason: "tests" });
  expect(published.status, JSON.stringify(published.body)).toBe(200);
  const { body: asked } = await org.rest("POST", "/requirements", { user: upn, action: "register_device" });
  expect([asked.satisfied, asked.reasons]).toEqual([false, ["device_registration"]]);
  const file = `upn,serial number,secret key,time interval,manufacturer,model\n,ZS-1001,${SEED},30,Zeeland Sleutels,ZS-1\n`;
  org.importTokens(file);

  // The link opens nothing by itself: name and password first, and then the reason in plain words.
  const me = await somebody({ at: server, language: "nl" });
  await me.page.goto(asked.link);
  await me.enter(me.field("sign_in.name_label"), upn);
  await enterPassword(me);
  await expect(me.main()).toContainText(me.say("reasons.why_device_registration", { tenant: "Hogeschool Duinmeer" }));
  await gallery(me, "register-device");
  await me.page.goto("/register?show=token");
  await gallery(me, "register-token");
  const token = new App(SEED);
  await gallery(me, "register-token-wrong", {
    reach: async () => {
      await me.page.goto("/register?show=token");
      await me.type(me.field("security_info.token_serial"), "ZS-1002");
      await me.enter(me.field("security_info.token_code"), totp(SEED));
      await me.reads("security_info.token_serial_unknown");
    },
  });
  await me.page.goto("/register?show=token");
  await me.type(me.field("security_info.token_serial"), "zs-1001");
  await me.enter(me.field("security_info.token_code"), token.fresh());
  await readCodes(me);
  await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
  await me.go(me.button("register.finish"));
  await expect(me.heading()).toHaveText(me.say("register.done_title", { name: "Bram" }));
  const { body: now } = await org.rest("POST", "/requirements", { user: upn, action: "register_device" });
  expect([now.satisfied, now.link]).toEqual([true, null]);
  // A reset that he could not do as things are is asked after the next sign-in, and stops nobody.
  const { body: next } = await org.rest("GET", "/policy");
  next.document.reset = { ...next.document.reset, scope: "everybody", register: true };
  expect((await org.rest("PUT", "/policy", { based_on: next.version, document: next.document, reason: "tests" })).status).toBe(200);
  await me.go(me.link("register.go_on"));
  await signOut(me);
  await enterName(me, upn);
  await enterPassword(me);
  await enterCode(me, token.fresh());
  await expect(me.main()).toContainText(me.say("reasons.why_sspr_enabled", { tenant: "Hogeschool Duinmeer" }));
  await gallery(me, "register-reset");
  await me.go(me.link("register.skip_plain"));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
});

test("what only the organisation wishes can wait, and says how long", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  await org.policy((document) => (document.registration = { ask_everybody: true, grace_days: 9 }));
  const me = await somebody({ width: 390 });
  await enterName(me, org.member("cato", { given: "Cato" }));
  await enterPassword(me);
  await expect(me.button("register.skip", { count: 9 })).toBeVisible();
  await gallery(me, "register-can-wait");
  await me.go(me.button("register.skip", { count: 9 }));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
});
