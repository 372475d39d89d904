// Somebody calls the service desk and says who he is: before anything is given out, a code goes to his phone and he reads it back.
import { gallery } from "../support/gallery.ts";
import { setUp } from "../support/journey.ts";
import { Messages } from "../support/messages.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { aDayPasses } from "../support/time.ts";
import { LANGUAGES } from "../support/words.ts";

const PHONE = "+31612345678";
/** What texts say, which stands in no locale file. */
const SAID = { en: "Did YOU call the service desk", nl: "Belde JIJ de servicedesk" };

for (const language of LANGUAGES) {
  test(`a caller reads back what was sent to his phone before he gets a pass (${language})`, async ({ untouched: server, somebody }) => {
    const messages = new Messages(server);
    const org = await tenant(server, "Hogeschool Duinmeer", { language });
    const upn = org.member("femke", { given: "Femke", family: "de Wit" });
    const bare = org.member("bram", { given: "Bram", family: "Visser" });
    expect((await org.rest("POST", `/users/${upn}/methods`, { kind: "sms", phone: PHONE })).status).toBe(201);
    const { id } = (await org.rest("GET", `/users/${upn}`)).body;
    aDayPasses(server);
    const desk = await somebody({ at: server, language, keyboard: language === "nl" });
    await setUp(desk, org.invited("sanne", { given: "Sanne", family: "de Boer", role: "support" }));

    const pass = `/admin/${org.slug}/users/${id}?do=pass`;
    await desk.page.goto(pass);
    await desk.reads("tickets.caller_no");
    await desk.go(desk.link("tickets.caller_go"));
    await expect(desk.heading()).toHaveText(desk.say("tickets.caller_of", { name: "Femke de Wit" }));
    await gallery(desk, "support-caller", { language });
    const send = desk.page.locator("main button[name=method]");
    await desk.go(send);
    await gallery(desk, "support-caller-code", { language });
    await messages.says(PHONE, SAID[language]);
    const code = await messages.code(PHONE, 0);
    const wrong = code === "000000" ? "111111" : "000000";
    await desk.enter(desk.field("tickets.caller_code"), "none");
    await desk.reads("tickets.caller_form");
    await desk.enter(desk.field("tickets.caller_code"), wrong);
    await desk.reads("tickets.caller_wrong_other", { count: 2 });
    await gallery(desk, "support-caller-wrong", { language });
    await desk.enter(desk.field("tickets.caller_code"), code);
    await desk.reads("tickets.caller_done_title");
    await gallery(desk, "support-caller-confirmed", { language });
    await desk.go(desk.link("tickets.caller_back"));
    await expect(desk.page).toHaveURL(new RegExp(`${id}\\?do=pass$`));
    await expect(desk.page.getByText(desk.say("tickets.caller_no"))).toHaveCount(0);

    // Somebody else who guesses gets nowhere, and a code that was used is used.
    await desk.page.goto(`/support/callers/${id}`);
    await desk.go(send);
    const waits = desk.page.url();
    for (let n = 0; n < 3; n++) await desk.enter(desk.field("tickets.caller_code"), wrong);
    await desk.reads("tickets.caller_failed_title");
    await gallery(desk, "support-caller-failed", { language });
    await desk.page.goto(waits);
    await desk.reads("tickets.caller_gone");

    // Without a phone there is advice.
    const other = (await org.rest("GET", `/users/${bare}`)).body.id;
    await desk.page.goto(`/support/callers/${other}`);
    await desk.reads("tickets.caller_none_title");
    await gallery(desk, "support-caller-none", { language });

    // It stands among the changes of the member, and costs nothing.
    const { items } = (await org.rest("GET", `/audit-log?event=caller.checked&limit=10`)).body;
    expect(items.map(({ after }: any) => after.passed)).toEqual([false, true]);
  });
}
