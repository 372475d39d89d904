// Hardware tokens: the inventory, what is done with one, files that come in, and members who claim their own.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, registerApp, setUp } from "../support/journey.ts";
import { hotp, totp } from "../support/oath.ts";
import type { Person } from "../support/person.ts";
import { startServer } from "../support/server.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

const REASON = "Handed in at the desk";
/** Seeds of tokens that exist in these tests alone. */
const SEEDS = ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "KRUGS4ZANFZSA5DIMUQHGZLDOJSXIIDP"] as const;

interface Line {
  serial: string;
  seed?: string;
  interval?: number | "";
  upn?: string;
  model?: string;
  counter?: number;
}

/** A list as a supplier sends it. */
function list(lines: Line[]): string {
  const rows = lines.map(({ serial, seed = SEEDS[0], interval = 30, upn = "", model = "ZS-1", counter = "" }) =>
    [upn, serial, seed, counter === "" ? interval : "", counter, "Zeeland Sleutels", model].join(","),
  );
  return ["upn,serial number,secret key,time interval,counter,manufacturer,model", ...rows, ""].join("\r\n");
}

async function upload(me: Person, org: Tenant, content: string | Buffer, { real = false, skip = false, name = "tokens.csv" } = {}): Promise<void> {
  await me.page.goto(`/admin/${org.slug}/tokens/import`);
  await me.field("tokens.file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  if (real) await me.page.locator("input[name=dry_run]").uncheck();
  if (skip) await me.page.locator("input[name=skip_bad]").check();
  await me.go(me.button("tokens.send"));
}

/** Waits for the end of the import whose page is open; the page looks by itself. */
async function ended(me: Person): Promise<void> {
  await expect(me.page).toHaveURL(/\/tokens\/imports\//);
  await expect(me.page.getByRole("heading", { name: me.say("tokens.summary") })).toBeVisible();
  await expect(me.page.getByRole("progressbar")).toHaveCount(0, { timeout: 30_000 });
}

async function admin(org: Tenant, somebody: () => Promise<Person>): Promise<Person> {
  const me = await somebody();
  await setUp(me, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  return me;
}

test("the inventory says how many there are, whose they are, and finds them", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const femke = org.member("femke", { given: "Femke", family: "van der Heijden-Oosterhuis" });
  const okke = org.member("okke", { given: "Okke", family: "Yılmaz" });
  const me = await admin(org, somebody);
  const { page } = me;
  const tokens = `/admin/${org.slug}/tokens`;
  await me.visit("console.tokens");
  await me.reads("tokens.empty_title");
  await gallery(me, "tokens-empty");
  const many = Array.from({ length: 60 }, (_, n) => ({ serial: `ZS-${String(2000 + n)}` }));
  await upload(me, org, list([
    { serial: "ZS-1001", seed: SEEDS[1], upn: femke },
    { serial: "ZS-1002", seed: SEEDS[2], upn: okke, counter: 41, model: "ZS-Klik" },
    { serial: "ZS/10 03", interval: 60 },
    { serial: "ZS-1004-EXTRA-LONG-SERIAL-NUMBER-0123456789-ABCDEFGHIJKLMNOPQRST", model: "ZS-1 with a display for everybody" },
    ...many,
  ]), { real: true });
  await ended(me);
  await expect(me.heading()).toHaveText(me.say("tokens.did_all", { count: 64, rows: 64 }));
  await page.goto(`${tokens}/ZS-1001?do=activate`);
  await me.enter(me.field("tokens.code"), totp(SEEDS[1]));
  await expect(page.getByRole("status").filter({ hasText: me.say("tokens.activate_done", { serial: "ZS-1001" }) })).toBeVisible();
  await page.goto(`${tokens}/ZS-2000?do=retire`);
  await me.enter(me.field("members.reason"), REASON);
  await page.goto(tokens);
  await gallery(me, "tokens");

  // Counts lead to exactly their rows.
  const facets = page.getByRole("navigation", { name: me.say("components.facets") });
  await me.go(facets.getByRole("link", { name: me.say("tokens.state_assigned") }));
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(2);
  await expect(me.main()).toContainText("ZS-1002");
  await gallery(me, "tokens-filtered");
  await page.goto(`${tokens}?q=${encodeURIComponent("heijden")}`);
  await me.reads("tokens.none_title");
  await gallery(me, "tokens-none");
  await page.goto(tokens);
  await me.go(page.getByRole("link", { name: me.say("components.next_page") }));
  await expect(page.getByRole("table")).toContainText("ZS-2059");

  // A serial number as its maker likes it.
  await page.goto(`${tokens}?q=zs%2F10`);
  await me.go(page.getByRole("link", { name: "ZS/10 03" }));
  await expect(me.heading()).toHaveText("ZS/10 03");
  const csv = await page.request.get(`${tokens}?state=active&format=csv`);
  expect(await csv.text()).toContain(`ZS-1001,active,totp`);

  const reader = await somebody();
  await setUp(reader, org.invited("aafke", { given: "Aafke", role: "reader" }));
  await reader.page.goto(`${tokens}/ZS-1002`);
  await reader.reads("tokens.look_only");
  await gallery(reader, "token-look-only");
  const chief = await somebody();
  await setUp(chief, org.invited("teun", { given: "Teun", role: "auth_admin" }));
  await page.goto(`${tokens}/ZS-2001?do=assign`);
  await me.enter(me.field("tokens.upn"), `marijke@${org.slug}.example`);
  await chief.page.goto(`${tokens}/ZS-2001`);
  await chief.reads("tokens.above_title");
  await gallery(chief, "token-above");
});

test("a token is given, proven, set right, taken back and taken out of use; what cannot be done says why", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const femke = org.member("femke", { given: "Femke", family: "van der Heijden-Oosterhuis" });
  const me = await admin(org, somebody);
  const { page } = me;
  const seed = SEEDS[2];
  const token = `/admin/${org.slug}/tokens/ZS-3001`;
  await upload(me, org, list([{ serial: "ZS-3001", seed, counter: 0, model: "ZS-Klik" }]), { real: true });
  await ended(me);
  await page.goto(token);
  await me.reads("tokens.finding_available");
  await gallery(me, "token-available");
  const done = async (act: string) => {
    await expect(page.getByRole("status").filter({ hasText: me.say(`tokens.${act}_done`, { serial: "ZS-3001" }) })).toBeVisible();
  };
  const ask = async (act: string) => {
    await page.goto(`${token}?do=${act}`);
    await gallery(me, `token-do-${act}`);
  };

  await ask("assign");
  await gallery(me, "token-assign-unknown", {
    reach: async () => {
      await page.goto(`${token}?do=assign`);
      await me.enter(me.field("tokens.upn"), `fenke@${org.slug}.example`);
      await me.reads("tokens.upn_unknown", { tenant: "Hogeschool Duinmeer" });
      await expect(me.field("tokens.upn")).toHaveValue(`fenke@${org.slug}.example`);
    },
  });
  await page.goto(`${token}?do=assign`);
  await me.enter(me.field("tokens.upn"), femke);
  await done("assign");
  await gallery(me, "token-assigned");

  await ask("activate");
  await ask("back");
  await gallery(me, "token-activate-wrong", {
    reach: async () => {
      await page.goto(`${token}?do=activate`);
      await me.enter(me.field("tokens.code"), hotp(seed, 5_000));
      await me.reads("tokens.code_wrong_count");
    },
  });
  await page.goto(`${token}?do=activate`);
  await me.enter(me.field("tokens.code"), hotp(seed, 2));
  await done("activate");
  await gallery(me, "token-active");

  await ask("resync");
  await gallery(me, "token-resync-wrong", {
    reach: async () => {
      await page.goto(`${token}?do=resync`);
      await me.type(me.field("tokens.code_first"), hotp(seed, 40));
      await me.enter(me.field("tokens.code_second"), hotp(seed, 43));
      await me.reads("tokens.codes_wrong_count");
    },
  });
  await page.goto(`${token}?do=resync`);
  await me.type(me.field("tokens.code_first"), hotp(seed, 60));
  await me.enter(me.field("tokens.code_second"), hotp(seed, 61));
  await done("resync");
  await expect(me.main()).toContainText("62");
  await page.goto(`${token}?do=back`);
  await gallery(me, "token-do-back-active");
  // Two wrong ones in two languages and two pairs before: one more, and everybody waits.
  for (let wrong = 0; wrong < 5; wrong++) {
    await page.goto(`${token}?do=resync`);
    await me.type(me.field("tokens.code_first"), hotp(seed, 900));
    await me.enter(me.field("tokens.code_second"), hotp(seed, 902));
  }
  await gallery(me, "token-throttled", {
    reach: async () => {
      await page.goto(`${token}?do=resync`);
      await me.type(me.field("tokens.code_first"), hotp(seed, 70));
      await me.enter(me.field("tokens.code_second"), hotp(seed, 71));
      await me.reads("errors.throttled_title");
    },
  });

  await gallery(me, "token-no-reason", {
    reach: async () => {
      await page.goto(`${token}?do=back`);
      await me.enter(me.field("members.reason"), " ");
      await me.reads("members.reason_missing");
    },
  });
  await page.goto(`${token}?do=back`);
  await me.enter(me.field("members.reason"), REASON);
  await done("back");
  await ask("retire");
  await page.goto(`${token}?do=retire`);
  await me.enter(me.field("members.reason"), REASON);
  await done("retire");
  await gallery(me, "token-retired");
});

test("a file is checked, then imported; each end says what it is, without script too", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const femke = org.member("femke", { given: "Femke" });
  const me = await admin(org, somebody);
  const { page } = me;
  await page.goto(`/admin/${org.slug}/tokens`);
  await me.go(me.link("tokens.import").first());
  await gallery(me, "tokens-import");
  await gallery(me, "tokens-import-wrong", {
    reach: async () => {
      await page.goto(`/admin/${org.slug}/tokens/import`);
      await me.field("tokens.file").setInputFiles({ name: "tokens.csv", mimeType: "text/csv", buffer: Buffer.from("x") });
      await me.type(me.field("tokens.key"), "12 34");
      await me.go(me.button("tokens.send"));
      await me.reads("tokens.key_bad");
    },
  });
  await gallery(me, "tokens-import-no-file", {
    reach: async () => {
      await page.goto(`/admin/${org.slug}/tokens/import`);
      await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await me.go(me.button("tokens.send"));
      await me.reads("tokens.file_missing");
    },
  });
  await gallery(me, "tokens-import-blank", {
    reach: async () => {
      await upload(me, org, " \r\n \r\n");
      await me.reads("tokens.choose_again");
    },
  });

  const good: Line[] = [
    { serial: "ZS-4001", upn: femke },
    { serial: "ZS-4002", seed: SEEDS[1] },
    { serial: "ZS-4003", seed: SEEDS[2] },
  ];
  const bad: Line[] = [
    { serial: "ZS-4004", seed: "not-a-secret" },
    { serial: "ZS-4005", upn: `nobody@${org.slug}.example` },
    { serial: "" },
    { serial: "ZS-4007", interval: 45 },
  ];
  await upload(me, org, list(good));
  await ended(me);
  await me.reads("tokens.would_all", { count: 3, rows: 3 });
  await gallery(me, "tokens-run-checked");
  await me.go(me.link("tokens.real"));
  await me.reads("tokens.import_again_title");
  await expect(page.locator("input[name=dry_run]")).not.toBeChecked();
  await gallery(me, "tokens-import-again");
  await upload(me, org, list([...good, ...bad]));
  await ended(me);
  await gallery(me, "tokens-run-would-not");
  await upload(me, org, list([...good, ...bad]), { skip: true });
  await ended(me);
  await gallery(me, "tokens-run-would-some");
  await upload(me, org, list([...good, ...bad]), { real: true });
  await ended(me);
  await gallery(me, "tokens-run-refused");
  await upload(me, org, "\u0089PNG\r\n\u001a\n", { real: true, name: "scan of the list.png" });
  await ended(me);
  await gallery(me, "tokens-run-problem");
  await upload(me, org, list([]), { real: true });
  await ended(me);
  await gallery(me, "tokens-run-nothing");
  await upload(me, org, list([...good, ...bad]), { real: true, skip: true });
  await ended(me);
  await gallery(me, "tokens-run-some");
  const [download] = await Promise.all([page.waitForEvent("download"), me.link("tokens.result").click()]);
  expect(download.suggestedFilename()).toBe("tokens-result.csv");
  await upload(me, org, list([{ serial: "ZS-4010" }]), { real: true });
  await ended(me);
  await gallery(me, "tokens-run-done");
  await page.goto(`/admin/${org.slug}/tokens/import`);
  await gallery(me, "tokens-import-runs");

  // More bad rows than a page shows.
  await upload(me, org, list(Array.from({ length: 250 }, (_, n) => ({ serial: `ZS-${n}`, seed: "none" }))));
  await ended(me);
  await expect(me.main()).toContainText(me.say("tokens.refused_more", { shown: 200, all: 250 }));

  // Without script the page looks again by itself.
  const plain = await somebody({ script: false });
  await setUp(plain, org.invited("ruth", { given: "Ruth", role: "auth_admin" }));
  await upload(plain, org, list([{ serial: "ZS-4020" }]), { real: true });
  await ended(plain);
  await expect(plain.heading()).toHaveText(plain.say("tokens.did_all", { count: 1, rows: 1 }));
});

