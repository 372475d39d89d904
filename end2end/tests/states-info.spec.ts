// Security info in the states that need a cause of their own: many kinds at once, what is off and why, what is used up, what does not fit, what is not sent.
import { Calls } from "../support/calls.ts";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, readCodes, registerApp, signOut } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { App, totp } from "../support/oath.ts";
import { addAuthenticator } from "../support/passkey.ts";
import type { Person } from "../support/person.ts";
import { type Dated, pskc } from "../support/pskc.ts";
import type { Server } from "../support/server.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { aDayPasses, daysPass, quietDays, tokensAge } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const NAME = "Hogeschool Duinmeer";
const PHONE = "+31612345678";
const LANDLINE = "+31207946000";
const MAIL = "femke@thuis.example";
const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const INFO = "/security-info";
const OTHER = (code: string) => (code === "000000" ? "111111" : "000000");

const methods = (me: Person) => me.page.getByRole("region", { name: me.say("security_info.methods") }).getByRole("listitem");
const enforce = (org: Tenant, upn: string) => org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });

async function give(org: Tenant, upn: string, method: object): Promise<void> {
  const { status, body } = await org.rest("POST", `/users/${upn}/methods`, method);
  expect(status, JSON.stringify(body)).toBe(201);
}

/** Gives a member a hardware token, and proves it. */
async function giveToken(org: Tenant, upn: string, serial: string, more: Partial<Dated> = {}): Promise<void> {
  org.importTokens(pskc(SEED, [{ serial, ...more }]));
  expect((await org.rest("PUT", `/oath-tokens/${serial}/owner`, { user: upn })).status).toBeLessThan(300);
  const { status, body } = await org.rest("POST", `/oath-tokens/${serial}/activate`, { code: totp(SEED, { digits: more.digits }) });
  expect(status, JSON.stringify(body)).toBe(200);
}

/** Lets the policy take all kinds but these away, or none. */
async function allow(org: Tenant, whole: { kind: string }[], off: string[] = []): Promise<void> {
  await org.policy((document) => (document.methods = whole.filter(({ kind }) => !off.includes(kind))));
}

/** Signs in with the app, whatever is asked for first. */
async function signInByApp(me: Person, upn: string, app: App): Promise<void> {
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/sign-in?way=totp");
  await enterCode(me, app.fresh());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
}

/** Fifty wrong codes over days. */
async function guessedOff(server: Server, org: Tenant, upn: string, app: App): Promise<void> {
  for (let wrong = 1; wrong <= 50; wrong++) {
    expect(await org.verify(upn, app.wrong(), "webmail")).toBe("denied");
    if (wrong % 5 === 0) quietDays(server, org.slug);
  }
}

for (const language of LANGUAGES) {
  test(`whoever removes the first choice is asked for the next one from then on (${language})`, async ({ untouched: server, somebody }) => {
    new Messages(server);
    const org = await tenant(server, NAME, { language });
    const upn = org.member("okke", { given: "Okke" });
    const app = await org.app(upn);
    await giveToken(org, upn, "ZS-1001");
    await give(org, upn, { kind: "sms", phone: PHONE });
    await enforce(org, upn);
    const me = await somebody({ at: server, language, width: 390 });
    await signInByApp(me, upn, app);
    const badge = me.say("security_info.first_choice");
    const [ofApp, ofToken, ofPhone] = [methods(me).filter({ hasText: "Authenticator" }), methods(me).filter({ hasText: "ZS-1001" }), methods(me).filter({ hasText: "78" })];
    const isFirst = async (card: typeof ofApp) => {
      await expect(card).toContainText(badge);
      await expect(methods(me).filter({ hasText: badge })).toHaveCount(1);
      await expect(methods(me).first(), "the first choice stands first").toContainText(badge);
    };
    const removes = async (card: typeof ofApp, next?: string) => {
      await me.press(card.locator("summary"));
      await me.go(card.getByRole("link", { name: me.say("security_info.remove"), exact: true }));
      if (next) await me.reads("security_info.remove_next", { what: me.say(`components.${next}`) });
    };

    // The one in the middle first, then the app.
    await me.press(ofApp.locator("summary"));
    await me.go(ofApp.getByRole("button", { name: me.say("security_info.make_first"), exact: true }));
    await isFirst(ofApp);
    await expect(me.page.getByRole("status").filter({ hasText: me.say("security_info.done_first", { what: "Authenticator" }) })).toBeVisible();
    await gallery(me, "security-info-first", { language });
    await removes(ofApp, "plain_token");
    await gallery(me, "security-info-remove-next", { language });
    await me.go(me.button("security_info.remove_confirm"));
    await isFirst(ofToken);
    await expect(ofApp).toHaveCount(0);
    await gallery(me, "security-info-removed", { language });
    await removes(ofToken, "method_sms");
    await me.go(me.button("security_info.remove_confirm"));
    await isFirst(ofPhone);

    // The last one stays, and stays what is asked for.
    await removes(ofPhone);
    await me.go(me.button("security_info.remove_confirm"));
    await me.reads("errors.method_needed_title");
    await isFirst(ofPhone);
    await signOut(me);
    await enterName(me, upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("sign_in.code_title_sms"));
  });
}

