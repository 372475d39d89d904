// The console and the support desk, page by page: what an admin, an auditor, support and an operator see and what they are told.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, sessionId, setUp } from "../support/journey.ts";
import type { Person } from "../support/person.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

const REASON = "The phone was stolen";

/** An organisation with members in every state. */
async function people(org: Tenant): Promise<{ ready: string; asked: string; off: string; id: (upn: string) => Promise<string> }> {
  const ready = org.member("femke", { given: "Femke", family: "van der Heijden-Oosterhuis" });
  const asked = org.member("bram", { given: "Bram", family: "de Wit" });
  const off = org.member("joost", { given: "Joost", family: "Ooms" });
  org.member("okke", { given: "Okke", family: "Yılmaz" });
  org.invited("hanna", { given: "Hanna", family: "Blom" });
  const app = await org.app(ready);
  await org.rest("PUT", `/users/${ready}/mfa-state`, { state: "enabled" });
  await org.rest("PUT", `/users/${asked}/mfa-state`, { state: "enabled" });
  await org.rest("PATCH", `/users/${off}`, { disabled: true, reason: "Left the organisation" });
  expect(await org.verify(ready, app.fresh(), "VPN")).toBe("allowed");
  expect(await org.verify(ready, app.last, "VPN")).toBe("denied");
  expect(await org.verify(ready, app.wrong(), "Roosterprogramma")).toBe("denied");
  const id = async (upn: string) => (await org.rest("GET", `/users/${upn}`)).body.id as string;
  return { ready, asked, off, id };
}

test("members are found, chosen and changed together, with what it does to whom", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { asked } = await people(org);
  const users = `/admin/${org.slug}/users`;
  const admin = await somebody();
  await setUp(admin, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = admin;
  await expect(page).toHaveURL(new RegExp(`${users}$`));
  await gallery(admin, "console-members");
  await page.goto(`${users}?q=state:enabled`);
  await expect(admin.main()).toContainText(asked);
  await gallery(admin, "console-members-filtered");
  await page.goto(`${users}?q=nobody-like-this`);
  await admin.reads("members.nobody_title");
  await gallery(admin, "console-members-none");
  await page.goto(users);
  await admin.go(admin.link("members.bulk_page"));
  await expect(page.getByRole("checkbox", { name: admin.say("members.pick", { name: "Bram de Wit" }) })).toBeChecked();
  await gallery(admin, "console-members-page-picked");
  await page.goto(users);
  await admin.go(admin.link("members.bulk_all"));
  await gallery(admin, "console-members-all-picked");
  for (const action of ["enabled", "disabled", "reregister"]) {
    await page.goto(`${users}/bulk?action=${action}&scope=all`);
    await gallery(admin, `console-bulk-${action}`);
  }
  await page.goto(`${users}/bulk?action=enabled`);
  await admin.reads("members.bulk_nobody_title");
  await gallery(admin, "console-bulk-nobody");

  // Chosen by hand, previewed, refused without a reason, done.
  const preview = async () => {
    await page.goto(users);
    for (const name of ["Bram de Wit", "Okke Yılmaz"]) await admin.tick(page.getByRole("checkbox", { name: admin.say("members.pick", { name }) }));
    await admin.field("members.bulk_label").selectOption("reregister");
    await admin.go(admin.button("members.preview"));
    await expect(admin.heading()).toHaveText(admin.say("members.bulk_title_reregister", { count: 2 }));
  };
  await gallery(admin, "console-bulk-no-reason", {
    reach: async () => {
      await preview();
      await admin.enter(admin.field("members.reason"), " ");
      await admin.reads("members.reason_missing");
    },
  });
  await gallery(admin, "console-bulk-done", {
    reach: async () => {
      await preview();
      await admin.type(admin.field("members.reason"), REASON);
      await admin.go(admin.button("members.bulk_do_reregister"));
      await expect(admin.heading()).toHaveText(admin.say("members.result_title", { done: 2, all: 2 }));
    },
  });
});

