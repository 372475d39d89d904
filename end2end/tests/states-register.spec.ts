// The wizard in the middle of a sign-in, in the states that need a cause of their own: put off, out of codes, a kind that is off by now, no room, no luck.
import { Calls, still } from "../support/calls.ts";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, readCodes } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { totp } from "../support/oath.ts";
import { addAuthenticator } from "../support/passkey.ts";
import { type Dated, pskc } from "../support/pskc.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { graceRuns, tokensAge } from "../support/time.ts";

const NAME = "Hogeschool Duinmeer";
const PHONE = "+31612345678";
const LANDLINE = "+31207946000";
const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

test("what is asked for is put off day by day, until it can be put off no more", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  await org.policy((document) => {
    document.registration = { ask_everybody: true, grace_days: 9 };
    document.reset = { ...document.reset, scope: "everybody", gates: 1, register: true };
    document.rules = [{ name: "Joining devices", state: "on", actions: ["register_device"], then: "require_mfa" }];
  });
  const upn = org.member("esra", { given: "Esra" });
  const me = await somebody({ width: 390 });
  const why = (...reasons: string[]) => Promise.all(reasons.map((reason) => me.reads(`reasons.why_${reason}`, { tenant: NAME })));
  await enterName(me, upn);
  await enterPassword(me);
  await why("registration_policy", "sspr_enabled");
  await expect(me.button("register.skip", { count: 9 })).toBeVisible();
  await gallery(me, "register-skip");
  await me.go(me.link("register.something_else"));
  await expect(me.button("register.skip", { count: 9 })).toBeVisible();
  await gallery(me, "register-choose-skip");
  graceRuns(server, org.slug, 8);
  await me.page.goto("/register");
  await expect(me.button("register.skip", { count: 1 })).toBeVisible();
  await gallery(me, "register-skip-last");
  graceRuns(server, org.slug, 1);
  await me.page.goto("/register");
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
  await expect(me.page.locator("input[value=skip]")).toHaveCount(0);

  // Three reasons at once, and the strictest decides.
  const other = org.member("fenna", { given: "Fenna" });
  await org.rest("PUT", `/users/${other}/mfa-state`, { state: "enabled" });
  const { body } = await org.rest("POST", "/requirements", { user: other, action: "register_device" });
  const she = await somebody({ width: 390 });
  await she.page.goto(body.link);
  await she.enter(she.field("sign_in.name_label"), other);
  await enterPassword(she);
  for (const reason of ["mfa_enabled_no_info", "device_registration", "registration_policy"]) await she.reads(`reasons.why_${reason}`, { tenant: NAME });
  await expect(she.page.locator("input[value=skip]")).toHaveCount(0);
  await gallery(she, "register-reasons");
});