test("many kinds at once, none more than fits, and none that is switched off", async ({ untouched: server, somebody }) => {
  test.slow();
  const [messages, calls] = [new Messages(server), await Calls.start(server)];
  const org = await tenant(server, NAME);
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  await giveToken(org, upn, "ZS-1001");
  await give(org, upn, { kind: "sms", phone: PHONE });
  await give(org, upn, { kind: "voice", phone: `${LANDLINE} x12` });
  await give(org, upn, { kind: "email", mail: MAIL });
  await enforce(org, upn);
  // The number of an office: three have it, and it resets nobody's password.
  for (const name of ["anna", "berta"]) await give(org, org.member(name), { kind: "voice", phone: `${LANDLINE} x12` });
  await org.policy((document) => document.methods.push({ kind: "app_password", uses: ["sign_in"] }));
  expect((await org.rest("POST", `/users/${upn}/app-passwords`, { label: "Mail on the old phone" })).status).toBe(201);
  await org.rest("PUT", "/security-questions", { allowed: true, register: 3, answer: 3, reason: "test" });
  const me = await somebody({ at: server, width: 390 });
  await signInByApp(me, upn, app);
  await me.page.goto("/security-info/add/security-questions");
  for (const [n, question] of ["cuddly-toy", "hiding-place", "first-film"].entries()) {
    await me.page.locator(`#f-question-${n + 1}`).selectOption(question);
    await me.page.locator(`#f-answer-${n + 1}`).fill(["Professor Paardebloem", "Achter de broeikas", "De Reuzenperzik"][n] ?? "");
  }
  await me.go(me.button("security_info.questions_save"));
  await me.page.goto(`${INFO}?confirm=${INFO}`);
  await gallery(me, "security-info-confirm-many");

  // Three phones and mailboxes are as many as fit.
  const kinds = [["phone", "phone_label", "+31687654321"], ["call", "call_label", "+31201234567"], ["email", "mail_label", "ander@thuis.example"]] as const;
  const typed = async (page: string, field: string, address: string) => {
    await me.page.goto(`/security-info/add/${page}`);
    await me.enter(me.field(`security_info.${field}`), address);
  };
  for (const [page, field, address] of kinds) {
    await gallery(me, `security-info-add-${page}-full`, {
      reach: async () => {
        await typed(page, field, address);
        await me.reads("errors.method_limit_title");
        await expect(me.field(`security_info.${field}`)).toHaveValue(address);
      },
    });
  }

  // What the organisation switches off is told before anything is typed, and after, where it was quick.
  const whole = (await org.rest("GET", "/policy")).body.document.methods;
  const all = ["sms", "voice", "email", "hardware_token", "passkey"];
  await allow(org, whole, all);
  for (const page of ["phone", "call", "email", "hardware-token", "passkey"]) {
    await me.page.goto(`/security-info/add/${page}`);
    await expect(me.main()).not.toContainText(me.say("security_info.cancel"));
    await gallery(me, `security-info-add-${page.replace("hardware-", "")}-off`);
  }
  await org.rest("PUT", "/security-questions", { allowed: false, register: 3, answer: 3, reason: "test" });
  await me.page.goto("/security-info/add/security-questions");
  await gallery(me, "security-info-add-questions-off");
  await me.page.goto(INFO);
  await gallery(me, "security-info-kinds-off");
  await gallery(me, "security-info-try-off", {
    reach: async () => {
      await allow(org, whole);
      await me.page.goto(INFO);
      const card = methods(me).filter({ hasText: "78" });
      await me.press(card.locator("summary"));
      await allow(org, whole, ["sms"]);
      await me.go(card.getByRole("button", { name: me.say("security_info.try_it"), exact: true }));
      await me.reads("errors.method_kind_off_title");
    },
  });
  await allow(org, whole);

  // Five texts and calls in five minutes, and five mails.
  const tries = async (text: string) => {
    await me.page.goto(INFO);
    const card = methods(me).filter({ hasText: text });
    await me.press(card.locator("summary"));
    await me.go(card.getByRole("button", { name: me.say("security_info.try_it"), exact: true }));
  };
  for (let sent = 0; sent < 5; sent++) {
    await tries("78");
    await tries("thuis");
  }
  await gallery(me, "security-info-not-sent", {
    reach: async () => {
      await tries("78");
      await me.reads("errors.not_sent_title");
    },
  });
  expect([messages.count(PHONE), messages.count(MAIL), calls.count()]).toEqual([5, 5, 0]);
  await gallery(me, "security-info-confirm-not-sent", {
    reach: async () => {
      await me.page.goto(`${INFO}?confirm=${INFO}`);
      await me.go(me.page.locator("main form:has(input[value=sms]) button"));
      await me.reads("errors.not_sent_title");
    },
  });

  // And a passkey, which is what is asked for before a change from now on.
  const authenticator = await addAuthenticator(me.page);
  await me.page.goto("/security-info/add/passkey");
  await me.go(me.button("security_info.passkey_make"));
  expect(await readCodes(me)).toHaveLength(10);
  await me.page.goto(INFO);
  await expect(methods(me)).toHaveCount(7);
  await me.reads("security_info.questions_count", { count: 3 });
  await me.reads("security_info.reset_shared");
  await gallery(me, "security-info-many");
  await me.page.goto(`${INFO}?confirm=${INFO}`);
  await me.go(me.button("security_info.confirm_passkey"));
  await gallery(me, "security-info-add-passkey-known", {
    reach: async () => {
      await me.page.goto("/security-info/add/passkey");
      await me.press(me.button("security_info.passkey_make"));
      await me.reads("security_info.passkey_known");
    },
  });
  expect(await authenticator.count()).toBe(1);
  await me.page.goto(INFO);
  const menu = methods(me).filter({ hasText: "thuis" });
  await me.press(menu.locator("summary"));
  await me.go(menu.getByRole("link", { name: me.say("security_info.remove"), exact: true }));
  await me.go(me.button("security_info.remove_confirm"));
  for (const [page, field, address] of kinds) {
    await gallery(me, `security-info-add-${page}-not-sent`, {
      reach: async () => {
        await typed(page, field, address);
        await me.reads("errors.not_sent_title");
        await expect(me.field(`security_info.${field}`)).toHaveValue(address);
      },
    });
  }
  await calls.stop();
});

