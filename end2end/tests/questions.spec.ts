// Security questions: a member answers them, another program asks them before a reset, and an admin takes them away.
import { gallery } from "../support/gallery.ts";
import { setUp, signIn } from "../support/journey.ts";
import type { Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

const FORM = "/security-info/add/security-questions";
const ANSWERS: [question: string, answer: string][] = [
  ["cuddly-toy", "Professor Paardebloem"],
  ["hiding-place", "Achter de broeikas"],
  ["first-film", "De Reuzenperzik"],
  ["swimming-lessons", "Bad Noord"],
  ["first-wages", "Een tuba"],
];

async function fill(me: Person, rows: [question: string, answer: string][]): Promise<void> {
  for (const [n, [question, answer]] of rows.entries()) {
    await me.page.locator(`#f-question-${n + 1}`).selectOption(question);
    await me.page.locator(`#f-answer-${n + 1}`).fill(answer);
  }
  await me.go(me.button("security_info.questions_save"));
}

test("a member answers questions, and they are asked before a reset", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke", family: "de Wit" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody();
  await signIn(me, upn, app);
  await expect(me.page.locator("#questions")).toHaveCount(0);
  expect((await me.page.goto(FORM))?.status()).toBe(403);

  const terms = (register: number, answer: number) => org.rest("PUT", "/security-questions", { allowed: true, register, answer, reason: "test" });
  expect((await terms(5, 3)).status).toBe(200);
  await me.page.goto("/security-info");
  await me.reads("security_info.questions_offer_title");
  await gallery(me, "security-info-questions-offered");
  await me.go(me.link("security_info.questions_set_up"));
  await gallery(me, "security-info-add-questions");

  const wrong: typeof ANSWERS = [ANSWERS[0], ["swimming-lessons", "swim"], ["cuddly-toy", "Beer"], ["", "Iets"], ["first-wages", " professor  PAARDEBLOEM "]];
  await gallery(me, "security-info-add-questions-wrong", {
    reach: async () => {
      await me.page.goto(FORM);
      await fill(me, wrong);
      await me.reads("security_info.questions_inside");
      await me.reads("security_info.questions_twice");
      await me.reads("security_info.questions_none");
      await me.reads("security_info.questions_same");
    },
  });
  await me.page.goto(FORM);
  await fill(me, wrong);
  // What was chosen and typed is still there.
  await expect(me.page.locator("#f-question-2")).toHaveValue("swimming-lessons");
  await expect(me.page.locator("#f-answer-3")).toHaveValue("Beer");
  await expect(me.page.locator("#f-answer-2")).toBeFocused();
  await fill(me, ANSWERS);
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await me.reads("security_info.done_questions");
  await me.page.goto("/security-info");
  await gallery(me, "security-info-questions");

  const ask = async (answers: (answer: string) => string) => {
    const asked = await org.rest("POST", "/security-questions", { user: upn });
    expect(asked.body.questions).toHaveLength(3);
    const given = asked.body.questions.map(({ id }: { id: string }) => ({ question: id, answer: answers(new Map(ANSWERS).get(id) ?? "") }));
    return (await org.rest("POST", "/security-questions/verify", { id: asked.body.id, answers: given })).body.decision;
  };
  expect(await ask((answer) => `  ${answer.toUpperCase()}`)).toBe("allowed");
  expect(await ask((answer) => `${answer}!`)).toBe("denied");

  // The organisation asks more than there are, from now on.
  const { body } = await org.rest("GET", `/users/${upn}`);
  const chief = await somebody();
  await setUp(chief, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "auth_admin" }));
  const member = `/admin/${org.slug}/users/${body.id}`;
  await chief.page.goto(member);
  await gallery(chief, "console-member-questions");
  await chief.page.goto(`${member}?do=questions`);
  await gallery(chief, "console-do-questions");
  await chief.page.goto(`${member}?do=questions`);
  await chief.enter(chief.field("members.reason"), "Told them to somebody, ticket 4711");
  await chief.reads("member.questions_done", { name: "Femke de Wit" });
  await me.page.goto("/security-info");
  await me.reads("security_info.questions_offer_title");
});

test("a member answers anew what is not enough, and removes the answers", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("bram", { given: "Bram", family: "Visser" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await org.rest("PUT", "/security-questions", { allowed: true, register: 3, answer: 3, reason: "test" });
  const me = await somebody();
  await signIn(me, upn, app);
  await me.page.goto(FORM);
  await fill(me, ANSWERS.slice(0, 3));
  await org.rest("PUT", "/security-questions", { allowed: true, register: 4, answer: 4, reason: "test" });
  await me.page.goto("/security-info");
  await me.reads("security_info.questions_lack");
  await gallery(me, "security-info-questions-lacking");
  await me.go(me.link("security_info.questions_renew").last());
  await me.reads("security_info.questions_replaces");
  await fill(me, ANSWERS.slice(1, 5));
  await expect(me.page.locator("#questions")).not.toContainText(me.say("security_info.questions_lack"));
  await me.page.goto("/security-info?remove=questions");
  await gallery(me, "security-info-questions-remove");
  await me.page.goto("/security-info?remove=questions");
  await me.go(me.button("security_info.remove_confirm"));
  await me.reads("security_info.questions_offer_title");
});
