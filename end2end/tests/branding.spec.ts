// The colour and the logo of an organisation: on its members' pages from the right password on, readable whatever it is, and never before.
import { gallery } from "../support/gallery.ts";
import { enterCode, enterName, enterPassword, leaveWizard, registerApp } from "../support/journey.ts";
import type { Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

/** A picture of a name, as organisations have them: dark letters on nothing. */
async function drawn(me: Person): Promise<Buffer> {
  const page = await me.page.context().newPage();
  await page.setViewportSize({ width: 240, height: 64 });
  await page.setContent(`<svg width="240" height="64" style="position:fixed;inset:0">
    <path d="M8 52 L32 10 L56 52 Z" fill="#7a1fa2"/><text x="68" y="30" font="sans-serif" font-size="20">Gemeente</text>
    <text x="68" y="54" font-family="sans-serif" font-weight="bold" font-size="24">Duinmeer</text></svg>`);
  const picture = await page.screenshot({ omitBackground: true });
  await page.close();
  return picture;
}

const accent = (me: Person) => me.page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent"));

test("members' pages are in the organisation's colour once it is known whose they are", async ({ server, somebody }) => {
  const org = await tenant(server, "Gemeente Duinmeer");
  const upn = org.member("bram", { given: "Bram", family: "de Wit" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });

  const { body: policy } = await org.rest("GET", "/policy");
  const blue = { ...policy.document, appearance: { accent: "blauw" } };
  const refused = await org.rest("PUT", "/policy", { based_on: policy.version, document: blue, reason: "tests" });
  expect(refused.status).toBe(422);
  for (const words of ["appearance.accent", "blauw", "six hexadecimal digits"]) expect(JSON.stringify(refused.body)).toContain(words);

  // As pale as one can choose: the words on it and in it stay readable.
  await org.policy((document) => (document.appearance = { accent: "#FFE600" }));
  const me = await somebody({ width: 390 });
  await me.page.addInitScript(() => Reflect.deleteProperty(globalThis, "PublicKeyCredential"));
  await enterName(me, upn);
  expect(await accent(me), "nobody is told whose name it is").not.toContain("ffe600");
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
  expect(await accent(me)).toContain("ffe600");
  await gallery(me, "register-branded");
  const { app } = await registerApp(me);
  await leaveWizard(me);

  await org.policy((document) => (document.appearance = { accent: "#7a1fa2" }));
  await me.page.goto("/security-info");
  expect(await accent(me)).toContain("7a1fa2");
  await gallery(me, "security-info-branded");
  await me.page.context().clearCookies();
  await enterName(me, upn);
  await enterPassword(me);
  await gallery(me, "sign-in-branded");

  // A logo in the place of the name, which it says to whoever does not see it. By night it stands on paper.
  org.logo(await drawn(me));
  await me.page.reload();
  const logo = me.page.getByRole("banner").getByRole("img", { name: "Gemeente Duinmeer" });
  await expect(logo).toBeVisible();
  expect(await logo.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])).toEqual([240, 64]);
  await gallery(me, "sign-in-logo");
  await enterCode(me, app.fresh());
  await me.page.goto("/security-info");
  await expect(logo).toBeVisible();
  await gallery(me, "security-info-logo");

  await org.policy((document) => delete document.appearance);
  await me.page.goto("/security-info");
  expect(await accent(me)).not.toContain("7a1fa2");
});