test("a number, a mailbox, a token or a passkey that will not do is told where it was typed", async ({ untouched: server, somebody }) => {
  const [messages, calls] = [new Messages(server), await Calls.start(server)];
  const org = await tenant(server, NAME);
  const upn = org.member("bram", { given: "Bram" });
  const app = await org.app(upn);
  await give(org, upn, { kind: "sms", phone: PHONE });
  await enforce(org, upn);
  org.importTokens(pskc(SEED, [{ serial: "ZS-2001" }, { serial: "ZS-2002", until: 30 }, { serial: "ZS-2003", from: 90 }]));
  tokensAge(server, 40);
  const me = await somebody({ at: server, width: 390 });
  await signInByApp(me, upn, app);
  const add = "/security-info/add";
  const says = (name: string, path: string, field: string, value: string, told: string) =>
    gallery(me, name, {
      reach: async () => {
        await me.page.goto(`${add}/${path}`);
        await me.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));
        await me.enter(me.field(`security_info.${field}`), value);
        await me.reads(`security_info.${told}`);
        await expect(me.field(`security_info.${field}`)).toBeFocused();
      },
    });
  await says("security-info-add-phone-there", "phone", "phone_label", PHONE, "address_there");
  await says("security-info-add-phone-country", "phone", "phone_label", "+371 21234567", "phone_country");
  await says("security-info-add-call-country", "call", "call_label", "+371 67123456", "phone_country");
  await says("security-info-add-call-wrong", "call", "call_label", "call me", "phone_signs");
  await says("security-info-add-email-wrong", "email", "mail_label", "bram at home", "mail_bad");
  await says("security-info-add-token-missing", "hardware-token", "token_serial", "", "token_code_missing");
  const claims = async (serial: string, code: string) => {
    await me.page.goto(`${add}/hardware-token`);
    await me.type(me.field("security_info.token_serial"), serial);
    await me.enter(me.field("security_info.token_code"), code);
  };
  const dated = (key: string) => new RegExp(me.say(`security_info.${key}`, { date: "DATE" }).split("DATE")[0] ?? "");
  for (const [name, serial] of [["past", "ZS-2002"], ["early", "ZS-2003"]] as const) {
    await gallery(me, `security-info-add-token-${name}`, {
      reach: async () => {
        await claims(serial, totp(SEED));
        await expect(me.main()).toContainText(dated(`token_${name}`));
        await expect(me.field("security_info.token_serial")).toBeFocused();
      },
    });
  }

  // A mailbox: a code that is wrong, and one that is gone after three.
  await me.page.goto(`${add}/email`);
  await me.enter(me.field("security_info.mail_label"), MAIL);
  const code = await messages.code(MAIL, 0);
  const typing = me.page.url();
  await gallery(me, "security-info-add-email-code-wrong", {
    reach: async () => {
      await me.page.goto(typing);
      await enterCode(me, OTHER(code));
      await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    },
  });
  await me.page.goto(typing);
  await enterCode(me, OTHER(code));
  await me.reads("errors.too_many_codes_title");
  await gallery(me, "security-info-add-email-ended", { language: "en" });
  await gallery(me, "security-info-add-email-gone", {
    reach: async () => {
      await me.page.goto(typing);
      await me.reads("errors.challenge_gone_title");
    },
  });
  // The code that comes now is wrong in Dutch.
  await me.page.context().addCookies([{ name: "lang", value: "nl", url: me.url }]);
  me.language = "nl";
  quietDays(server, org.slug);
  messages.clear();
  await me.page.goto(`${add}/email`);
  await me.enter(me.field("security_info.mail_label"), MAIL);
  const next = await messages.code(MAIL, 0);
  const again = me.page.url();
  for (let wrong = 0; wrong < 3; wrong++) {
    await me.page.goto(again);
    await enterCode(me, OTHER(next));
  }
  await me.reads("errors.too_many_codes_title");
  await gallery(me, "security-info-add-email-ended", { language: "nl" });
  await me.page.context().addCookies([{ name: "lang", value: "en", url: me.url }]);
  me.language = "en";

  // What became of a call, in its words.
  await me.page.goto(`${add}/call`);
  await me.enter(me.field("security_info.call_label"), LANDLINE);
  const call = await calls.next(LANDLINE);
  await call.answer();
  await call.end("completed");
  await me.reads("sign_in.call_hung_up");
  await gallery(me, "security-info-add-call-over");
  await me.go(me.button("sign_in.call_again"));
  await (await calls.next(LANDLINE)).end("no-answer");
  await me.reads("sign_in.call_no_answer");
  await calls.stop();

  // A make of passkey that is not on the list.
  await addAuthenticator(me.page);
  await org.rest("PUT", "/passkey-models", { aaguids: ["ee882879-721c-4913-9775-3dfcce97072a"], attestation_required: false, reason: "test" });
  await gallery(me, "security-info-add-passkey-model", {
    reach: async () => {
      await me.page.goto(`${add}/passkey`);
      await me.go(me.button("security_info.passkey_make"));
      await me.reads("errors.passkey_model_title");
    },
  });

  // One wrong code too many locks everything that has codes.
  await org.policy((document) => (document.limits.lockout_after = 1));
  await claims("ZS-2001", totp(SEED, { ahead: 6_000 }));
  await me.reads("security_info.token_code_wrong");
  await gallery(me, "security-info-add-token-locked", {
    reach: async () => {
      await claims("ZS-2001", totp(SEED));
      await me.reads("errors.locked_title");
    },
  });
});

