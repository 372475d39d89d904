// The operator's pages for providers, senders and a developer's messages, and what an admin sets about sent codes and passkey models; by keyboard.
import { join } from "node:path";
import { gallery } from "../support/gallery.ts";
import { setUp } from "../support/journey.ts";
import type { Habits, Person } from "../support/person.ts";
import type { Server } from "../support/server.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

type Somebody = (habits?: Habits & { at?: Server }) => Promise<Person>;

/** An operator on a server of one's own. */
async function operatorOf(untouched: Server, somebody: Somebody): Promise<Person> {
  const operator = await somebody({ at: untouched, keyboard: true });
  await setUp(operator, untouched.setupLink ?? "");
  return operator;
}

/** A provider that writes into a folder; answers its address. */
async function addFolder(operator: Person, untouched: Server): Promise<string> {
  const { page } = operator;
  await page.goto("/operator/providers/new?kind=folder");
  await operator.type(operator.field("providers.name"), "Duintekst");
  await operator.type(operator.field("providers.f_path"), join(untouched.env.TWEESTAP_DATA_DIR ?? "", "messages"));
  await operator.go(operator.button("providers.add"));
  await operator.reads("providers.added", { name: "Duintekst" });
  return page.url().split("?")[0] ?? "";
}

async function addSender(operator: Person, value: string, kind: string, country: string, from: string, until: string): Promise<void> {
  await operator.page.goto("/operator/senders");
  await operator.field("senders.kind").selectOption(kind);
  await operator.type(operator.field("senders.value"), value);
  await operator.type(operator.field("senders.country"), country);
  await operator.field("senders.from").fill(from);
  await operator.field("senders.until").fill(until);
  await operator.go(operator.button("senders.add"));
}

/** Sends a test through a provider, as soon as the one before is long enough ago. */
async function tryOut(operator: Person, own: string, told: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await operator.page.goto(own);
    await operator.type(operator.field("providers.test_phone"), "+31612345678");
    await operator.go(operator.button("providers.test_send"));
    await told();
  }).toPass({ timeout: 40_000, intervals: [3_000] });
}

test("an operator adds a provider, whose secret is never seen again, and is told what is wrong", async ({ untouched, somebody }) => {
  const operator = await operatorOf(untouched, somebody);
  const { page } = operator;
  await page.goto("/operator/messages");
  await gallery(operator, "operator-messages-empty");
  await page.goto("/operator/tenants");
  await operator.visit("console.providers");
  await gallery(operator, "operator-providers-empty");
  await operator.go(operator.link("providers.add"));
  await gallery(operator, "operator-provider-kinds");
  await operator.go(operator.link("providers.kind_http_sms"));
  await gallery(operator, "operator-provider-new");
  const add = async (base: string) => {
    await page.goto("/operator/providers/new?kind=http_sms");
    await operator.type(operator.field("providers.name"), "Noordbericht");
    await operator.type(operator.field("providers.f_base"), base);
    await operator.type(operator.field("providers.f_account"), "AC0123456789");
    await operator.type(operator.field("providers.secret_token"), "t0ken");
    await operator.go(operator.button("providers.add"));
  };
  await gallery(operator, "operator-provider-new-wrong", {
    reach: async () => {
      await add("https://user:secret@sms.example/?a=b");
      await expect(operator.field("providers.f_base")).toHaveAttribute("aria-invalid", "true");
      await expect(operator.field("providers.f_account")).toHaveValue("AC0123456789");
      await expect(operator.field("providers.secret_token")).toHaveValue("");
    },
  });
  await add("http://127.0.0.1:9");
  await operator.reads("providers.added", { name: "Noordbericht" });
  await operator.reads("providers.secret_keep");
  const own = page.url().split("?")[0] ?? "";
  await operator.go(operator.button("providers.switch_off"));
  await operator.reads("providers.switched_off", { name: "Noordbericht" });
  await page.goto(own);
  await operator.go(operator.link("providers.remove"));
  await gallery(operator, "operator-provider-remove");
  await operator.go(operator.button("providers.remove"));
  await operator.reads("providers.removed");
  await expect(operator.main()).not.toContainText("Noordbericht");
});

test("senders have a country and their days", async ({ untouched, somebody }) => {
  const operator = await operatorOf(untouched, somebody);
  const { page } = operator;
  await operator.visit("console.senders");
  await gallery(operator, "operator-senders-empty");
  await addSender(operator, "Tweestap", "name", "", "2026-01-01", "");
  await operator.reads("senders.added");
  for (const code of ["97671", "69829"]) await addSender(operator, code, "short_code", "US", "2026-01-01", "");
  await addSender(operator, "759731", "short_code", "CA", "2026-01-01", "2026-02-28");
  await addSender(operator, "673801", "short_code", "CA", "2999-01-01", "");
  await gallery(operator, "operator-senders", { reach: () => page.goto("/operator/senders").then(() => undefined) });
  await gallery(operator, "operator-senders-wrong", {
    reach: async () => {
      await addSender(operator, "97671", "short_code", "US", "2026-03-01", "2026-04-01");
      await expect(operator.field("senders.value")).toHaveAttribute("aria-invalid", "true");
      await expect(operator.field("senders.country")).toHaveValue("US");
    },
  });
  await page.goto("/operator/senders");
  await operator.go(page.getByRole("link", { name: `${operator.say("senders.end")}: 97671` }));
  await gallery(operator, "operator-sender-end");
  await page.goto("/operator/senders");
  await operator.go(page.getByRole("link", { name: `${operator.say("senders.remove")}: 69829` }));
  await gallery(operator, "operator-sender-remove");
  await operator.go(operator.button("senders.remove"));
  await operator.reads("senders.removed");
});