test("a member claims a token by its serial number and a code, and one that was given is waiting", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke", family: "Mulder" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const staff = await admin(org, somebody);
  const lines = [{ serial: "ZS-5001", seed: SEEDS[1], interval: 60 }, { serial: "ZS-5002", seed: SEEDS[2], counter: 0 }, { serial: "ZS-5003" }, { serial: "ZS-5004" }, { serial: "ZS-5005" }];
  await upload(staff, org, list(lines), { real: true });
  await ended(staff);

  const me = await somebody();
  const { page } = me;
  await signInFirst(me, upn);
  await page.goto("/security-info");
  await me.go(me.link("security_info.add").first());
  await gallery(me, "security-info-add");
  await me.go(page.getByRole("link", { name: new RegExp(me.say("components.plain_token")) }));
  await gallery(me, "security-info-add-token");
  const claim = async (serial: string, code: string) => {
    await page.goto("/security-info/add/hardware-token?other=yes");
    await me.type(me.field("security_info.token_serial"), serial);
    await me.enter(me.field("security_info.token_code"), code);
  };
  await gallery(me, "security-info-add-token-unknown", {
    reach: async () => {
      await claim("ZS-9999", totp(SEEDS[1], { period: 60 }));
      await me.reads("security_info.token_serial_unknown");
      await expect(me.field("security_info.token_serial")).toHaveValue("ZS-9999");
    },
  });
  await gallery(me, "security-info-add-token-wrong", {
    reach: async () => {
      await claim("ZS-5001", totp(SEEDS[1], { period: 60, ahead: 6_000 }));
      await me.reads("security_info.token_code_wrong");
    },
  });
  await page.goto("/security-info/add/hardware-token");
  await me.type(me.field("security_info.token_serial"), "zs-5001");
  await me.type(me.field("security_info.token_code"), totp(SEEDS[1], { period: 60 }));
  await me.enter(me.field("security_info.token_name"), "On my keys");
  await expect(page.getByRole("status").filter({ hasText: me.say("security_info.done_added", { what: "On my keys" }) })).toBeVisible();
  await gallery(me, "security-info-token-added");

  // One that was given waits on the page, and its number is there already.
  await staff.page.goto(`/admin/${org.slug}/tokens/ZS-5002?do=assign`);
  await staff.enter(staff.field("tokens.upn"), upn);
  await page.goto("/security-info");
  await me.reads("security_info.token_waits_title");
  await gallery(me, "security-info-token-waits");
  await me.go(me.link("security_info.token_set_up"));
  await expect(me.field("security_info.token_serial")).toHaveValue("ZS-5002");
  await gallery(me, "security-info-add-token-given");
  for (let wrong = 0; wrong < 4; wrong++) await claim("ZS-5002", hotp(SEEDS[2], 7_000 + wrong));
  await gallery(me, "security-info-add-token-wait", {
    reach: async () => {
      await claim("ZS-5002", hotp(SEEDS[2], 0));
      await me.reads("errors.throttled_title");
    },
  });
});