test("what is off says why: guessed at, disowned, past its life", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const org = await tenant(server, NAME);
  const upn = org.member("ilse", { given: "Ilse" });
  const app = await org.app(upn);
  await giveToken(org, upn, "ZS-3001", { until: 30 });
  await enforce(org, upn);
  // A day later a phone comes, which she says is not hers, by the link in the mail.
  await messages.notice(upn, 1);
  aDayPasses(server);
  const me = await somebody({ at: server, width: 390 });
  messages.clear();
  await give(org, upn, { kind: "sms", phone: "+31687654321" });
  await me.page.goto(await messages.notice(upn));
  await me.go(me.button("notices.act"));
  await expect(me.heading()).toHaveText(me.say("notices.done_title"));
  tokensAge(server, 40);
  await signInByApp(me, upn, app);
  await me.reads("security_info.off_not_mine");
  await me.reads("security_info.off_past");
  await gallery(me, "security-info-off");
  await signOut(me);

  // Fifty wrong codes over days, and her app is off. Her phone lets her in.
  await give(org, upn, { kind: "sms", phone: PHONE });
  await guessedOff(server, org, upn, app);
  messages.clear();
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.page.locator("main button[name=method][value=sms]"));
  await enterCode(me, await messages.code(PHONE, 0));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await expect(methods(me).filter({ hasText: "Authenticator" })).toContainText(me.say("security_info.off_too_many"));
  await gallery(me, "security-info-guessed");
});

