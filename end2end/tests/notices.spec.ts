// A change is mailed to the member it is about, and the link in the mail ends what was not his: it works once and opens nothing.
import { gallery } from "../support/gallery.ts";
import { enterName, enterPassword, setUp, signIn } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const PHONES = { en: "+31612345678", nl: "+31687654321" } as const;

test("a phone that somebody else adds goes off by the link in the mail, once", async ({ untouched: server, somebody }) => {
  const messages = new Messages(server);
  const org = await tenant(server, "Gemeente Zuidwold");
  const reader = await somebody({ at: server });
  let [upn, id] = ["", ""];
  for (const blocks of [false, true]) {
    expect((await org.rest("PUT", "/trust", { networks_skip: false, remember_days: 0, fraud_blocks: blocks, reason: "test" })).status).toBe(200);
    for (const [n, language] of LANGUAGES.entries()) {
      upn = org.member(`ilse${blocks ? "b" : "a"}${n}`, { given: "Ilse" });
      const app = await org.app(upn);
      await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
      id = (await org.rest("GET", `/users/${upn}`)).body.id;
      // The password and the app were told too.
      await messages.notice(upn, 1);
      const thief = n === 0 ? await somebody({ at: server }) : undefined;
      if (thief) {
        await signIn(thief, upn, app);
        // What came within five seconds of a change is taken for a part of it.
        await thief.page.waitForTimeout(5_500);
      }
      messages.clear();
      const added = await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONES[language] });
      expect(added.status, JSON.stringify(added.body)).toBe(201);
      const link = await messages.notice(upn);

      // Looking changes nothing, however often.
      await reader.page.goto(link);
      await expect(reader.heading()).toHaveText(reader.say("notices.ask_title"));
      await expect(reader.main()).not.toContainText(upn);
      if (n === 0) await gallery(reader, blocks ? "notice-blocks" : "notice");
      if (thief) {
        await thief.page.goto("/security-info");
        await expect(thief.main()).toContainText(PHONES[language].slice(-2));
      }

      await reader.page.context().addCookies([{ name: "lang", value: language, url: reader.url }]);
      reader.language = language;
      await reader.page.goto(link);
      await reader.go(reader.button("notices.act"));
      await expect(reader.heading()).toHaveText(reader.say("notices.done_title"));
      await gallery(reader, blocks ? "notice-done-blocked" : "notice-done", { language });

      // Whoever was in is out, and the phone opens nothing.
      if (thief) {
        await thief.page.goto("/security-info");
        await expect(thief.page).toHaveURL(/\/sign-in/);
      }
      await reader.page.goto(link);
      await reader.reads("errors.notice_link_used_title");
      if (blocks && n === 0) await gallery(reader, "notice-gone");
      const { body } = await org.rest("GET", `/users/${upn}/methods`);
      const items = body.items ?? body;
      const active = Object.fromEntries(items.map((m: { kind: string; active: boolean }) => [m.kind, m.active]));
      expect(active.sms).toBe(false);
      // What was there long before stays; the others' app came in the same moment.
      if (thief) expect(active.totp).toBe(true);
    }
  }
  // The account is blocked now, and the link signed nobody in.
  await reader.page.goto("/security-info");
  await expect(reader.page).toHaveURL(/\/sign-in/);
  await enterName(reader, upn);
  await enterPassword(reader);
  await expect(reader.main()).toContainText(reader.say("errors.blocked_title"));

  // The service desk sees what was switched off and why, and what resets no password.
  const desk = await somebody({ at: server });
  await setUp(desk, org.invited("sanne", { given: "Sanne", role: "global_admin" }));
  await desk.page.goto(`/admin/${org.slug}/users/${id}`);
  await desk.reads("member.m_off_not_me");
});
