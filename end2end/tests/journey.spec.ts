// The main job from all three sides: an admin switches MFA on, the member registers and signs in, is refused with a wrong and a used code, and reads
// out the session id; the admin finds it in the journal, and support finds out why.
import { expectAccessible } from "../support/axe.ts";
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, readCodes, readKey, sessionId, setUp, signOut } from "../support/journey.ts";
import type { Habits, Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

interface Way extends Habits {
  title: string;
  /** Pages that come from a form are photographed here, each in the language of the way. */
  pictures?: boolean;
}

const WAYS: Way[] = [
  { title: "in English, at a desk, light", language: "en", theme: "light", width: 1440, pictures: true },
  { title: "in Dutch, on a phone, dark", language: "nl", theme: "dark", width: 390, pictures: true },
  { title: "in English, by keyboard alone, dark", language: "en", theme: "dark", width: 1440, keyboard: true },
  { title: "in Dutch, by keyboard alone, on a phone, light", language: "nl", theme: "light", width: 390, keyboard: true },
  { title: "in English, without JavaScript, on a phone, dark", language: "en", theme: "dark", width: 390, script: false },
  { title: "in Dutch, without JavaScript, at a desk, light", language: "nl", theme: "light", width: 1440, script: false },
];

/** What people are told, word for word. Everything else is found by the words of the locale files. */
const TOLD = {
  en: {
    why: "Hogeschool Duinmeer asks you for a second step when you sign in, and you haven’t set one up yet.",
    wrong: "That code isn’t right. You can try twice more.",
    used: "You used this code a moment ago",
    ended: "The code was wrong too often",
    case: "The sign-in ended after 3 wrong codes.",
  },
  nl: {
    why: "Hogeschool Duinmeer vraagt je om een tweede stap bij het aanmelden, en die heb je nog niet ingesteld.",
    wrong: "Die code klopt niet. Je kunt het nog twee keer proberen.",
    used: "Je hebt deze code net al gebruikt",
    ended: "De code was te vaak fout",
    case: "Het aanmelden stopte na 3 foute codes.",
  },
};

for (const { title, pictures, ...habits } of WAYS) {
  test(`the main job ${title}`, async ({ server, somebody }) => {
    const told = TOLD[habits.language ?? "en"];
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("bram", { given: "Bram" });
    const look = async (who: Person, name: string) => {
      if (pictures) await gallery(who, name, { language: who.language });
      // axe is a script itself. It has seen the same pages by the other ways.
      else if (who.script) await expectAccessible(who.page, name);
    };

    // An admin switches MFA on.
    const admin = await somebody(habits);
    await setUp(admin, org.invited("marijke", { given: "Marijke", role: "global_admin" }));
    await expect(admin.heading()).toHaveText(admin.say("members.title"));
    await admin.enter(admin.page.getByRole("searchbox", { name: admin.say("members.filter_label") }), "bram");
    await admin.go(admin.page.getByRole("link", { name: "Bram", exact: true }));
    await admin.reads("member.finding_may_not", { name: "Bram" });
    await admin.go(admin.link("member.enabled_do"));
    await expect(admin.heading()).toHaveText(admin.say("member.enabled_ask", { name: "Bram" }));
    await admin.type(admin.field("members.reason"), "New colleague");
    await look(admin, "console-member-enable");
    await admin.go(admin.button("member.enabled_do"));
    await expect(admin.page.getByRole("status").filter({ hasText: admin.say("member.enabled_done", { name: "Bram" }) })).toBeVisible();
    await admin.reads("member.finding_must_none", { name: "Bram" });
    await look(admin, "console-member-enabled");
    expect((await org.rest("GET", `/users/${upn}`)).body.mfa_state).toBe("enabled");

    // The member is told why, registers an app in the middle of signing in, and is enforced.
    const member = await somebody(habits);
    await enterName(member, upn);
    await expect(member.page.locator("html")).toHaveAttribute("lang", member.language);
    await enterPassword(member);
    await expect(member.main()).toContainText(told.why);
    const app = await readKey(member);
    await look(member, "register-scan-key");
    await member.go(member.button("register.added"));
    await enterCode(member, app.wrong());
    await member.reads("register.clock_hint");
    await look(member, "register-test-wrong");
    await enterCode(member, app.fresh());
    expect(await readCodes(member)).toHaveLength(10);
    await look(member, "register-codes");
    await member.tick(member.page.getByRole("checkbox", { name: member.say("register.saved") }));
    await member.go(member.button("register.finish"));
    await expect(member.heading()).toHaveText(member.say("register.done_title", { name: "Bram" }));
    expect((await org.rest("GET", `/users/${upn}`)).body.mfa_state).toBe("enforced");
    await signOut(member);

    // Signs in with a code. A wrong one and the one that was used are refused, in words.
    await enterName(member, upn);
    await enterPassword(member);
    await expect(member.heading()).toHaveText(member.say("sign_in.code_title_app"));
    await enterCode(member, app.wrong());
    await expect(member.main()).toContainText(told.wrong);
    await look(member, "sign-in-code-wrong");
    await enterCode(member, app.last);
    await expect(member.main()).toContainText(told.used);
    await look(member, "sign-in-code-used");
    await enterCode(member, app.fresh());
    await expect(member.heading()).toHaveText(member.say("security_info.title"));

    // Elsewhere it goes wrong altogether: what the page says at its foot is read out to support.
    const elsewhere = await somebody(habits);
    await enterName(elsewhere, upn);
    await enterPassword(elsewhere);
    for (const _ of [1, 2, 3]) await enterCode(elsewhere, app.wrong());
    await expect(elsewhere.heading()).toHaveText(told.ended);
    await look(elsewhere, "sign-in-stopped");
    const readOut = await sessionId(elsewhere);

    // The admin finds the rows and opens the detail of the one that was denied.
    await admin.visit("console.sign_ins");
    const rows = admin.page.getByRole("table").getByRole("row").filter({ hasText: upn });
    await expect(rows.filter({ hasText: admin.say("reasons.right_code") })).toHaveCount(1);
    await admin.go(admin.page.getByRole("navigation", { name: admin.say("components.facets") }).getByRole("link", { name: admin.say("reasons.decision_denied") }));
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText(admin.say("reasons.too_many_codes"));
    await admin.go(rows.getByRole("link", { name: upn, exact: true }));
    const drawer = admin.page.getByRole("complementary");
    await expect(drawer).toContainText(readOut);
    await expect(drawer.getByText(admin.say("support.step_code_wrong"), { exact: true })).toHaveCount(3);
    await look(admin, "journal-detail-denied");

    // Support types what was heard on the phone, in small letters and with spaces, and sees why and every step.
    const support = await somebody(habits);
    await setUp(support, org.invited("teun", { given: "Teun", role: "support" }));
    await expect(support.heading()).toHaveText(support.say("support.title"));
    await support.enter(support.page.getByRole("searchbox", { name: support.say("support.search") }), readOut.toLowerCase().replaceAll("-", " "));
    await expect(support.page).toHaveURL(new RegExp(`/support/sessions/${readOut}`));
    await expect(support.heading()).toContainText("Bram");
    await expect(support.main()).toContainText(told.case);
    const steps = support.page.getByRole("region", { name: support.say("support.every_step") });
    await expect(steps.getByText(support.say("support.step_code_wrong"), { exact: true })).toHaveCount(3);
    await expect(steps).toContainText(support.say("support.step_password_right"));
    await look(support, "support-case-denied");
  });
}