test("an operator tries providers out, orders them, and two tabs do not undo each other", async ({ untouched, somebody }) => {
  const operator = await operatorOf(untouched, somebody);
  const { page } = operator;
  const works = await addFolder(operator, untouched);
  await page.goto("/operator/providers/new?kind=http_sms");
  await operator.type(operator.field("providers.name"), "Noordbericht");
  await operator.type(operator.field("providers.f_base"), "http://127.0.0.1:9");
  await operator.type(operator.field("providers.f_account"), "AC0123456789");
  await operator.type(operator.field("providers.secret_token"), "t0ken");
  await operator.go(operator.button("providers.add"));
  const fails = page.url().split("?")[0] ?? "";
  await tryOut(operator, works, () => operator.reads("providers.test_no_sender"));
  await addSender(operator, "Tweestap", "name", "", "2026-01-01", "");
  const taken = () => operator.reads("providers.test_taken_title", { name: "Duintekst" });
  await gallery(operator, "operator-provider-tested", { reach: () => tryOut(operator, works, taken) });
  await page.goto("/operator/messages");
  await expect(operator.main()).toContainText("+31612345678");
  await gallery(operator, "operator-messages");
  const failed = () => operator.reads("providers.test_failed_title");
  await gallery(operator, "operator-provider-failing", { reach: () => tryOut(operator, fails, failed) });
  await gallery(operator, "operator-provider", { reach: () => page.goto(works).then(() => undefined) });

  // Two tabs: the second is told, and what it typed stays.
  const rival = await page.context().newPage();
  await gallery(operator, "operator-provider-conflict", {
    reach: async () => {
      await page.goto(works);
      await rival.goto(works);
      await rival.getByLabel(operator.say("providers.name"), { exact: true }).fill(`Duintekst ${operator.language}`);
      await rival.getByRole("button", { name: operator.say("providers.save"), exact: true }).click();
      await rival.waitForURL(/done=saved/);
      await operator.type(operator.field("providers.name"), "Mine");
      await operator.go(operator.button("providers.save"));
      await operator.reads("providers.conflict_title");
      await expect(operator.field("providers.name")).toHaveValue("Mine");
    },
  });
  await rival.close();
  await page.goto("/operator/providers");
  await operator.go(page.getByRole("button", { name: operator.say("providers.up", { name: "Noordbericht" }) }));
  await operator.reads("providers.moved");
  await expect(page.getByRole("rowheader").first()).toContainText("Noordbericht");
  await gallery(operator, "operator-providers", { reach: () => page.goto("/operator/providers").then(() => undefined) });
});

test("an admin sets the alarm for sent codes, and which models of passkeys may be registered", async ({ server, somebody }) => {
  const org = await tenant(server, "Stichting Duinrand");
  const admin = await somebody({ keyboard: true });
  await setUp(admin, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "policy_admin" }));
  const { page } = admin;
  const alarms = `/admin/${org.slug}/alarms`;
  await page.goto(alarms);
  await gallery(admin, "console-alarms");
  await gallery(admin, "console-alarms-wrong", {
    reach: async () => {
      await page.goto(alarms);
      await admin.type(admin.field("alarms.percent"), "101");
      await admin.enter(admin.field("members.reason"), "A campaign");
      await admin.reads("alarms.percent_bad");
      await expect(admin.field("members.reason")).toHaveValue("A campaign");
    },
  });
  await page.goto(alarms);
  await admin.tick(admin.field("alarms.pauses"));
  await admin.enter(admin.field("members.reason"), "Fraud last week");
  await admin.reads("alarms.saved");
  await expect(admin.field("alarms.pauses")).toBeChecked();

  const models = `/admin/${org.slug}/passkey-models`;
  await page.goto(models);
  await gallery(admin, "console-passkey-models-empty");
  await gallery(admin, "console-passkey-models-wrong", {
    reach: async () => {
      await page.goto(models);
      await admin.type(admin.field("models.aaguid"), "YubiKey");
      await admin.enter(admin.field("members.reason").first(), "Ours");
      await admin.reads("models.aaguid_bad", { value: "YubiKey" });
    },
  });
  for (const aaguid of ["cb69481e-8ff7-4039-93ec-0a2729a154a8", "d8522d9f-575b-4866-88a9-ba99fa02f35b", "11111111-2222-4333-8444-555555555555"]) {
    await page.goto(models);
    await admin.type(admin.field("models.aaguid"), aaguid);
    await admin.enter(admin.field("members.reason").first(), "The keys that we hand out");
    await admin.reads("models.added");
  }
  await gallery(admin, "console-passkey-models", { reach: () => page.goto(models).then(() => undefined) });
  await page.goto(models);
  await admin.go(page.getByRole("link", { name: `${admin.say("models.remove")}: YubiKey Bio` }));
  await gallery(admin, "console-passkey-model-remove");
  await admin.enter(admin.field("members.reason"), "Given back");
  await admin.reads("models.removed");
});