test("a member is added with a link that is shown once; what was typed stays when it cannot be", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { ready, id } = await people(org);
  const users = `/admin/${org.slug}/users`;
  const admin = await somebody();
  await setUp(admin, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = admin;
  await page.goto(`${users}/new`);
  await gallery(admin, "console-member-new");
  const add = async (upn: string) => {
    await page.goto(`${users}/new`);
    await admin.type(admin.field("members.upn"), upn);
    await admin.type(admin.field("members.given"), "Sanne");
    await admin.tick(page.getByRole("checkbox", { name: new RegExp(`^${admin.say("console.role_support")}`, "i") }));
    await admin.go(admin.button("members.create"));
  };
  await gallery(admin, "console-member-new-wrong", {
    reach: async () => {
      await add("sanne@elsewhere.example");
      await expect(admin.field("members.upn")).toHaveAttribute("aria-invalid", "true");
      await expect(admin.field("members.given")).toHaveValue("Sanne");
    },
  });
  await gallery(admin, "console-member-made", {
    reach: async () => {
      await add(`sanne-${admin.language}@${org.slug}.example`);
      await expect(admin.heading()).toHaveText(admin.say("members.made_title", { name: "Sanne" }));
      await expect(admin.main().locator("code")).toContainText(`${server.url}/set-up/`);
    },
  });
  const member = `${users}/${await id(ready)}`;
  await gallery(admin, "console-member-link-made", {
    reach: async () => {
      await page.goto(`${member}?do=link`);
      await admin.go(admin.button("member.link_do"));
      await admin.reads("members.link_earlier");
    },
  });
});

test("the page of a member says what holds and why, and what may be changed by whom", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { ready, asked, off, id } = await people(org);
  const admin = await somebody();
  await setUp(admin, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = admin;
  const of = async (upn: string) => `/admin/${org.slug}/users/${await id(upn)}`;
  const [member, nothing, switchedOff] = [await of(ready), await of(asked), await of(off)];
  await page.goto(member);
  await admin.reads("member.finding_must_can", { name: "Femke van der Heijden-Oosterhuis" });
  await gallery(admin, "console-member");
  await page.goto(nothing);
  await gallery(admin, "console-member-without-methods");
  await page.goto(switchedOff);
  await gallery(admin, "console-member-off");

  // The only global admin cannot give the role away.
  const own = await of(`marijke@${org.slug}.example`);
  await gallery(admin, "console-roles-last-admin", {
    reach: async () => {
      await page.goto(`${own}?do=roles`);
      await page.getByRole("checkbox", { name: new RegExp(`^${admin.say("console.role_global_admin")}`, "i") }).uncheck();
      await admin.go(admin.button("member.save_roles"));
      await admin.reads("errors.last_global_admin_title");
    },
  });
  const helper = await somebody();
  await setUp(helper, org.invited("aafke", { given: "Aafke", role: "auth_admin" }));
  await helper.page.goto(own);
  await helper.reads("member.above_title");
  await gallery(helper, "console-member-above");
});

test("everything that can be done with a member names them, says what it does and asks why", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { ready, asked, off, id } = await people(org);
  const admin = await somebody();
  await setUp(admin, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = admin;
  const of = async (upn: string) => `/admin/${org.slug}/users/${await id(upn)}`;
  const [member, nothing, switchedOff] = [await of(ready), await of(asked), await of(off)];
  for (const act of ["disabled", "reregister", "link", "sessions", "roles", "off", "unlock"]) {
    await page.goto(`${member}?do=${act}`);
    await gallery(admin, `console-do-${act}`);
  }
  await page.goto(`${switchedOff}?do=on`);
  await gallery(admin, "console-do-on");
  await page.goto(`${nothing}?do=enforced`);
  await gallery(admin, "console-do-enforced");
  await page.goto(member);
  await admin.go(page.getByRole("link", { name: new RegExp(`^${admin.say("member.m_remove")} `) }));
  await gallery(admin, "console-do-remove");

  await gallery(admin, "console-do-no-reason", {
    reach: async () => {
      await page.goto(`${member}?do=reregister`);
      await admin.enter(admin.field("members.reason"), " ");
      await expect(admin.main()).toContainText(admin.say("members.reason_missing"));
    },
  });
  await page.goto(`${member}?do=reregister`);
  await admin.type(admin.field("members.reason"), REASON);
  await admin.go(admin.button("member.reregister_do"));
  await expect(page.getByRole("status").filter({ hasText: admin.say("member.reregister_done", { name: "Femke van der Heijden-Oosterhuis" }) })).toBeVisible();
  expect((await org.rest("GET", `/users/${ready}`)).body.mfa_state).toBe("enabled");
  await gallery(admin, "console-do-done");
});

