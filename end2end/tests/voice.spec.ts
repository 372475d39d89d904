// Calls: a phone is added by one, and lets somebody in; the page that waits says what became of it, and goes on by itself.
import { Calls, still } from "../support/calls.ts";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, setUp, signIn, signOut } from "../support/journey.ts";
import type { Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

const PHONE = "+31207946000";

test("a phone is added by a call, and a call lets somebody in", async ({ untouched: server, somebody }) => {
  const calls = await Calls.start(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody({ at: server });
  await signIn(me, upn, app);

  const add = "/security-info/add/call";
  await me.page.goto(add);
  await gallery(me, "security-info-add-call");
  expect(calls.count()).toBe(0);
  await me.enter(me.field("security_info.call_label"), "+31 20 794 6000");
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_voice"));
  await expect(me.main()).not.toContainText("7946000");
  const busy = await calls.next(PHONE);
  await still(me.page, () => gallery(me, "security-info-add-call-wait"));
  await busy.end("busy");
  // Nobody touches the page.
  await me.reads("sign_in.call_busy");
  await gallery(me, "security-info-add-call-busy");
  await me.go(me.button("sign_in.call_again"));
  const again = await calls.next(PHONE);
  expect(await again.answer()).toContain("by this phone from now on");
  expect(await again.press(again.digit())).toContain("It is confirmed");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await expect(me.page.getByRole("region", { name: me.say("security_info.methods") })).toContainText("00");
  await again.end("completed");
  await signOut(me);

  // At sign-in: hung up on the first call, confirmed in the second.
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/sign-in?show=ways");
  await me.go(me.page.locator("main button[name=method][value=voice]"));
  const hungUp = await calls.next(PHONE);
  await still(me.page, () => gallery(me, "sign-in-call"));
  await hungUp.answer();
  await hungUp.end("completed");
  await me.reads("sign_in.call_hung_up");
  await gallery(me, "sign-in-call-over");
  await me.go(me.button("sign_in.call_again"));
  const second = await calls.next(PHONE);
  expect(await second.answer()).toContain("Somebody is signing in");
  const right = second.digit();
  expect(await second.press(right === "9" ? "8" : "9")).toContain("That was not right");
  expect(await second.press(right)).toContain("It is confirmed");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  // Before a change a call is as good.
  await me.page.goto("/security-info?confirm=/security-info");
  await me.go(me.page.locator("main form:has(input[value=voice]) button"));
  const change = await calls.next(PHONE);
  await still(me.page, () => gallery(me, "security-info-confirm-call"));
  expect(await change.answer()).toContain("wants to change something");
  await change.press(change.digit());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await signOut(me);

  // Five calls in five minutes; then it is the app's turn.
  await enterName(me, upn);
  await enterPassword(me);
  await me.page.goto("/sign-in?show=ways");
  await me.go(me.page.locator("main button[name=method][value=voice]"));
  await me.reads("errors.not_sent_title");
  expect(calls.count()).toBe(5);
  await me.page.goto("/sign-in?way=totp");
  await enterCode(me, app.fresh());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await calls.stop();
});

test("a call works without scripts, and what is reported in one ends the sign-in", async ({ untouched: server, somebody }) => {
  const calls = await Calls.start(server);
  const org = await tenant(server, "Zorggroep Lindenhof");
  const upn = org.member("bram", { given: "Bram" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const given = await org.rest("POST", `/users/${upn}/methods`, { kind: "voice", phone: `${PHONE} x12` });
  expect(given.status).toBeLessThan(300);

  // Without a first choice nothing is sent before it is asked for. The extension is dialled.
  const me = await somebody({ at: server, script: false, language: "nl", width: 390 });
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.page.locator("main button[name=method][value=voice]"));
  const call = await calls.next(PHONE);
  expect(call.form.get("SendDigits")).toMatch(/^w+12$/);
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_voice"));
  await call.answer();
  await call.press(call.digit());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  // Somebody else has the password. Bram presses 0, and in no browser does it go on.
  const other = await somebody({ at: server });
  const reported = async () => {
    await enterName(other, upn);
    await enterPassword(other);
    await other.go(other.page.locator("main button[name=method][value=voice]"));
    const strange = await calls.next(PHONE);
    await strange.answer();
    expect(await strange.press("0")).toContain("We have reported it");
    await expect(other.heading()).toHaveText(other.say("errors.sign_in_reported_title"));
  };
  await gallery(other, "sign-in-call-reported", { reach: reported });
  const { body } = await org.rest("GET", "/auth-log");
  expect(JSON.stringify(body)).toContain("fraud_reported");
  await calls.stop();
});

/** Types a PIN twice, wherever it is asked for. */
async function typePin(me: Person, pin: string, again = pin): Promise<void> {
  await me.type(me.field("security_info.pin_label"), pin);
  await me.type(me.field("security_info.pin_again"), again);
}

test("in PIN mode a call asks for the PIN first, and who has none is told so", async ({ untouched: server, somebody }) => {
  const calls = await Calls.start(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke", family: "de Wit" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await org.rest("POST", `/users/${upn}/methods`, { kind: "voice", phone: PHONE });
  expect((await org.rest("PUT", "/calls", { pin: true, fraud_code: "99", reason: "test" })).status).toBe(200);
  const me = await somebody({ at: server });
  const byCall = async () => {
    await enterName(me, upn);
    await enterPassword(me);
    await me.page.goto("/sign-in?show=ways");
    await me.go(me.page.locator("main button[name=method][value=voice]"));
    return calls.next(PHONE);
  };
  const none = await byCall();
  expect(await none.answer()).toContain("You have no PIN for calls yet");
  await none.end("completed");
  await me.reads("sign_in.call_no_pin");
  await gallery(me, "sign-in-call-no-pin");
  await me.page.goto("/sign-in?way=totp");
  await enterCode(me, app.fresh());
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await gallery(me, "security-info-pin-missing");
  await me.go(me.link("security_info.pin_choose"));
  const form = me.page.url();
  await gallery(me, "security-info-call-pin");
  await gallery(me, "security-info-call-pin-weak", {
    reach: async () => {
      await me.page.goto(form);
      await typePin(me, "1234");
      await me.go(me.button("security_info.pin_save"));
      await me.reads("security_info.pin_run");
    },
  });
  await me.page.goto(form);
  await typePin(me, "4821", "4812");
  await me.go(me.button("security_info.pin_save"));
  await me.reads("security_info.pin_differs");
  await expect(me.field("security_info.pin_again")).toBeFocused();
  await expect(me.field("security_info.pin_label")).toHaveValue("");
  await typePin(me, "4821");
  await me.go(me.button("security_info.pin_save"));
  await me.reads("security_info.done_pin");
  await gallery(me, "security-info-pin", { reach: () => me.page.goto("/security-info").then(() => undefined) });
  await signOut(me);

  // The digit alone is not enough, and neither is a wrong PIN.
  const call = await byCall();
  await still(me.page, () => gallery(me, "sign-in-call-pin"));
  const asked = await call.answer();
  expect(asked).toContain("type your PIN, then press the hash key");
  expect(asked).toContain("press nine, nine, then the hash key, to report it");
  expect(await call.press("4822")).toContain("That was not right");
  expect(await call.press("4821")).toContain("Thank you. If it is you, press");
  expect(await call.press(call.digit())).toContain("It is confirmed");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await signOut(me);

  // An admin has a new one chosen.
  const admin = await somebody({ at: server });
  await setUp(admin, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "auth_admin" }));
  const { body } = await org.rest("GET", `/users/${upn}`);
  const member = `/admin/${org.slug}/users/${body.id}`;
  await admin.page.goto(member);
  await gallery(admin, "console-member-call-pin");
  await admin.page.goto(`${member}?do=call-pin`);
  await gallery(admin, "console-do-call-pin");
  await admin.enter(admin.field("members.reason"), "Seen by somebody");
  await admin.reads("member.m_pin_none");
  const cleared = await byCall();
  expect(await cleared.answer()).toContain("You have no PIN for calls yet");
  await calls.stop();
});

test("a phone for calls is added with a PIN where calls ask for one", async ({ untouched: server, somebody }) => {
  const calls = await Calls.start(server);
  const org = await tenant(server, "Zorggroep Lindenhof");
  const upn = org.member("bram", { given: "Bram" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await org.rest("PUT", "/calls", { pin: true, fraud_code: "0", reason: "test" });
  const me = await somebody({ at: server });
  await signIn(me, upn, app);
  const add = "/security-info/add/call";
  await gallery(me, "security-info-add-call-pin", {
    reach: async () => {
      await me.page.goto(add);
      await me.type(me.field("security_info.call_label"), PHONE);
      await typePin(me, "7777");
      await me.go(me.button("security_info.call_send"));
      await me.reads("security_info.pin_same");
    },
  });
  expect(calls.count()).toBe(0);
  await me.page.goto(add);
  await me.type(me.field("security_info.call_label"), PHONE);
  await typePin(me, "4821");
  await me.go(me.button("security_info.call_send"));
  const call = await calls.next(PHONE);
  // The call proves the phone; the PIN was typed a moment ago.
  expect(await call.answer()).toContain("by this phone from now on. If it is you, press");
  expect(await call.press(call.digit())).toContain("It is confirmed");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await me.reads("security_info.pin_name");
  await me.page.goto(add);
  await expect(me.field("security_info.pin_label")).toHaveCount(0);
  await calls.stop();
});