test("a stronger method switches on again what was guessed at", async ({ untouched: server, somebody }) => {
  // Product rule 6, and the words on the card.
  const org = await tenant(server, NAME);
  const upn = org.member("joris", { given: "Joris" });
  const app = await org.app(upn);
  await enforce(org, upn);
  const me = await somebody({ at: server, width: 390 });
  const authenticator = await addAuthenticator(me.page);
  await authenticator.touched(false);
  await signInByApp(me, upn, app);
  await me.page.goto("/security-info/add/passkey");
  await authenticator.touched(true);
  await me.go(me.button("security_info.passkey_make"));
  await authenticator.touched(false);
  await signOut(me);
  await guessedOff(server, org, upn, app);
  await enterName(me, upn);
  await enterPassword(me);
  await authenticator.touched(true);
  await me.go(me.button("sign_in.passkey_use"));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  const card = methods(me).filter({ hasText: "Authenticator" });
  await expect(card).toHaveCount(1);
  expect(await card.innerText()).not.toContain(me.say("security_info.off_too_many"));
});

test("who has nothing but a token past its life sees that it is there", async ({ untouched: server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = org.member("pleun", { given: "Pleun" });
  await giveToken(org, upn, "ZS-4001", { until: 30 });
  tokensAge(server, 40);
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await gallery(me, "security-info-off-only");
  await expect(me.main()).toContainText(me.say("security_info.off_past"), { timeout: 2_000 });
});

test("what the organisation has switched off says so, and is no first choice", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = org.member("gijs", { given: "Gijs" });
  const app = await org.app(upn);
  await giveToken(org, upn, `ZS-6${process.pid}`);
  await enforce(org, upn);
  const me = await somebody({ width: 390 });
  await signInByApp(me, upn, app);
  await allow(org, (await org.rest("GET", "/policy")).body.document.methods, ["hardware_token"]);
  await me.page.goto(INFO);
  await expect(me.main()).toContainText(me.say("security_info.off_by", { tenant: NAME }), { timeout: 2_000 });
});

