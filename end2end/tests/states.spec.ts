// What members meet seldom, each from what really causes it: sign-ins and resets that are stopped, codes of every kind, one's own sign-ins over many pages.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, signIn } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { totp } from "../support/oath.ts";
import type { Person } from "../support/person.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { minutesPass, retentionEnds } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const NAME = "Hogeschool Duinmeer";
const PHONE = "+31612345678";
const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

async function enforced(org: Tenant, name: string, given: string): Promise<string> {
  const upn = org.member(name, { given });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced", confirmed: true });
  return upn;
}

const rule = (then: string) => ({ name: "From outside", state: "on", then, who: { except_roles: ["global_admin"] } });

test("a sign-in is stopped by wrong codes, wrong passwords, a rule or the clock, and the page says by which", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  await org.policy((document) => (document.limits = { ...document.limits, lockout_after: 3 }));
  const me = await somebody({ width: 390 });

  const femke = await enforced(org, "femke", "Femke");
  const app = await org.app(femke);
  await enterName(me, femke);
  await enterPassword(me);
  await gallery(me, "sign-in-code-form", {
    reach: async () => {
      await me.page.goto("/sign-in");
      await me.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await me.enter(me.field("sign_in.code_label_six"), "12345");
      await me.reads("problems.code_form", { digits: 6 });
    },
  });
  // The third in a row ends this sign-in and locks the account: a right password and a right code open nothing now.
  for (const _ of [1, 2, 3]) await enterCode(me, app.wrong());
  await expect(me.heading()).toHaveText(me.say("errors.locked_title"));
  await gallery(me, "sign-in-locked", {
    reach: async () => {
      await enterName(me, femke);
      await enterPassword(me);
      await expect(me.heading()).toHaveText(me.say("errors.locked_title"));
    },
  });
  expect(await org.verify(femke, app.fresh(), "webmail")).toBe("denied");

  // Ten other passwords, and the right one is not looked at either.
  const bram = await enforced(org, "bram", "Bram");
  await enterName(me, bram);
  for (let n = 0; n < 10; n++) await enterPassword(me, `a guess, the ${n}th`);
  await gallery(me, "sign-in-password-wait", {
    reach: async () => {
      await enterName(me, bram);
      await enterPassword(me);
      await me.reads("errors.password_throttled_title");
    },
  });

  // The same for passes, of which he has none. What has not their form is no guess.
  const offer = async (pass: string) => {
    await enterName(me, femke);
    await me.go(me.link("sign_in.pass_instead"));
    await me.enter(me.field("sign_in.pass_label"), pass);
  };
  await gallery(me, "sign-in-pass-form", {
    reach: async () => {
      await offer("1234");
      await me.reads("problems.pass_form");
    },
  });
  for (let n = 0; n < 5; n++) await offer(`K7PQ-9WXD-3FH${n + 2}`);
  await gallery(me, "sign-in-pass-wait", {
    reach: async () => {
      await offer("K7PQ-9WXD-3FHM");
      // Half a minute may be over on a slow machine: then it was looked at, and the wait is longer.
      if (!(await me.page.getByText(me.say("errors.throttled_title")).isVisible())) await offer("K7PQ-9WXD-3FHN");
      await me.reads("errors.throttled_title");
    },
  });

  // Ten minutes at one step.
  const daan = await enforced(org, "daan", "Daan");
  const other = await org.app(daan);
  await gallery(me, "sign-in-expired", {
    reach: async () => {
      await enterName(me, daan);
      await enterPassword(me);
      await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
      minutesPass(server, 11);
      await enterCode(me, other.wrong());
      await expect(me.heading()).toHaveText(me.say("errors.sign_in_expired_title"));
    },
  });

  // What the organisation demands changes: a passkey, then nothing will do.
  const refused = [["require_phishing_resistant", "method_too_weak", "sign-in-too-weak"], ["block", "blocked_by_policy", "sign-in-policy-blocks"]] as const;
  for (const [then, told, name] of refused) {
    await org.policy((document) => (document.rules = [rule(then)]));
    await gallery(me, name, {
      reach: async () => {
        await enterName(me, daan);
        await enterPassword(me);
        await expect(me.heading()).toHaveText(me.say(`errors.${told}_title`));
      },
    });
  }
});