/** Somebody who has typed name and password, and is asked for a code. */
async function undecided(me: Person, upn: string): Promise<string> {
  await enterName(me, upn);
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
  return sessionId(me);
}

/** The menu of filters, open. */
const filtersOpen = (admin: Person, address: string) => ({
  reach: async () => {
    await admin.page.goto(address);
    await admin.press(admin.page.locator("summary", { hasText: admin.say("journal.filter") }));
    await expect(admin.button("journal.apply")).toBeVisible();
  },
});

test("the journal is filtered by its address, and one sign-in is looked at beside the list", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { ready, id } = await people(org);
  const journal = `/admin/${org.slug}/journal`;
  const admin = await somebody();
  await setUp(admin, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = admin;
  await page.goto(journal);
  await expect(admin.main()).toContainText(ready);
  await gallery(admin, "journal");
  await gallery(admin, "journal-filters-open", filtersOpen(admin, journal));
  await page.goto(`${journal}?reason=code_reused&method=totp&member=${await id(ready)}`);
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(2);
  await gallery(admin, "journal-filtered");
  await page.goto(`${journal}?application=Nothing%20like%20this`);
  await admin.reads("journal.no_match_title");
  await gallery(admin, "journal-none");
  await page.goto(`${journal}?reason=nonsense&period=30d`);
  await admin.reads("journal.unread_title");
  await gallery(admin, "journal-not-understood");

  await page.goto(`${journal}?decision=allowed`);
  await admin.go(page.getByRole("table").getByRole("link", { name: ready, exact: true }));
  await gallery(admin, "journal-detail");
  const member = await somebody();
  const open = await undecided(member, ready);
  await page.goto(`${journal}?open=${open}`);
  await expect(page.getByRole("complementary")).toContainText(admin.say("support.open"));
  await gallery(admin, "journal-detail-open");
  await page.goto(`${journal}?open=000000000-0`);
  await admin.reads("journal.gone");
  await gallery(admin, "journal-detail-gone");
});

test("changes are told with who, what, whom and why", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { asked, id } = await people(org);
  const audit = `/admin/${org.slug}/journal/audit`;
  const admin = await somebody();
  await setUp(admin, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = admin;
  await page.goto(audit);
  await expect(admin.main()).toContainText(asked);
  await gallery(admin, "audit");
  await gallery(admin, "audit-filters-open", filtersOpen(admin, audit));
  await page.goto(`${audit}?event=member.created&about=${await id(asked)}`);
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(2);
  await gallery(admin, "audit-filtered");
  await page.goto(`${audit}?about=nobody@${org.slug}.example`);
  await gallery(admin, "audit-none");
});

test("support finds a sign-in by what a caller says, and is told what fixes it", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const { ready } = await people(org);
  const support = await somebody();
  await setUp(support, org.invited("teun", { given: "Teun", role: "auth_admin" }));
  const { page } = support;
  const desk = async (asked: string, says: string, values?: Record<string, string | number>) => {
    await page.goto("/support");
    await support.enter(page.getByRole("searchbox", { name: support.say("support.search") }), asked);
    await support.reads(says, values);
  };
  await page.goto("/support");
  await expect(support.heading()).toHaveText(support.say("support.title"));
  await gallery(support, "support");
  await desk(ready, "support.found_sign_ins", { who: ready });
  await gallery(support, "support-sign-ins");
  await desk("e", "support.found_members", { text: "e" });
  await gallery(support, "support-members");
  await desk("Willemijn", "support.nobody_title", { text: "Willemijn" });
  await gallery(support, "support-nobody");
  await desk("7K2M-9QXD-3", "support.heard_length", { count: 9 });
  await gallery(support, "support-misheard");
  // Well formed, and nobody's here.
  await page.goto("/support/sessions/000000000-0");
  await support.reads("support.unknown_words");
  await gallery(support, "support-case-unknown");

  const member = await somebody();
  const open = await undecided(member, ready);
  await enterCode(member, "000000");
  await page.goto(`/support/sessions/${open}`);
  await support.reads("support.why_last_refusal", { reason: support.say("reasons.wrong_code") });
  await gallery(support, "support-case-open");
  for (const act of ["unlock", "reregister", "link"]) {
    await page.goto(`/support/sessions/${open}?do=${act}`);
    await gallery(support, `support-ask-${act}`);
  }
  await gallery(support, "support-ask-no-reason", {
    reach: async () => {
      await page.goto(`/support/sessions/${open}?do=reregister`);
      await support.enter(support.field("support.reason_label"), " ");
      await support.reads("support.reason_missing");
    },
  });
  await gallery(support, "support-link-made", {
    reach: async () => {
      await page.goto(`/support/sessions/${open}?do=link`);
      await support.go(support.button("support.do_link"));
      await support.reads("support.link_words");
    },
  });
  await page.goto(`/support/sessions/${open}?do=unlock`);
  await support.type(support.field("support.reason_label"), REASON);
  await support.go(support.button("support.do_unlock"));
  await support.reads("support.done_unlock");
  await gallery(support, "support-case-unlocked");
});