test("the address of the form survives signing in, and where there is no room it says so", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  const me = await somebody();
  await me.page.goto("/security-info/add/hardware-token");
  await expect(me.page).toHaveURL(/\/sign-in/);
  await me.enter(me.field("sign_in.name_label"), upn);
  await enterPassword(me);
  await enterCode(me, app.fresh());
  await expect(me.page).toHaveURL(/\/security-info\/add\/hardware-token$/);
  await fill(org, upn);
  await me.page.goto("/security-info/add/hardware-token");
  await expect(me.heading()).toHaveText(me.say("security_info.token_full_title"));
  await gallery(me, "security-info-add-token-full");

  // What fits and what does not stand side by side, each with its reason; what was used longest ago can make room.
  await org.policy((document) => (document.methods = document.methods.filter((rule: { kind: string }) => rule.kind !== "sms")));
  await me.page.goto("/security-info/add");
  for (const words of ["not_room", "not_carried"] as const) await me.reads(`security_info.${words}`);
  await me.reads("security_info.not_allowed", { tenant: "Hogeschool Duinmeer" });
  await gallery(me, "security-info-add-full");
  await me.go(me.page.getByRole("link", { name: me.say("security_info.remove_stale", { name: "Authenticator" }) }).first());
  await expect(me.page).toHaveURL(/\?remove=/);
});

