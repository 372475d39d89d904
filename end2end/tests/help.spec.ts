// Help: every way of signing in and every error code has a page, in both languages, and nothing on it leads nowhere.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faults, gallery } from "../support/gallery.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

/** As the program has them: `2106 NoMethods 403 "…"`. */
const SOURCE = readFileSync(join(import.meta.dirname, "../../model/src/error_code.rs"), "utf8");
const CODES = [...SOURCE.matchAll(/^ +(\d{4}) (\w+) \d{3} "/gm)].map(([, digits, name]) => ({
  code: `TS-${digits}`,
  title: `errors.${(name ?? "").replaceAll(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}_title`,
}));
const DOCUMENTED = [...readFileSync(join(import.meta.dirname, "../../docs/error-codes.md"), "utf8").matchAll(/^\| (TS-\d{4}) \|/gm)].map(([, code]) => code);
/** One that explains itself for each kind that people are asked for; a push is not among them yet. */
const KINDS = ["passkey", "totp", "hardware_token", "sms", "voice", "email", "recovery_code", "pass", "app_password", "security_questions"];

for (const language of LANGUAGES) {
  test(`every way and every error code is explained (${language})`, async ({ somebody }) => {
    expect(CODES.map(({ code }) => code)).toEqual(DOCUMENTED);
    // These pages have no use for a script, and are looked at sooner without. axe sees those of the pictures below.
    const me = await somebody({ language, width: 390, script: false });
    const { page } = me;
    await page.goto("/help");
    // What the index calls them is what stands above their pages.
    const index = await page.locator('main a[href^="/help/methods/"]').evaluateAll((links) =>
      links.map((link) => [link.getAttribute("href")?.split("/").at(-1) ?? "", link.querySelector("strong, .strong, b")?.textContent?.trim() ?? link.textContent?.trim() ?? ""]),
    );
    expect(index.map(([kind]) => kind).sort()).toEqual([...KINDS].sort());
    const pages = [
      ...index.map(([kind, title]) => ({ path: `/help/methods/${kind}`, title: title ?? "" })),
      ...CODES.map(({ code, title }) => ({ path: `/help/errors/${code}`, title: me.say(title) })),
    ];
    const links = new Set<string>();
    for (const { path, title } of pages) {
      const answer = await page.goto(path, { waitUntil: "domcontentloaded" });
      expect.soft(answer?.status(), path).toBe(200);
      const seen = await page.evaluate(() => ({
        language: document.documentElement.lang,
        headings: [...document.querySelectorAll("h1")].map((heading) => heading.innerText.trim()),
        links: [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href") ?? ""),
      }));
      expect.soft([seen.language, seen.headings], path).toEqual([language, [title]]);
      expect.soft(await faults(page), path).toEqual([]);
      for (const href of seen.links) links.add(href);
    }
    // The switch of the language is on all of them, with the way back in its address: one of them is enough.
    const apart = new Map([...links].filter((href) => !href.startsWith("#")).map((href) => [href.replace(/&back=.*/, ""), href]));
    expect(apart.size).toBeGreaterThan(CODES.length);
    for (const href of apart.values()) {
      const answer = await page.request.get(href, { maxRedirects: 0 });
      expect.soft(answer.status(), `${href} leads somewhere`).toBeLessThan(400);
    }
  });
}

test("the ways and errors that are the least like the others", async ({ somebody }) => {
  const me = await somebody();
  for (const [path, name] of [
    ["/help/methods/pass", "help-pass"],
    ["/help/methods/app_password", "help-app-password"],
    ["/help/methods/security_questions", "help-questions"],
    ["/help/errors/TS-2113", "help-error-program"],
    ["/help/errors/TS-2109", "help-error-registration"],
  ] as const) {
    await me.page.goto(path);
    await gallery(me, name);
  }
});
