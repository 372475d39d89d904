// Codes by text and by mail: a phone and a mailbox are added, and prove who somebody is, at sign-in and before a change.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, leaveWizard, readCodes, sessionId, setUp, signIn, signOut } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { program } from "../support/server.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { aDayPasses } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const PHONE = "+31612345678";
const MAIL = "femke@thuis.example";
const OTHER = (code: string) => (code === "000000" ? "111111" : "000000");

test("a phone and a mailbox are added by a code that is sent there, and let somebody in", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server });
  await signIn(me, upn, app);

  const phone = "/security-info/add/phone";
  await me.page.goto("/security-info/add");
  await me.go(me.page.locator(`main a[href="${phone}"]`));
  await gallery(me, "security-info-add-phone");
  await gallery(me, "security-info-add-phone-wrong", {
    reach: async () => {
      await me.page.goto(phone);
      await me.enter(me.field("security_info.phone_label"), "06 1234");
      await expect(me.field("security_info.phone_label")).toHaveValue("06 1234");
      await expect(me.field("security_info.phone_label")).toHaveAttribute("aria-invalid", "true");
    },
  });
  expect(messages.count(PHONE)).toBe(0);
  await me.page.goto(phone);
  await me.enter(me.field("security_info.phone_label"), "+31 6 12345678");
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_sms"));
  const code = await messages.code(PHONE, 0);
  // The number is masked from here on, and looking again sends nothing.
  await expect(me.main()).not.toContainText("12345678");
  await gallery(me, "security-info-add-phone-code");
  const typing = me.page.url();
  await gallery(me, "security-info-add-phone-code-wrong", {
    reach: async () => {
      await me.page.goto(typing);
      await enterCode(me, OTHER(code));
      await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    },
  });
  expect(messages.count(PHONE)).toBe(1);
  await me.page.goto(typing);
  await enterCode(me, code);
  await expect(me.page.getByRole("region", { name: me.say("security_info.methods") })).toContainText("78");
  await gallery(me, "security-info-phone-added");
  await me.press(me.page.getByRole("listitem").filter({ has: me.page.locator('a[href*="totp"]') }).locator("summary"));
  await me.go(me.link("security_info.try_it"));
  await expect(me.main()).toContainText(me.say("security_info.try_lead"));
  await gallery(me, "security-info-try");
  await me.page.goto("/security-info");

  const mail = "/security-info/add/email";
  await me.page.goto(mail);
  await gallery(me, "security-info-add-email");
  await gallery(me, "security-info-add-email-own", {
    reach: async () => {
      await me.page.goto(mail);
      await me.enter(me.field("security_info.mail_label"), upn);
      await me.reads("security_info.mail_own");
    },
  });
  await me.page.goto(mail);
  await me.enter(me.field("security_info.mail_label"), MAIL);
  await gallery(me, "security-info-add-email-code");
  await enterCode(me, await messages.code(MAIL, 0));
  await me.page.goto("/security-info");
  await expect(me.main()).toContainText("@thuis.example");
  await signOut(me);

  // The phone lets her in, and the same code goes out again when asked.
  messages.clear();
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.link("sign_in.another_way"));
  await gallery(me, "sign-in-ways-sent");
  await me.go(me.page.locator("main button[name=method][value=sms]"));
  const sent = await messages.code(PHONE, 0);
  await gallery(me, "sign-in-sms");
  await me.go(me.button("sign_in.send_again"));
  expect(await messages.code(PHONE, 1)).toBe(sent);
  await gallery(me, "sign-in-sms-wrong", {
    reach: async () => {
      await me.page.goto("/sign-in?way=sms");
      await enterCode(me, OTHER(sent));
      await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    },
  });
  await me.page.goto("/sign-in?way=sms");
  await enterCode(me, sent);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  // A code from the phone is as good before a change. It is another one: a code serves what it was sent for.
  messages.clear();
  const confirm = "/security-info?confirm=/security-info";
  await me.page.goto(confirm);
  await gallery(me, "security-info-confirm-ways");
  await me.page.goto(confirm);
  await me.go(me.page.locator("main form:has(input[value=sms]) button"));
  const fresh = await messages.code(PHONE, 0);
  await enterCode(me, fresh);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await signOut(me);

  // Four have gone to her phone within five minutes: one more may, and then she waits, with her app still at hand.
  messages.clear();
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/sign-in?show=ways");
  await me.go(me.page.locator("main button[name=method][value=sms]"));
  await messages.code(PHONE, 0);
  await gallery(me, "sign-in-not-sent", {
    reach: async () => {
      await me.page.goto("/sign-in?way=sms");
      await me.go(me.button("sign_in.send_again"));
      await me.reads("errors.not_sent_title");
    },
  });
  expect(messages.count(PHONE)).toBe(1);
  await me.page.goto("/sign-in?way=totp");
  await enterCode(me, app.fresh());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
});

