// A Temporary Access Pass: the service desk gives one to somebody who has nothing yet, and it opens the wizard where a password alone does not.
import { gallery } from "../support/gallery.ts";
import { enterName, enterPassword, leaveWizard, registerApp, setUp, signOut } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

for (const language of LANGUAGES) {
  test(`the service desk gives a pass, and a member registers with it where the rules are strict (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Zorggroep Lindenhof", { strict: true });
    const upn = org.member("noor", { given: "Noor", family: "Visser" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const { body } = await org.rest("GET", `/users/${upn}`);
    const member = `/admin/${org.slug}/users/${body.id}`;

    const desk = await somebody({ language, width: 390 });
    await setUp(desk, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));
    await desk.page.goto(`${member}?do=pass`);
    await gallery(desk, "console-do-pass", { language });
    await desk.type(desk.field("member.pass_time"), "25:99");
    await desk.enter(desk.field("members.reason"), " ");
    await desk.reads("member.pass_start_bad");
    await gallery(desk, "console-do-pass-wrong", { language });
    const give = async () => {
      await desk.page.goto(`${member}?do=pass`);
      await desk.enter(desk.field("members.reason"), "New phone, ticket 4711");
      await expect(desk.heading()).toHaveText(desk.say("member.pass_given_title", { name: "Noor Visser" }));
      const shown = await desk.main().innerText();
      const [pass] = shown.match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/) ?? [];
      return pass ?? "";
    };
    const replaced = await give();
    await gallery(desk, "console-pass-given", { language });
    const pass = await give();
    expect(pass).not.toBe("");
    await desk.page.goto(member);
    await desk.reads("member.pass_open");
    await gallery(desk, "console-member-pass", { language });

    const me = await somebody({ language, width: 390 });
    const offer = async (typed: string) => {
      await enterName(me, upn);
      await me.go(me.link("sign_in.pass_instead"));
      await me.enter(me.field("sign_in.pass_label"), typed);
    };
    await enterName(me, upn);
    await me.go(me.link("sign_in.pass_instead"));
    await gallery(me, "sign-in-pass", { language });
    // The one that was replaced opens nothing.
    await offer(replaced);
    await me.reads("problems.wrong_pass");
    await gallery(me, "sign-in-pass-wrong", { language });
    await offer(pass.toLowerCase());
    await registerApp(me);
    await leaveWizard(me);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    await signOut(me);

    await offer(pass);
    await me.reads("errors.pass_unusable_title");
    await gallery(me, "sign-in-pass-used", { language });
  });
}

test("a member sees that a pass is open", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("bram", { given: "Bram", family: "de Wit" });
  const app = await org.app(upn);
  const { body } = await org.rest("GET", `/users/${upn}`);
  const desk = await somebody();
  await setUp(desk, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));
  await desk.page.goto(`/admin/${org.slug}/users/${body.id}?do=pass`);
  await desk.page.getByRole("checkbox").uncheck();
  await desk.enter(desk.field("members.reason"), "Two devices to set up");
  const [pass] = (await desk.main().innerText()).match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/) ?? [];

  const me = await somebody();
  await enterName(me, upn);
  await me.go(me.link("sign_in.pass_instead"));
  await me.enter(me.field("sign_in.pass_label"), pass ?? "");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await me.reads("security_info.pass_title");
  await gallery(me, "security-info-pass");
  // Before a change it is asked for like any other way, and there is the app besides.
  expect(await org.verify(upn, app.fresh(), "webmail")).toBe("allowed");

  // It is one of the ways of a second step, too, for whoever has typed the password.
  await signOut(me);
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.link("sign_in.another_way"));
  await gallery(me, "sign-in-ways-pass");
  await me.go(me.page.locator("main button[name=method][value=pass]"));
  await expect(me.heading()).toHaveText(me.say("sign_in.code_title_pass"));
  await gallery(me, "sign-in-pass-second");
  await me.enter(me.field("sign_in.pass_label"), pass ?? "");
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  await desk.page.goto(`/admin/${org.slug}/users/${body.id}?do=pass-end`);
  await gallery(desk, "console-do-pass-end");
  await desk.page.goto(`/admin/${org.slug}/users/${body.id}?do=pass-end`);
  await desk.enter(desk.field("members.reason"), "Both are set up");
  await me.page.goto("/security-info");
  await expect(me.main()).not.toContainText(me.say("security_info.pass_title"));

  // One that begins the day after tomorrow is there to be seen already.
  await desk.page.goto(`/admin/${org.slug}/users/${body.id}?do=pass`);
  await desk.type(desk.field("member.pass_date"), new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10));
  await desk.type(desk.field("member.pass_time"), "08:00");
  await desk.enter(desk.field("members.reason"), "Back from leave");
  await me.page.goto("/security-info");
  await me.reads("security_info.pass_title_early");
  await expect(me.main()).toContainText("08:00");
  await gallery(me, "security-info-pass-early");
});