test("a wrong role and another organisation are told apart: no right, or nothing here", async ({ server, somebody }) => {
  const [ours, theirs] = [await tenant(server, "Hogeschool Duinmeer"), await tenant(server, "Zorggroep Lindenhof")];
  const admin = await somebody();
  await setUp(admin, ours.invited("ruth", { given: "Ruth", role: "global_admin" }));
  for (const path of ["users", "journal", "journal/audit"]) {
    expect((await admin.page.goto(`/admin/${theirs.slug}/${path}`))?.status(), path).toBe(404);
  }
  await gallery(admin, "error-not-found");
  const billing = await somebody();
  await setUp(billing, ours.invited("lena", { given: "Lena", role: "billing_admin" }));
  const refused = async (path: string, says: string) => {
    expect((await billing.page.goto(path))?.status(), path).toBe(403);
    await billing.reads(says);
  };
  await refused(`/admin/${ours.slug}/journal`, "journal.no_right_title");
  await gallery(billing, "journal-no-right");
  await refused(`/admin/${ours.slug}/journal/audit`, "audit.no_right_title");
  await gallery(billing, "audit-no-right");
  await refused("/support", "support.no_right_title");
  await gallery(billing, "support-no-right");
  await refused(`/admin/${ours.slug}/users/new`, "errors.forbidden_title");
  await gallery(billing, "error-forbidden");
  await billing.page.goto(`/admin/${ours.slug}/users`);
  await gallery(billing, "console-members-look-only");
});

test("an operator sees the organisations and makes one with its first admin", async ({ untouched, somebody }) => {
  const operator = await somebody({ at: untouched });
  await setUp(operator, untouched.setupLink ?? "");
  const { page } = operator;
  await expect(page).toHaveURL(/\/operator\/tenants$/);
  await gallery(operator, "operator-tenants");
  await operator.go(operator.link("tenants.add"));
  await gallery(operator, "operator-tenant-new");
  const add = async (name: string, slug: string) => {
    const domain = `${operator.language}.lindenhof.example`;
    await page.goto("/operator/tenants/new");
    await operator.type(operator.field("tenants.name"), name);
    await operator.type(operator.field("tenants.slug"), slug);
    await operator.type(operator.field("tenants.domains"), domain);
    await operator.type(operator.field("tenants.upn"), `ruth@${domain}`);
    await operator.type(operator.field("members.given"), "Ruth");
    await operator.go(operator.button("tenants.create"));
  };
  await gallery(operator, "operator-tenant-new-wrong", {
    reach: async () => {
      await add("Zorggroep Lindenhof", "Lindenhof!");
      await operator.reads("tenants.slug_bad");
      await expect(operator.field("tenants.name")).toHaveValue("Zorggroep Lindenhof");
    },
  });
  await gallery(operator, "operator-tenant-made", {
    reach: async () => {
      await add("Zorggroep Lindenhof", `lindenhof-${operator.language}`);
      await expect(operator.heading()).toHaveText(operator.say("tenants.made_title", { name: "Zorggroep Lindenhof" }));
      await operator.reads("tenants.made_lead", { admin: "Ruth" });
    },
  });
  await page.goto("/operator/tenants");
  await expect(page.getByRole("table")).toContainText("nl.lindenhof.example");
  await gallery(operator, "operator-tenants-three");
  // A tenant of one's own making is worked in like one's own.
  await page.goto("/admin/lindenhof-en/journal?period=all");
  await operator.reads("journal.empty_title");
  await gallery(operator, "journal-empty");
});

test("every part of the design system stands in both shells", async ({ somebody }) => {
  const developer = await somebody();
  for (const shell of ["console", "member", "drawer"]) {
    await developer.page.goto(`/design?shell=${shell}`);
    await gallery(developer, `design-${shell}`);
  }
});
