// A phone is lost: it goes off at once, what is left leads in again, and with nothing left the service desk helps. And a sign-in that was somebody else's.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, enterRecoveryCode, leaveWizard, readKey, registerApp, sessionId, setUp, signIn, signOut } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

for (const language of LANGUAGES) {
  test(`a lost phone opens nothing any more, and a recovery code leads to a new one (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke", family: "de Wit" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390, keyboard: language === "nl" });
    await enterName(me, upn);
    await enterPassword(me);
    const { app, codes } = await registerApp(me);
    await leaveWizard(me);

    const other = await somebody({ language, width: 390, keyboard: language === "nl" });
    await other.page.goto("/lost");
    await expect(other.heading()).toHaveText(other.say("lost.title"));
    if (language === "en") await gallery(other, "lost");
    await other.go(other.link("lost.begin"));
    await other.enter(other.field("sign_in.name_label"), upn);
    await enterPassword(other);
    await expect(other.heading()).toHaveText(other.say("lost.choose_title"));
    await gallery(other, "lost-choose", { language });
    await other.go(other.button("lost.act"));
    await other.reads("lost.unticked");
    await gallery(other, "lost-unticked", { language });
    await other.tick(other.page.getByRole("checkbox").first());
    await other.go(other.button("lost.act"));
    await expect(other.heading()).toHaveText(other.say("lost.done_title"));
    await gallery(other, "lost-done", { language });
    await other.page.goto("/lost");
    await other.reads("lost.nothing_title");
    await gallery(other, "lost-nothing", { language });

    // The first browser is out, and the app opens nothing.
    await me.page.goto("/security-info");
    await expect(me.page).toHaveURL(/\/sign-in/);
    await other.go(other.link("lost.prove"));
    await enterRecoveryCode(other, codes[0]);
    await expect(other.page).toHaveURL(/\/lost$/);
    await other.reads("lost.reported_title");
    await gallery(other, "lost-signed-in", { language });
    await other.go(other.link("lost.set_up"));
    await expect(other.heading()).toHaveText(other.say("security_info.add_title"));
    await other.page.goto("/register");
    const fresh = await readKey(other);
    await other.go(other.button("register.added"));
    await enterCode(other, fresh.fresh());
    await other.page.goto("/security-info");
    await other.reads("security_info.off_lost");
    await gallery(other, "security-info-lost", { language });

    // The new app opens; the lost one does not.
    await signOut(other);
    await enterName(other, upn);
    await enterPassword(other);
    await enterCode(other, app.fresh());
    await expect(other.main()).toContainText(other.say("problems.wrong_code"));
    await enterCode(other, fresh.fresh());
    await expect(other.page).not.toHaveURL(/\/sign-in/);
  });

  test(`with nothing left the service desk gives a pass (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Gemeente Zuidwold");
    const upn = org.member("bram", { given: "Bram", family: "Visser" });
    await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390 });
    await me.page.goto("/lost");
    await me.go(me.link("lost.begin"));
    await me.enter(me.field("sign_in.name_label"), upn);
    await enterPassword(me);
    await me.tick(me.page.getByRole("checkbox").first());
    await me.go(me.button("lost.act"));
    await me.reads("lost.desk_title");
    await gallery(me, "lost-stranded", { language });
    const session = await sessionId(me);
    await expect(me.main()).toContainText(session);

    // The desk finds the attempt, and gives a pass.
    const desk = await somebody();
    await setUp(desk, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));
    const alone = await somebody({ language });
    await enterName(alone, upn);
    await enterPassword(alone);
    await expect(alone.heading()).toHaveText(alone.say("errors.no_methods_title"));
    await desk.page.goto(`/support/sessions/${session}`);
    await expect(desk.main()).toContainText(desk.say("events.methods_lost"));
    const { body } = await org.rest("GET", `/users/${upn}`);
    await desk.page.goto(`/admin/${org.slug}/users/${body.id}?do=pass`);
    await desk.enter(desk.field("members.reason"), "Lost phone, ticket 4711");
    const [pass] = (await desk.main().innerText()).match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/) ?? [];

    await me.go(me.button("lost.have_pass"));
    await enterName(me, upn);
    await me.go(me.link("sign_in.pass_instead"));
    await me.enter(me.field("sign_in.pass_label"), pass ?? "");
    await registerApp(me);
    await leaveWizard(me);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
  });
}

for (const language of LANGUAGES) {
  test(`a sign-in that was not mine is reported, and everybody is out (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("ilse", { given: "Ilse" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const [me, stranger] = [await somebody({ language, width: 390 }), await somebody({ language, width: 390 })];
    await signIn(me, upn, app);
    await enterName(stranger, upn);
    await enterPassword(stranger, "a guess that is wrong");
    await signIn(stranger, upn, app);

    // A try that failed ends nothing.
    await me.page.goto("/activity");
    await gallery(me, "activity-mine", { language });
    const refused = me.main().locator("a.danger").first();
    await me.go(refused);
    await expect(me.heading()).toHaveText(me.say("activity.report_title"));
    await me.reads("activity.report_stopped");
    await gallery(me, "activity-report-try", { language });
    await me.go(me.button("activity.not_me"));
    await me.reads("security_info.done_reported");
    await me.reads("activity.reported");

    // One that did ends everything.
    await me.go(me.main().locator("a.quiet").first());
    await me.reads("activity.report_sessions");
    await gallery(me, "activity-report", { language });
    await me.go(me.button("activity.not_me"));
    await expect(me.heading()).toHaveText(me.say("activity.done_title"));
    await gallery(me, "activity-done", { language });
    for (const one of [me, stranger]) {
      await one.page.goto("/security-info");
      await expect(one.page).toHaveURL(/\/sign-in/);
    }
  });
}