/** What texts tell of a change, which stands in no locale file. */
const TOLD = {
  en: { added: "a phone was added to the account", removed: "this number no longer belongs to your account" },
  nl: { added: "is een telefoon toegevoegd", removed: "dit nummer hoort niet meer bij je account" },
};

for (const language of LANGUAGES) {
  test(`another phone takes the place of the old one (${language})`, async ({ untouched: server, somebody }) => {
    const other = "+31687654395";
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE });
    aDayPasses(server);
    const me = await somebody({ at: server, language, width: 390 });
    const way = me.page.locator("main button[name=method][value=sms]");
    await enterName(me, upn);
    await enterPassword(me);
    await me.go(way);
    await enterCode(me, await messages.code(PHONE, 0));
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // The new one is proven by itself, and the old one is told of it.
    messages.clear();
    await me.go(me.link("security_info.add").first());
    await me.go(me.page.locator('main a[href="/security-info/add/phone"]'));
    await me.enter(me.field("security_info.phone_label"), "+31 6 87654395");
    const code = await messages.code(other, 0);
    await enterCode(me, OTHER(code));
    await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    await enterCode(me, code);
    expect(messages.count(PHONE)).toBe(0);
    await messages.says(PHONE, TOLD[language].added);
    const card = (tail: string) => me.page.getByRole("region", { name: me.say("security_info.methods") }).getByRole("listitem").filter({ hasText: tail });
    await expect(card("95")).toBeVisible();
    await expect(card("78")).toBeVisible();

    // What she set up herself is asked for first, and she may have it otherwise.
    await expect(card("95")).toContainText(me.say("security_info.first_choice"));
    for (const tail of ["78", "95"]) {
      await me.press(card(tail).locator("summary"));
      await me.go(me.button("security_info.make_first"));
    }
    await expect(card("95")).toContainText(me.say("security_info.first_choice"));
    await expect(card("78")).not.toContainText(me.say("security_info.first_choice"));
    await me.press(card("78").locator("summary"));
    await me.go(me.link("security_info.remove"));
    await me.reads("security_info.remove_one_left");
    await me.go(me.button("security_info.remove_confirm"));
    await expect(card("78")).toHaveCount(0);
    await messages.says(PHONE, TOLD[language].removed);
    await signOut(me);

    // From now on codes go there, and nowhere else.
    messages.clear();
    await enterName(me, upn);
    await enterPassword(me);
    await enterCode(me, await messages.code(other, 0));
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(messages.count(PHONE)).toBe(0);
    const held = async () => (await org.rest("GET", `/users/${upn}/methods`)).body.items.filter(({ kind }: { kind: string }) => kind === "sms");
    expect(await held()).toHaveLength(1);

    // In one go: the number that was hers again, in the place of the other and asked for first as that was.
    messages.clear();
    await me.press(card("95").locator("summary"));
    await me.go(me.link("security_info.change_phone"));
    await expect(me.heading()).toHaveText(me.say("security_info.change_phone_title"));
    await expect(me.main()).toContainText("95");
    if (language === "en") await gallery(me, "security-info-change-phone");
    await me.enter(me.field("security_info.phone_label"), PHONE);
    await enterCode(me, await messages.code(PHONE, 0));
    await expect(card("78")).toContainText(me.say("security_info.first_choice"));
    await expect(card("95")).toHaveCount(0);
    expect(await held()).toHaveLength(1);

    // And whether it reaches her.
    messages.clear();
    await me.press(card("78").locator("summary"));
    await me.go(me.button("security_info.try_it"));
    await enterCode(me, await messages.code(PHONE, 0));
    await expect(me.page.locator("body")).toContainText(me.say("security_info.done_tried", { what: "+31 •••••••78" }));
    expect(await held()).toHaveLength(1);
  });
}