test("codes come by mail and from a token, or do not come, and the page of ways says so", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const org = await tenant(server, NAME);
  await org.policy((document) => {
    for (const method of document.methods) if (method.kind === "email") method.uses.push("mfa");
  });
  const me = await somebody({ at: server, width: 390 });

  // A private mailbox stands for a second factor where the organisation says so, until there is something better.
  const eva = await enforced(org, "eva", "Eva");
  expect((await org.rest("POST", `/users/${eva}/methods`, { kind: "email", mail: "eva@thuis.example" })).status).toBe(201);
  await enterName(me, eva);
  await enterPassword(me);
  await me.go(me.page.locator("main button[name=method][value=email]"));
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_mail"));
  const code = await messages.code("eva@thuis.example", 0);
  await gallery(me, "sign-in-mail");
  await enterCode(me, code);
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));

  org.importTokens(`upn,serial number,secret key,time interval,manufacturer,model\n${eva},ZS-1001,${SEED},30,Zeeland Sleutels,ZS-1\n`);
  const activated = await org.rest("POST", "/oath-tokens/ZS-1001/activate", { code: totp(SEED) });
  expect(activated.status, JSON.stringify(activated.body)).toBe(200);
  await enterName(me, eva);
  await enterPassword(me);
  await me.page.goto("/sign-in?show=ways");
  await gallery(me, "sign-in-ways-token");
  await me.go(me.page.locator("main button[name=method][value=hardware_token]"));
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_token"));
  await gallery(me, "sign-in-token");

  // A phone in a country that the organisation texts no more: with an app besides, and alone.
  const [finn, gijs] = [await enforced(org, "finn", "Finn"), await enforced(org, "gijs", "Gijs")];
  await org.app(finn);
  for (const upn of [finn, gijs]) expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE })).status).toBe(201);
  await org.policy((document) => (document.delivery.countries = ["BE"]));
  await gallery(me, "sign-in-ways-not-sent", {
    reach: async () => {
      await enterName(me, finn);
      await enterPassword(me);
      await me.go(me.link("sign_in.another_way"));
      await me.go(me.page.locator("main button[name=method][value=sms]"));
      await me.reads("errors.not_sent_title");
      await expect(me.page.locator("main button[name=method]")).toHaveCount(2);
    },
  });
  await enterName(me, gijs);
  await enterPassword(me);
  await expect(me.page.locator("main button[name=method]")).toHaveCount(1);
  await gallery(me, "sign-in-ways-one");
  expect(messages.count(PHONE)).toBe(0);
});

/** With another name where a reset goes on already. */
async function begin(me: Person, upn: string): Promise<void> {
  await me.page.goto("/reset?show=ways");
  const other = me.button("reset.other_name");
  if (await other.isVisible()) await me.go(other);
  await me.enter(me.field("sign_in.name_label"), upn);
}

async function choose(me: Person, kind: string): Promise<void> {
  await me.page.goto("/reset?show=ways");
  await me.go(me.page.locator(`main button[name=method][value=${kind}]`));
}

