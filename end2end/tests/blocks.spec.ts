// Blocks, the one-time bypass, trusted networks and remembered browsers, as an admin and a member meet them.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, sessionId, setUp, signIn, signOut } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

test("an admin blocks a member, who learns why, and the block is lifted at the desk", async ({ server, somebody }) => {
  const org = await tenant(server, "Zorggroep Lindenhof");
  const upn = org.member("bram", { given: "Bram", family: "de Wit" });
  const app = await org.app(upn);
  const { body } = await org.rest("GET", `/users/${upn}`);
  const member = `/admin/${org.slug}/users/${body.id}`;
  const me = await somebody();
  await signIn(me, upn, app);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  const admin = await somebody();
  await setUp(admin, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "auth_admin" }));
  await admin.page.goto(`${member}?do=block`);
  await gallery(admin, "console-do-block");
  await gallery(admin, "console-do-block-no-reason", {
    reach: async () => {
      await admin.page.goto(`${member}?do=block`);
      await admin.enter(admin.field("members.reason"), " ");
      await admin.reads("members.reason_missing");
    },
  });
  await admin.page.goto(`${member}?do=block`);
  await admin.enter(admin.field("members.reason"), "Laptop stolen, ticket 4711");
  await admin.reads("member.blocked_now");
  await gallery(admin, "console-member-blocked", { reach: () => admin.page.goto(member).then(() => undefined) });

  // What was open is over, and a right password says why without telling what the admin wrote.
  await me.page.goto("/security-info");
  await expect(me.heading()).not.toHaveText(me.say("security_info.title"));
  await gallery(me, "sign-in-blocked", {
    reach: async () => {
      await enterName(me, upn);
      await enterPassword(me);
      await expect(me.heading()).toHaveText(me.say("errors.blocked_title"));
    },
  });
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("errors.blocked_title"));
  await expect(me.page.getByText("4711")).toHaveCount(0);
  const session = await sessionId(me);
  expect(await org.verify(upn, app.fresh(), "webmail")).toBe("denied");

  await admin.page.goto(`/support/sessions/${session}`);
  await admin.reads("support.find_blocked");
  await gallery(admin, "support-case-blocked");
  await admin.page.goto(`/support/sessions/${session}?do=unblock`);
  await gallery(admin, "support-ask-unblock");
  await admin.page.goto(`/support/sessions/${session}?do=unblock`);
  await admin.enter(admin.page.locator("[name=reason]"), "Laptop found");
  await admin.reads("support.done_unblock");
  await admin.page.goto(member);
  await expect(admin.main()).not.toContainText(admin.say("member.blocked_now"));
  await admin.page.goto(`${member}?do=block`);
  await admin.page.getByLabel(admin.say("member.block_for"), { exact: true }).selectOption("none");
  await admin.enter(admin.field("members.reason"), "Again");
  await admin.page.goto(`${member}?do=unblock`);
  await gallery(admin, "console-do-unblock");
  await admin.page.goto(`${member}?do=unblock`);
  await admin.enter(admin.field("members.reason"), "Found");
  await signIn(me, upn, app);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
});

test("a bypass lets a member in once, and opens no console", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("noor", { given: "Noor", family: "Visser" });
  await org.app(upn);
  const { body } = await org.rest("GET", `/users/${upn}`);
  const member = `/admin/${org.slug}/users/${body.id}`;
  const admin = await somebody();
  await setUp(admin, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "auth_admin" }));
  await admin.page.goto(`${member}?do=bypass`);
  await gallery(admin, "console-do-bypass");
  await admin.page.goto(`${member}?do=bypass`);
  await admin.enter(admin.field("members.reason"), "Left the phone at home");
  await admin.reads("member.bypass_open");
  await gallery(admin, "console-member-bypass", { reach: () => admin.page.goto(member).then(() => undefined) });
  await admin.page.goto(`${member}?do=bypass-end`);
  await gallery(admin, "console-do-bypass-end");

  const me = await somebody();
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await signOut(me);
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
  await admin.page.goto(member);
  await expect(admin.main()).not.toContainText(admin.say("member.bypass_open"));
});