test("recovery codes are almost used up, and then they are; an app was not used for a year", async ({ untouched: server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = org.member("anouk", { given: "Anouk" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  const { codes } = await registerApp(me);
  const use = async (from: number, to: number) => {
    for (const code of codes.slice(from, to)) expect(await org.verify(upn, code, "webmail")).toBe("allowed");
  };
  await use(0, 8);
  const old = new App("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
  await give(org, upn, { kind: "totp", secret: old.secret, confirmed: true });
  expect(await org.verify(upn, old.fresh(), "webmail")).toBe("allowed");
  daysPass(server, 400);
  await me.page.goto(INFO);
  await me.reads("security_info.almost_used_up");
  await me.reads("security_info.stale_title");
  await gallery(me, "security-info-codes-few");
  await use(8, 10);
  await me.page.goto(INFO);
  await me.reads("security_info.used_up");
  await gallery(me, "security-info-codes-none");
  await me.page.goto(`${INFO}?renew`);
  await gallery(me, "security-info-renew-none");
});

test("before a change: the code of a token, and one that is sent; what can be changed, and what is left then", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const calls = await Calls.start(server);
  const org = await tenant(server, NAME);
  const upn = org.member("cato", { given: "Cato" });
  await give(org, upn, { kind: "sms", phone: PHONE });
  await give(org, upn, { kind: "voice", phone: LANDLINE });
  await give(org, upn, { kind: "email", mail: MAIL });
  await giveToken(org, upn, "ZS-5001");
  await enforce(org, upn);
  await org.policy((document) => (document.trust.self_bypass = true));
  const me = await somebody({ at: server, width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/sign-in?show=ways");
  await me.go(me.page.locator("main button[name=method][value=sms]"));
  await enterCode(me, await messages.code(PHONE, 0));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  const confirm = `${INFO}?confirm=${INFO}`;
  await me.page.goto(confirm);
  await expect(me.field("sign_in.code_label_six")).toBeFocused();
  await gallery(me, "security-info-confirm-token");
  await gallery(me, "security-info-confirm-sms", {
    reach: async () => {
      await me.page.goto(confirm);
      await me.go(me.page.locator("main form:has(input[value=sms]) button"));
      await expect(me.field("sign_in.code_label_six")).toBeFocused();
    },
  });
  await me.page.goto(INFO);
  for (const [page, text, label] of [["email", "thuis", "change_mail"], ["call", "•00", "change_phone"]] as const) {
    await me.page.goto(INFO);
    const card = methods(me).filter({ hasText: text });
    await me.press(card.locator("summary"));
    await me.go(card.getByRole("link", { name: me.say(`security_info.${label}`), exact: true }));
    await expect(me.heading()).toHaveText(me.say(`security_info.${label}_title`));
    await gallery(me, `security-info-change-${page}`);
  }
  await gallery(me, "security-info-bypass-wrong", {
    reach: async () => {
      await me.page.goto(`${INFO}?bypass`);
      await me.enter(me.field("security_info.bypass_reason"), " ");
      await me.reads("security_info.bypass_reason_missing");
    },
  });

  // Of the two that are left one goes: then there is one.
  const remove = async (text: string) => {
    await me.page.goto(INFO);
    const card = methods(me).filter({ hasText: text });
    await me.press(card.locator("summary"));
    await me.go(card.getByRole("link", { name: me.say("security_info.remove"), exact: true }));
  };
  await remove("•00");
  await me.go(me.button("security_info.remove_confirm"));
  await remove("78");
  await me.reads("security_info.remove_one_left");
  await gallery(me, "security-info-remove-one");
  await calls.stop();
});

for (const script of [true, false]) {
  test(`a token that shows eight digits lets its member in, ${script ? "with" : "without"} script`, async ({ server, somebody }) => {
    const org = await tenant(server, NAME);
    const upn = org.member("fenna", { given: "Fenna" });
    await giveToken(org, upn, `ZS-8${Number(script)}${process.pid}`, { digits: 8 });
    await enforce(org, upn);
    const me = await somebody({ width: 390, script });
    await enterName(me, upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("sign_in.code_title_token"));
    await me.type(me.page.locator("main input[name=code]"), totp(SEED, { digits: 8, ahead: 30 }));
    if (!script) await me.page.keyboard.press("Enter");
    await expect(me.heading()).toHaveText(me.say("security_info.title"), { timeout: 3_000 });
  });
}

test("before a change: a wait after wrong codes, and an end", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = org.member("daan", { given: "Daan" });
  const app = await org.app(upn);
  await enforce(org, upn);
  const me = await somebody({ width: 390 });
  await gallery(me, "security-info-ended", {
    reach: async () => {
      quietDays(server, org.slug);
      await signInByApp(me, upn, app);
      await me.page.goto(`${INFO}?confirm=${INFO}`);
      for (let wrong = 0; wrong < 3; wrong++) await enterCode(me, app.wrong(wrong));
      await expect(me.heading()).toHaveText(me.say("errors.too_many_codes_title"));
    },
  });
  quietDays(server, org.slug);
  await signInByApp(me, upn, app);
  for (let wrong = 0; wrong < 5; wrong++) expect(await org.verify(upn, app.wrong(), "webmail")).toBe("denied");
  await gallery(me, "security-info-confirm-wait", {
    reach: async () => {
      await me.page.goto(`${INFO}?confirm=${INFO}`);
      await enterCode(me, app.wrong());
      await me.reads("errors.throttled_title");
    },
  });
});