test("a reset is stopped by the clock or by too many tries, and a new password is refused in words", async ({ untouched: server, somebody }) => {
  // Only what can be sent at all is offered.
  new Messages(server);
  const org = await tenant(server, NAME);
  const [hanna, ida] = [org.member("hanna", { given: "Hanna" }), org.member("ida", { given: "Ida" })];
  await org.app(hanna);
  const app = await org.app(ida);
  expect((await org.rest("PUT", "/security-questions", { allowed: true, register: 3, answer: 3, reason: "test" })).status).toBe(200);
  await org.policy((document) => (document.reset = { ...document.reset, scope: "everybody", gates: 1 }));
  const me = await somebody({ at: server, width: 390 });
  await gallery(me, "reset-name-wrong", {
    reach: async () => {
      await me.page.goto("/reset");
      await me.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await me.enter(me.field("sign_in.name_label"), "hanna");
      await expect(me.field("sign_in.name_label")).toHaveAttribute("aria-invalid", "true");
    },
  });

  // Whether anything was sent is not said. Three minutes later it would be good no more.
  await begin(me, hanna);
  await choose(me, "sms");
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_sms"));
  await gallery(me, "reset-sms");
  await gallery(me, "reset-ran-out", {
    reach: async () => {
      await choose(me, "sms");
      minutesPass(server, 4);
      await enterCode(me, "000000");
      await me.reads("errors.reset_refused_title");
      await expect(me.heading()).toHaveText(me.say("reset.ways_title"));
    },
  });
  for (const _ of [1, 2]) await choose(me, "sms");
  await gallery(me, "reset-ways-wait", {
    reach: async () => {
      await choose(me, "sms");
      await me.reads("errors.throttled_title");
    },
  });
  await gallery(me, "reset-expired", {
    reach: async () => {
      await begin(me, hanna);
      await choose(me, "totp");
      minutesPass(server, 11);
      await enterCode(me, "000000");
      await expect(me.heading()).toHaveText(me.say("errors.reset_link_used_title"));
    },
  });
  for (const _ of [1, 2]) await begin(me, hanna);
  await gallery(me, "reset-wait", {
    reach: async () => {
      await begin(me, hanna);
      await expect(me.heading()).toHaveText(me.say("errors.throttled_title"));
    },
  });

  await begin(me, ida);
  await gallery(me, "reset-questions-wrong", {
    reach: async () => {
      await choose(me, "security_questions");
      for (const answer of await me.page.locator("main input[name^=answer-]").all()) await answer.fill("Professor Paardebloem");
      await me.go(me.button("sign_in.next"));
      await me.reads("reset.not_right");
    },
  });
  await choose(me, "totp");
  await enterCode(me, app.fresh());
  await expect(me.page).toHaveURL(/\/reset\/[\w-]{86}$/);
  const right = me.page.url();
  for (const [typed, told, name] of [["kort", "password_too_short", "short"], ["plantplant", "password_too_weak", "weak"]] as const) {
    await gallery(me, `reset-password-${name}`, {
      reach: async () => {
        await me.page.goto(right);
        await me.enter(me.field("set_up.password_label"), typed);
        await expect(me.main()).toContainText(me.say(`errors.${told}_title`));
      },
    });
  }
});

test("a first password is refused in words, and the link stays good", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  await org.policy((document) => (document.passwords = { banned: ["noorderlicht"] }));
  const link = org.invited("jelle", { given: "Jelle" });
  const me = await somebody({ width: 390 });
  for (const [typed, told, name] of [["kort", "password_too_short", "short"], ["N00rderlicht!!", "password_banned", "banned"]] as const) {
    await gallery(me, `set-up-${name}`, {
      reach: async () => {
        await me.page.goto(link);
        await me.enter(me.field("set_up.password_label"), typed);
        await expect(me.main()).toContainText(me.say(`errors.${told}_title`));
      },
    });
  }
  await me.page.goto(link);
  await me.enter(me.field("set_up.password_label"), "blauwe kranen zingen zacht");
  await expect(me.page).toHaveURL(/\/(register|security-info)/);
});

test("one's own sign-ins go on over pages, and an address of long ago shows that there are none left", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  const upn = await enforced(org, "ilse", "Ilse");
  const app = await org.app(upn);
  const me = await somebody({ width: 390 });
  await signIn(me, upn, app);
  // A program asks again and again: a few are wrong, the others are not looked at.
  for (let n = 0; n < 30; n++) await org.verify(upn, app.wrong(), n % 2 ? "Webmail" : "VPN");
  await me.page.goto("/activity");
  const rows = me.main().getByRole("listitem");
  await expect(rows).toHaveCount(20);
  await expect(me.link("activity.newer")).toHaveCount(0);
  await gallery(me, "activity-newest");
  await me.go(me.link("activity.older"));
  await expect(rows).toHaveCount(11);
  await expect(me.link("activity.older")).toHaveCount(0);
  await gallery(me, "activity-older");
  const older = me.page.url();
  retentionEnds(server, org.slug);
  await me.page.goto(older);
  await me.reads("activity.empty_title");
  await gallery(me, "activity-empty");
  await me.go(me.link("activity.newer"));
  await expect(me.page).toHaveURL(/\/activity$/);
});