test("trusted networks skip the second step, and browsers are remembered and forgotten", async ({ server, somebody }) => {
  const org = await tenant(server, "Stichting Werkplaats");
  const upn = org.member("kees", { given: "Kees", family: "Bakker" });
  const app = await org.app(upn);
  const admin = await somebody();
  await setUp(admin, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "policy_admin" }));
  const page = `/admin/${org.slug}/networks`;
  await admin.page.goto(page);
  await gallery(admin, "console-networks-empty");
  const add = async (name: string, range: string) => {
    await admin.page.goto(page);
    await admin.type(admin.field("networks.name"), name);
    await admin.type(admin.field("networks.range"), range);
    await admin.enter(admin.field("members.reason").first(), "New office");
  };
  await gallery(admin, "console-networks-wrong", {
    reach: async () => {
      await add("Office", "192.0.2.7/24");
      await admin.reads("networks.range_bad", { range: "192.0.2.7/24" });
    },
  });
  await add("Head office", "192.0.2.0/24");
  await admin.reads("networks.added");
  await add("Here", "127.0.0.0/8");
  await add("Campus", "2001:db8:40::/48");
  await gallery(admin, "console-networks", { reach: () => admin.page.goto(page).then(() => undefined) });
  await admin.page.goto(page);
  await admin.go(admin.page.getByRole("link", { name: `${admin.say("networks.rename")}: Head office` }));
  await gallery(admin, "console-network-rename");
  await admin.page.goto(page);
  await admin.go(admin.page.getByRole("link", { name: `${admin.say("networks.remove")}: Here` }));
  await gallery(admin, "console-network-remove");

  // Trusted, but nothing lets it through yet.
  const me = await somebody();
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
  const save = async (days: string, skip: boolean) => {
    await admin.page.goto(page);
    await admin.page.getByLabel(admin.say("networks.skip")).setChecked(skip);
    await admin.page.getByLabel(admin.say("networks.remember"), { exact: true }).selectOption(days);
    await admin.type(admin.page.locator("#trust-reason"), "Decided by the board");
    await admin.go(admin.button("networks.save"));
    await admin.reads("networks.saved");
  };
  await save("0", true);
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await signOut(me);

  await save("14", false);
  await enterName(me, upn);
  await enterPassword(me);
  await gallery(me, "sign-in-remember", { reach: () => me.page.goto("/sign-in").then(() => undefined) });
  await me.tick(me.page.getByRole("checkbox"));
  await enterCode(me, app.fresh());
  await me.reads("security_info.browsers");
  await gallery(me, "security-info-browser");
  await signOut(me);
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await me.go(me.page.getByRole("button", { name: new RegExp(`^${me.say("security_info.forget")}`) }));
  await expect(me.main()).not.toContainText(me.say("security_info.browsers"));
  await signOut(me);
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
});

test("a member skips the second step once by himself, where the organisation allows it", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("noor", { given: "Noor", family: "Visser" });
  const app = await org.app(upn);
  const me = await somebody();
  await signIn(me, upn, app);
  await expect(me.page.locator("#bypass")).toHaveCount(0);
  const trust = { networks_skip: false, remember_days: 0, fraud_blocks: false, self_bypass: true, reason: "test" };
  expect((await org.rest("PUT", "/trust", trust)).status).toBe(200);
  await me.page.goto("/security-info");
  await gallery(me, "security-info-bypass-offered");
  await me.go(me.link("security_info.bypass_ask"));
  await gallery(me, "security-info-bypass");
  await me.enter(me.field("security_info.bypass_reason"), "The key stays at the office");
  await me.reads("security_info.bypass_open_title");
  await gallery(me, "security-info-bypass-open");
  await signOut(me);
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  // Used, it is gone; and a password alone opens no other.
  await expect(me.main()).not.toContainText(me.say("security_info.bypass_open_title"));
  await me.go(me.link("security_info.bypass_ask"));
  await me.reads("security_info.confirm_title");
});
