// App passwords: a member makes one for an old mail program, sees it once and where it was used, and removes it. And the pages of help.
import { gallery } from "../support/gallery.ts";
import { signIn } from "../support/journey.ts";
import { tenant, type Tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const HERE = "/security-info/app-passwords";

/** The organisation allows app passwords, or does no more. */
async function allow(org: Tenant, allowed: boolean): Promise<void> {
  const { body } = await org.rest("GET", "/policy");
  const others = body.document.methods.filter(({ kind }: { kind: string }) => kind !== "app_password");
  const methods = allowed ? [...others, { kind: "app_password", uses: ["sign_in"] }] : others;
  const answer = await org.rest("PUT", "/policy", { document: { ...body.document, methods }, based_on: body.version, reason: "test" });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

for (const language of LANGUAGES) {
  test(`a member makes an app password, and removes it (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke", family: "de Wit" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });
    const me = await somebody({ language, width: 390, keyboard: language === "en" });
    await signIn(me, upn, app);
    await expect(me.page.locator("#app-passwords")).toHaveCount(0);
    await allow(org, true);
    await me.page.goto("/security-info");
    await me.go(me.link("app_passwords.open"));
    await expect(me.heading()).toHaveText(me.say("app_passwords.title"));
    await gallery(me, "app-passwords-empty", { language });

    await me.enter(me.field("app_passwords.name"), " ");
    await me.reads("security_info.name_empty");
    await gallery(me, "app-passwords-wrong", { language });
    const made: string[] = [];
    for (const name of ["Mail on the old phone", "Scanner"]) {
      await me.page.goto(HERE);
      await me.enter(me.field("app_passwords.name"), name);
      await expect(me.heading()).toHaveText(me.say("app_passwords.made_title"));
      const shown = (await me.main().locator("code").first().innerText()).trim();
      expect(shown).toMatch(/^[a-z]{4}( [a-z]{4}){3}$/);
      made.push(shown);
      if (name === "Scanner") await gallery(me, "app-passwords-made", { language });
    }
    // It is not shown again.
    await me.page.goto(HERE);
    await expect(me.main()).not.toContainText(made[0]);

    const verify = async (password: string) =>
      (await org.rest("POST", "/app-passwords/verify", { user: upn, password, protocol: "imap", client_ip: "203.0.113.9" })).body.decision;
    expect(await verify(made[0])).toBe("allowed");
    await me.page.goto(HERE);
    await expect(me.main()).toContainText("imap, 203.0.113.9");
    await gallery(me, "app-passwords", { language });

    await me.page.goto(`${HERE}?remove=all`);
    await gallery(me, "app-passwords-remove-all", { language });
    await me.page.goto(HERE);
    await me.go(me.page.getByRole("link", { name: me.say("app_passwords.remove_what", { what: "Mail on the old phone" }), exact: true }));
    await gallery(me, "app-passwords-remove", { language });
    await me.go(me.button("security_info.remove_confirm"));
    await me.reads("security_info.done_removed", { what: "Mail on the old phone" });
    expect(await verify(made[0])).toBe("denied");
    expect(await verify(made[1])).toBe("allowed");

    // Switched off, those that are there can still be removed.
    await allow(org, false);
    await me.page.goto(HERE);
    await me.reads("app_passwords.off_title");
    await gallery(me, "app-passwords-off", { language });
    await me.page.goto("/security-info");
    await me.go(me.link("app_passwords.open"));
    await me.go(me.page.getByRole("link", { name: me.say("app_passwords.remove_what", { what: "Scanner" }), exact: true }));
    await me.go(me.button("security_info.remove_confirm"));
    expect(await verify(made[1])).toBe("denied");
  });
}

test("help explains every way and every error, and each error leads there", async ({ somebody }) => {
  const me = await somebody();
  await me.page.goto("/help");
  await gallery(me, "help");
  await me.enter(me.field("help.code_label"), "XY-12");
  await me.reads("help.code_unknown");
  await gallery(me, "help-code-unknown");
  await me.page.goto("/help");
  await me.enter(me.field("help.code_label"), "ts2106");
  await expect(me.heading()).toHaveText(me.say("errors.no_methods_title"));
  await expect(me.page).toHaveURL(/\/help\/errors\/TS-2106$/);
  await gallery(me, "help-error");
  for (const [kind, name] of [["totp", "help-app"], ["voice", "help-voice"]]) {
    await me.page.goto(`/help/methods/${kind}`);
    await gallery(me, name);
  }
  expect((await me.page.goto("/help/methods/push"))?.status()).toBe(404);
  await me.go(me.link("help.more"));
  await expect(me.page).toHaveURL(/\/help\/errors\/TS-\d{4}$/);
});
