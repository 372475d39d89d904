// A forgotten password: two things that show who somebody is, then a new one. Whoever's the name is, the pages are the same.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import type { Person } from "../support/person.ts";
import { PASSWORD, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { aDayPasses, sql } from "../support/time.ts";

const NEW = "zeven groene kikkers";

/** From the sign-in page, as somebody does who has forgotten it. */
async function begin(me: Person, upn: string): Promise<void> {
  await enterName(me, upn);
  await me.go(me.link("sign_in.forgot_password"));
  await me.enter(me.field("sign_in.name_label"), upn);
}

async function choose(me: Person, kind: string): Promise<void> {
  await me.go(me.page.locator(`main button[name=method][value=${kind}]`));
}

function allow(server: Parameters<typeof sql>[0], slug: string, reset: object, more = "'{}'"): void {
  sql(
    server,
    `insert into policy_version (tenant_id, version, document, published_at)
       select p.tenant_id, p.version + 1, p.document || jsonb_build_object('reset', '${JSON.stringify(reset)}'::jsonb) || ${more}::jsonb, now()
       from policy_version p join tenant t using (tenant_id) where t.slug = '${slug}' order by p.version desc limit 1`,
  );
}

for (const language of ["en", "nl"] as const) {
  for (const script of [true, false]) {
    test(`two proofs and a new password, ${language}, on a phone${script ? "" : ", without script"}`, async ({ untouched: server, somebody }) => {
      const messages = new Messages(server);
      const org = await tenant(server, "Hogeschool Duinmeer");
      const upn = org.member("femke", { given: "Femke", family: "de Wit" });
      const app = await org.app(upn);
      const home = "femke@thuis.example";
      await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced", confirmed: true });
      expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "email", mail: home })).status).toBe(201);
      aDayPasses(server);
      const me = await somebody({ at: server, language, width: 390, script });
      const look = async (name: string) => {
        if (script) await gallery(me, name, { language });
      };

      // Nobody may, and everybody is told so.
      await begin(me, upn);
      await expect(me.heading()).toHaveText(me.say("errors.reset_not_offered_title"));
      await look("reset-none");

      allow(server, org.slug, { scope: "everybody", gates: 2 }, `'{"passwords": {"banned": ["noorderlicht"]}}'`);
      await me.page.goto("/reset");
      await look("reset");
      await begin(me, upn);
      await expect(me.heading()).toHaveText(me.say("reset.ways_title"));
      await look("reset-ways");
      await choose(me, "totp");
      await look("reset-code");
      await enterCode(me, app.wrong());
      await me.reads("reset.not_right");
      await look("reset-code-wrong");
      await enterCode(me, app.fresh());
      await expect(me.heading()).toHaveText(me.say("reset.ways_title_more"));
      await expect(me.page.locator("main button[value=totp]")).toHaveCount(0);
      await look("reset-ways-more");
      messages.clear();
      await choose(me, "email");
      await expect(me.main()).not.toContainText("thuis.example");
      await look("reset-mail");
      await enterCode(me, await messages.code(home, 0));

      // The right is in the address. What will not do is said, in words, and uses nothing up.
      await expect(me.page).toHaveURL(/\/reset\/[\w-]{86}$/);
      const right = me.page.url();
      await look("reset-password");
      for (const [typed, told] of [["Welkom2026!", "password_common"], ["N00rderlicht!!", "password_banned"], ["kort", "password_too_short"]] as const) {
        await me.enter(me.field("set_up.password_label"), typed);
        await expect(me.main()).toContainText(me.say(`errors.${told}_title`));
        if (told !== "password_too_short") await look(`reset-${told.replace("_", "-")}`);
      }
      messages.clear();
      await me.enter(me.field("set_up.password_label"), NEW);
      await expect(me.heading()).toHaveText(me.say("reset.done_title"));
      await look("reset-done");
      expect(await messages.notice(home)).toContain("/notices/");
      expect(await messages.notice(upn)).toContain("/notices/");
      await me.page.goto(right);
      await expect(me.heading()).toHaveText(me.say("errors.reset_link_used_title"));
      await look("reset-gone");

      // Nobody was signed in by it; the old password is none, and the second step is as it was.
      await me.page.goto("/security-info");
      await expect(me.page).toHaveURL(/\/sign-in/);
      await enterName(me, upn);
      await enterPassword(me, PASSWORD);
      await expect(me.main()).toContainText(me.say("problems.wrong_password"));
      await enterPassword(me, NEW);
      await expect(me.heading()).toHaveText(me.say("sign_in.code_title_app"));
      await enterCode(me, app.fresh());
      await expect(me.heading()).toHaveText(me.say("security_info.title"));
    });
  }
}

test("the pages of a name that nobody has are those of any other", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  expect((await org.rest("PUT", "/security-questions", { allowed: true, register: 3, answer: 3, reason: "test" })).status).toBe(200);
  allow(server, org.slug, { scope: "everybody", gates: 2 });
  const me = await somebody({ at: server, width: 390 });
  const seen: string[][] = [];
  for (const who of [upn, `nobody@${org.slug}.example`]) {
    messages.clear();
    const pages: string[] = [];
    // Which questions, which moment and which number of the session: these differ from try to try.
    const keep = async () => {
      const words = (await me.main().innerText()).replaceAll(who, "…").replaceAll(/^.*\?$/gm, "…");
      pages.push(words.replaceAll(/\b[0-9A-Z]{4}-[0-9A-Z-]+\b/g, "…").replaceAll(/^.*\d+:\d\d.*$/gm, "…"));
    };
    await begin(me, who);
    await keep();
    for (const kind of ["email", "sms", "security_questions", "totp"]) {
      await me.page.goto("/reset?show=ways");
      await choose(me, kind);
      if (kind === "security_questions") await gallery(me, "reset-questions");
      await keep();
    }
    for (const _ of [1, 2, 3]) {
      await enterCode(me, app.wrong());
      await keep();
    }
    await expect(me.heading()).toHaveText(me.say("errors.too_many_codes_title"));
    if (who === upn) await gallery(me, "reset-ended", { language: "en" });
    seen.push(pages);
  }
  expect(seen[1]).toEqual(seen[0]);
  // The same in Dutch, for the picture.
  const other = await somebody({ at: server, language: "nl", width: 390 });
  await begin(other, upn);
  await other.page.goto("/reset?show=ways");
  await choose(other, "totp");
  for (const _ of [1, 2, 3]) await enterCode(other, app.wrong());
  await expect(other.heading()).toHaveText(other.say("errors.too_many_codes_title"));
  await gallery(other, "reset-ended", { language: "nl" });
});