for (const language of LANGUAGES) {
  test(`without scripts a phone is added, changed for another and tried (${language})`, async ({ untouched: server, somebody }) => {
    const other = "+31687654395";
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ at: server, language, width: 390, script: false });
    const card = (tail: string) => me.page.getByRole("region", { name: me.say("security_info.methods") }).getByRole("listitem").filter({ hasText: tail });

    // The first one in the wizard, with a code that is mistyped and one that is sent again.
    await enterName(me, upn);
    await enterPassword(me);
    await me.go(me.link("register.something_else"));
    await me.go(me.page.locator("main button[name=kind][value=sms]"));
    await me.enter(me.field("security_info.phone_label"), "+31 6 12345678");
    const code = await messages.code(PHONE, 0);
    await enterCode(me, OTHER(code));
    await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    await me.go(me.button("sign_in.send_again"));
    expect(await messages.code(PHONE, 1)).toBe(code);
    await enterCode(me, code);
    await readCodes(me);
    await leaveWizard(me);
    await expect(card("78")).toBeVisible();

    // Another number takes its place. One that will not do is said, and what was typed stays.
    await me.press(card("78").locator("summary"));
    await me.go(me.link("security_info.change_phone"));
    await me.enter(me.field("security_info.phone_label"), "06 1234");
    await expect(me.field("security_info.phone_label")).toHaveAttribute("aria-invalid", "true");
    await expect(me.field("security_info.phone_label")).toHaveValue("06 1234");
    await expect(me.heading()).toHaveText(me.say("security_info.change_phone_title"));
    await me.enter(me.field("security_info.phone_label"), other);
    // Until it is proven, the old one is the one that counts.
    const held = async () => (await org.rest("GET", `/users/${upn}/methods`)).body.items.filter(({ active }: { active: boolean }) => active);
    const proof = await messages.code(other, 0);
    expect(await held()).toHaveLength(1);
    await enterCode(me, proof);
    await expect(card("95")).toContainText(me.say("security_info.first_choice"));
    await expect(card("78")).toHaveCount(0);
    await messages.says(PHONE, TOLD[language].removed);
    expect(await held()).toHaveLength(1);

    // And it reaches her, now and at the next sign-in.
    messages.clear();
    await me.press(card("95").locator("summary"));
    await me.go(me.button("security_info.try_it"));
    await enterCode(me, await messages.code(other, 0));
    await expect(me.page.locator("body")).toContainText(me.say("security_info.done_tried", { what: "+31 •••••••95" }));
    await signOut(me);
    messages.clear();
    await enterName(me, upn);
    await enterPassword(me);
    await enterCode(me, await messages.code(other, 0));
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(messages.count(PHONE)).toBe(0);
  });
}

test("the first gateway dies, the second carries the code, and the case tells it", async ({ untouched: server, somebody }) => {
  const dead = createServer((_, response) => void response.writeHead(500).end()).listen(0, "127.0.0.1");
  const base = () => `base=http://127.0.0.1:${(dead.address() as AddressInfo).port}`;
  await expect.poll(() => dead.listening).toBe(true);
  const first = ["provider", "add", "--channel", "sms", "--kind", "http_sms", "--name", "Eerste gateway", "--setting", base(), "--setting", "account=AC0123456789"];
  execFileSync(program(), first, { env: server.env, encoding: "utf8", input: "token-of-the-tests", stdio: ["pipe", "pipe", "pipe"] });
  const messages = new Messages(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke", family: "de Wit" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE });
  const me = await somebody({ at: server });
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.page.locator("main button[name=method][value=sms]"));
  const code = await messages.code(PHONE, 0);
  const session = await sessionId(me);
  await enterCode(me, code);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  const support = await somebody({ at: server });
  await setUp(support, org.invited("teun", { given: "Teun", role: "support" }));
  await support.page.goto(`/support/sessions/${session}`);
  const steps = support.page.getByRole("region", { name: support.say("support.every_step") });
  await expect(steps).toContainText("Eerste gateway");
  await expect(steps).toContainText("Folder for sms");
  await gallery(support, "support-case-failover");
  dead.close();
});

const GATEWAYS = [["never answers", "late"], ["is gone", "lost"]] as const;
for (const [kind, fate, language] of GATEWAYS.flatMap(([kind, fate]) => LANGUAGES.map((language) => [kind, fate, language] as const))) {
  test(`a gateway that ${kind} is told of before ten seconds are over, and there is another way (${language})`, async ({ untouched: server, somebody }) => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await expect.poll(() => silent.listening).toBe(true);
    const base = `base=http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    if (fate === "lost") silent.close();
    const run = (...args: string[]) =>
      execFileSync(program(), args, { env: server.env, encoding: "utf8", input: "token-of-the-tests", stdio: ["pipe", "pipe", "pipe"] });
    run("provider", "add", "--channel", "sms", "--kind", "http_sms", "--name", "Gateway", "--setting", base, "--setting", "account=AC0123456789");
    run("sender", "add", "--channel", "sms", "--kind", "name", "--value", "Tweestap");
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE });
    const me = await somebody({ at: server, language, width: 390 });
    const told = me.main().getByRole("status").filter({ hasText: me.say(`sign_in.${fate}_title`) });
    await enterName(me, upn);
    await enterPassword(me);
    await me.go(me.link("sign_in.another_way"));
    await me.go(me.page.locator("main button[name=method][value=sms]"));
    const code = me.page.locator("main input[name=code]");
    await code.fill("12");
    await expect(told).toBeVisible({ timeout: 10_000 });
    await expect(code, "what was typed stays").toHaveValue("12");
    await gallery(me, `sign-in-${fate}`, { language });
    await me.go(me.link("sign_in.another_way"));
    await me.go(me.page.locator("main button[name=method][value=totp]"));
    await enterCode(me, app.fresh());

    // The same where a phone is added, and before a change.
    await me.page.goto("/security-info/add/phone");
    await me.enter(me.field("security_info.phone_label"), "+31687654321");
    await expect(told).toBeVisible({ timeout: 10_000 });
    await gallery(me, `add-phone-${fate}`, { language });
    silent.closeAllConnections();
    silent.close();
  });
}