test("an import that runs says how far it is, and one whose service was stopped imported nothing", async ({ somebody }) => {
  const server = await startServer();
  const org = await tenant(server, "Hogeschool Duinmeer");
  const me = await somebody({ at: server });
  await setUp(me, org.invited("marijke", { given: "Marijke", family: "Sanders", role: "global_admin" }));
  const { page } = me;
  // The page would look again while its picture is taken.
  await page.route(/\/tokens\/imports\//, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, "") });
  });
  const rows = Array.from({ length: 200_000 }, (_, n) => `ZS-${n},${SEEDS[0]},30,ZS-1`);
  await upload(me, org, ["serial number,secret key,time interval,model", ...rows].join("\n"), { real: true });
  const run = page.url();
  await gallery(me, "tokens-run-running", {
    reach: async () => {
      await page.goto(run);
      await me.reads("tokens.running_stay");
    },
  });
  await server.crash();
  const again = await startServer({ TWEESTAP_DATA_DIR: server.env.TWEESTAP_DATA_DIR ?? "" });
  const stopped = `${again.url}${new URL(run).pathname}`;
  await expect(async () => {
    await page.goto(stopped);
    await me.reads("tokens.stopped_words");
  }).toPass({ timeout: 45_000, intervals: [2_000] });
  await gallery(me, "tokens-run-stopped");
  await page.goto(`${again.url}/admin/${org.slug}/tokens`);
  await me.reads("tokens.empty_title");
  await again.stop();
  await server.stop();
});

/** As many apps as fit. */
async function fill(org: Tenant, upn: string): Promise<void> {
  for (const secret of SEEDS.flatMap((seed) => [seed, `${seed.slice(2)}AA`]).slice(0, 4)) {
    await org.rest("POST", `/users/${upn}/methods`, { kind: "totp", secret, confirmed: true });
  }
}

/** The first sign-in, which registers an app. */
async function signInFirst(me: Person, upn: string): Promise<void> {
  await enterName(me, upn);
  await enterPassword(me);
  await registerApp(me);
}