test("in the wizard a phone is called and texted, until no more codes go out", async ({ untouched: server, somebody }) => {
  const [messages, calls] = [new Messages(server), await Calls.start(server)];
  const org = await tenant(server, NAME);
  const upn = org.member("femke", { given: "Femke" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.link("register.something_else"));
  await me.go(me.page.locator("main button[name=kind][value=voice]"));
  await expect(me.heading()).toHaveText(me.say("security_info.call_title"));
  await gallery(me, "register-call");
  await me.enter(me.field("security_info.call_label"), LANDLINE);
  const call = await calls.next(LANDLINE);
  await still(me.page, () => gallery(me, "register-call-wait"));
  await call.end("no-answer");
  await me.reads("sign_in.call_no_answer");
  const over = me.page.url();
  await gallery(me, "register-call-over");

  // A number of a country to which nothing is sent.
  await gallery(me, "register-phone-country", {
    reach: async () => {
      await me.page.goto("/register?show=phone");
      await me.enter(me.field("security_info.phone_label"), "+371 21234567");
      await me.reads("security_info.phone_country");
      await expect(me.field("security_info.phone_label")).toBeFocused();
    },
  });
  // Five in five minutes.
  await me.page.goto("/register?show=phone");
  await me.enter(me.field("security_info.phone_label"), PHONE);
  for (let sent = 0; sent < 4; sent++) {
    await messages.code(PHONE, sent);
    if (sent < 3) await me.go(me.button("sign_in.send_again"));
  }
  const typing = me.page.url();
  await gallery(me, "register-phone-code-not-sent", {
    reach: async () => {
      await me.page.goto(typing);
      await me.go(me.button("sign_in.send_again"));
      await me.reads("errors.not_sent_title");
    },
  });
  await gallery(me, "register-call-not-sent", {
    reach: async () => {
      await me.page.goto(over);
      await me.go(me.button("sign_in.call_again"));
      await me.reads("errors.not_sent_title");
    },
  });
  await gallery(me, "register-phone-not-sent", {
    reach: async () => {
      await me.page.goto("/register?show=phone");
      await me.enter(me.field("security_info.phone_label"), "+31687654321");
      await me.reads("errors.not_sent_title");
      await expect(me.field("security_info.phone_label")).toHaveValue("+31687654321");
    },
  });
  expect([messages.count(PHONE), calls.count()]).toEqual([4, 1]);
  await calls.stop();
});

test("a code that came stays good when no more are sent, whatever number is asked for", async ({ untouched: server, somebody }) => {
  // So the page says, also after another number was asked for.
  const messages = new Messages(server);
  const org = await tenant(server, NAME);
  const upn = org.member("femke", { given: "Femke" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  const ask = async (number: string) => {
    await me.page.goto("/register?show=phone");
    await me.enter(me.field("security_info.phone_label"), number);
  };
  await ask(PHONE);
  const code = await messages.code(PHONE, 0);
  const typing = me.page.url();
  for (let sent = 1; sent < 5; sent++) {
    await me.go(me.button("sign_in.send_again"));
    await messages.code(PHONE, sent);
  }
  await ask("+31687654321");
  await me.reads("errors.not_sent_title");
  await me.page.goto(typing);
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_sms"), { timeout: 2_000 });
  await enterCode(me, code);
  expect(await readCodes(me)).toHaveLength(10);
});

test("what the policy takes away while the wizard is open is told where it was asked for", async ({ untouched: server, somebody }) => {
  new Messages(server);
  const calls = await Calls.start(server);
  const org = await tenant(server, NAME);
  const upn = org.member("bram", { given: "Bram" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const whole = (await org.rest("GET", "/policy")).body.document.methods;
  const without = (...kinds: string[]) => org.policy((document) => (document.methods = whole.filter(({ kind }: { kind: string }) => !kinds.includes(kind))));
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  for (const [page, kind, field, number] of [["phone", "sms", "phone_label", PHONE], ["call", "voice", "call_label", LANDLINE]] as const) {
    await gallery(me, `register-${page}-form-off`, {
      reach: async () => {
        await without();
        await me.page.goto(`/register?show=${page}`);
        await without(kind);
        await me.enter(me.field(`security_info.${field}`), number);
        await me.reads("errors.method_kind_off_title");
      },
    });
  }
  expect(calls.count()).toBe(0);
  await calls.stop();
});

test("a device that makes no passkey, and one whose make is not allowed", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = org.member("joris", { given: "Joris" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ width: 390 });
  const authenticator = await addAuthenticator(me.page);
  await enterName(me, upn);
  await enterPassword(me);
  await gallery(me, "register-passkey-cancelled", {
    reach: async () => {
      await me.page.goto("/register?show=passkey");
      await authenticator.recognise(false);
      await me.press(me.button("security_info.passkey_make"));
      await me.reads("security_info.passkey_cancelled");
      await authenticator.recognise(true);
    },
  });
  const models = await org.rest("PUT", "/passkey-models", { aaguids: ["ee882879-721c-4913-9775-3dfcce97072a"], attestation_required: false, reason: "test" });
  expect(models.status, JSON.stringify(models.body)).toBe(200);
  await gallery(me, "register-passkey-model", {
    reach: async () => {
      await me.page.goto("/register?show=passkey");
      await me.go(me.button("security_info.passkey_make"));
      await me.reads("errors.passkey_model_title");
    },
  });
});

test("a token that opens nothing in the wizard says why", async ({ untouched: server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = org.member("noor", { given: "Noor" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const tokens: Dated[] = [{ serial: "ZS-1001" }, { serial: "ZS-1002", until: 30 }, { serial: "ZS-1003", from: 90 }];
  org.importTokens(pskc(SEED, tokens));
  tokensAge(server, 40);
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  const offer = async (serial: string, code: string) => {
    await me.page.goto("/register?show=token");
    await me.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await me.type(me.field("security_info.token_serial"), serial);
    await me.enter(me.field("security_info.token_code"), code);
  };
  await gallery(me, "register-token-missing", {
    reach: async () => {
      await offer("", "12");
      await me.reads("security_info.token_serial_missing");
      await me.reads("security_info.token_code_form");
      await expect(me.field("security_info.token_serial")).toBeFocused();
    },
  });
  const told = (key: string) => new RegExp(me.say(`security_info.${key}`, { date: "DATE" }).split("DATE")[0] ?? "");
  await gallery(me, "register-token-past", {
    reach: async () => {
      await offer("ZS-1002", totp(SEED));
      await expect(me.main()).toContainText(told("token_past"));
    },
  });
  await gallery(me, "register-token-early", {
    reach: async () => {
      await offer("ZS-1003", totp(SEED));
      await expect(me.main()).toContainText(told("token_early"));
    },
  });
  // Five wrong codes, two of them for the pictures; then a right one is not looked at either.
  await gallery(me, "register-token-code-wrong", {
    reach: async () => {
      await offer("ZS-1001", totp(SEED, { ahead: 6_000 }));
      await me.reads("security_info.token_code_wrong");
    },
  });
  for (let wrong = 0; wrong < 3; wrong++) await offer("ZS-1001", totp(SEED, { ahead: 7_000 + 300 * wrong }));
  await gallery(me, "register-token-wait", {
    reach: async () => {
      await offer("ZS-1001", totp(SEED));
      await me.reads("errors.throttled_title");
    },
  });
});

test("of what has no room left, nothing is offered in the wizard", async ({ untouched: server, somebody }) => {
  new Messages(server);
  const org = await tenant(server, NAME);
  const upn = org.member("hanna", { given: "Hanna" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  // Three mailboxes for the day she forgets her password.
  for (const mail of ["a@thuis.example", "b@thuis.example", "c@thuis.example"]) {
    expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "email", mail })).status).toBe(201);
  }
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/register?show=choose");
  await expect(me.page.locator("main button[name=kind][value=totp]")).toHaveCount(1);
  await expect(me.page.locator("main button[name=kind][value=sms]")).toHaveCount(0);
  await me.page.goto("/register?show=phone");
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
});

test("where nothing would do that has room, the wizard leads to the desk", async ({ server, somebody }) => {
  // Five apps, taken out of the policy since: a token would do, and there is no room for one.
  const org = await tenant(server, NAME);
  const ilse = org.member("ilse", { given: "Ilse" });
  for (const secret of ["A", "B", "C", "D", "E"].map((letter) => `${SEED.slice(1)}${letter}`)) {
    expect((await org.rest("POST", `/users/${ilse}/methods`, { kind: "totp", secret, confirmed: true })).status).toBe(201);
  }
  await org.rest("PUT", `/users/${ilse}/mfa-state`, { state: "enforced" });
  await org.policy((document) => {
    document.methods = document.methods.filter(({ kind }: { kind: string }) => !["totp", "passkey"].includes(kind));
  });
  org.importTokens(pskc(SEED, [{ serial: "ZS-2001" }]));
  const other = await somebody({ width: 390 });
  await enterName(other, ilse);
  await enterPassword(other);
  await expect(other.heading()).toHaveText(other.say("errors.no_methods_title"));
  await gallery(other, "register-nothing-fits");
});

test("who has five tokens that will not do any more comes to the wizard, where a passkey would", async ({ server, somebody }) => {
  // The app, which would come first, does not fit, and nothing can be removed from here.
  const org = await tenant(server, NAME);
  const upn = org.member("ruth", { given: "Ruth" });
  const serials = [1, 2, 3, 4, 5].map((n) => `ZS-${process.pid}-${n}`);
  org.importTokens(pskc(SEED, serials.map((serial) => ({ serial }))));
  for (const serial of serials) {
    await org.rest("PUT", `/oath-tokens/${serial}/owner`, { user: upn });
    expect((await org.rest("POST", `/oath-tokens/${serial}/activate`, { code: totp(SEED) })).status).toBe(200);
  }
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });
  await org.policy((document) => {
    document.methods = document.methods.filter(({ kind }: { kind: string }) => kind !== "hardware_token");
  });
  const me = await somebody({ width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.main()).toContainText(me.say("reasons.why_method_disabled_by_admin", { tenant: NAME }), { timeout: 2_000 });
});