test("where a report blocks, that is said before and after", async ({ server, somebody }) => {
  const org = await tenant(server, NAME);
  expect((await org.rest("PUT", "/trust", { networks_skip: false, remember_days: 0, fraud_blocks: true, reason: "test" })).status).toBe(200);
  for (const language of LANGUAGES) {
    const upn = await enforced(org, `kim-${language}`, "Kim");
    const me = await somebody({ language, width: 390 });
    await signIn(me, upn, await org.app(upn));
    await me.page.goto("/activity");
    await me.go(me.main().locator("a.quiet").first());
    await me.reads("activity.report_blocks");
    await gallery(me, "activity-report-blocks", { language });
    await me.go(me.button("activity.not_me"));
    await expect(me.heading()).toHaveText(me.say("activity.done_title"));
    await me.reads("notices.done_blocked");
    await gallery(me, "activity-done-blocked", { language });
    await enterName(me, upn);
    await enterPassword(me);
    await expect(me.heading()).toHaveText(me.say("errors.blocked_title"));
  }
});

for (const language of LANGUAGES) {
  test(`whoever is signed in says what is lost, and what is off opens nothing (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, NAME);
    const upn = await enforced(org, "lotte", "Lotte");
    const app = await org.app(upn);
    expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE })).status).toBe(201);
    const [me, other] = [await somebody({ language, width: 390 }), await somebody({ language, width: 390 })];
    await signIn(me, upn, app);
    await enterName(other, upn);
    await enterPassword(other);
    await expect(other.heading()).toHaveText(other.say("sign_in.code_title_app"));

    await me.page.goto("/lost");
    await expect(me.heading()).toHaveText(me.say("lost.choose_title"));
    await me.reads("lost.effect_sessions_mine");
    await gallery(me, "lost-mine", { language });
    await me.tick(me.page.getByRole("checkbox").first());
    await me.go(me.button("lost.act"));
    await expect(me.heading()).toHaveText(me.say("lost.done_title"));
    await me.reads("lost.next_new");
    await gallery(me, "lost-mine-done", { language });
    await me.page.goto("/lost");
    await me.reads("lost.reported_title");
    await expect(me.page.getByRole("checkbox")).toHaveCount(1);
    await gallery(me, "lost-mine-rest", { language });
    await me.tick(me.page.getByRole("checkbox").first());
    await me.go(me.button("lost.act"));
    await expect(me.heading()).toHaveText(me.say("lost.done_title"));

    // Whoever was asked for a code of it meanwhile: it is off, and there is nothing besides.
    await enterCode(other, app.fresh());
    await other.reads("errors.no_methods_title");
    await gallery(other, "sign-in-method-off", { language });
    await enterName(other, upn);
    await enterPassword(other);
    await expect(other.heading()).toHaveText(other.say("errors.no_methods_title"));
    await gallery(other, "sign-in-no-methods", { language });

    // Let in once without a second step, he has nothing left to prove himself with either.
    const bare = await enforced(org, "mees", "Mees");
    await org.app(bare);
    expect((await org.rest("POST", `/users/${bare}/bypass`, { reason: "test" })).status).toBe(201);
    await enterName(other, bare);
    await enterPassword(other);
    await other.page.goto("/lost");
    await other.tick(other.page.getByRole("checkbox").first());
    await other.go(other.button("lost.act"));
    await other.reads("lost.desk_title");
    await gallery(other, "lost-mine-stranded", { language });
  });
}
