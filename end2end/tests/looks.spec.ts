// Ten pages that everybody meets, as they looked when somebody last agreed to it (support/picture.ts says how they are compared).
import { enterCode, enterName, enterPassword, leaveWizard, registerApp } from "../support/journey.ts";
import { expectLooks } from "../support/picture.ts";
import type { Person } from "../support/person.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

test("ten pages look as they did", async ({ server, somebody, browser }, info) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("bram", { given: "Bram", family: "de Wit" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  await org.policy((document) => (document.reset = { ...document.reset, scope: "everybody" }));
  const me: Person = await somebody({ width: 390 });
  // A browser that can make no passkey, wherever this runs.
  await me.page.addInitScript(() => Reflect.deleteProperty(globalThis, "PublicKeyCredential"));
  const bench = await browser.newPage();
  const moment = /(?:[Tt]oday|[Yy]esterday|\b[A-Z][a-z]+day|\b\d{1,2} [A-Z][a-z]+(?: \d{4})?), \d{1,2}:\d\d/;
  const cover = {
    texts: [
      [new RegExp(`@${org.slug}\\.example`), "@duinmeer.example"],
      [/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}\b/, "0000-0000-00"],
      [moment, "Monday, 12:00"],
      [/\b\d{1,2} [A-Z][a-z]+ \d{4}\b/, "1 June 2026"],
      [/Chrom\w+(?: [\d.]+)? on \w+|Chrom\w+, \w+/, "Chrome on Linux"],
    ] as [RegExp, string][],
    shapes: ".qr-frame",
  };
  const looks = (name: string) => expectLooks(me, name, cover, bench, info);

  await me.page.goto("/sign-in");
  await looks("sign-in");
  await enterName(me, upn);
  await looks("sign-in-password");
  await enterPassword(me);
  await expect(me.heading()).toHaveText(me.say("register.scan_title"));
  await looks("register-scan");
  await me.go(me.link("register.something_else"));
  await looks("register-choose");
  await me.page.goto("/register");
  const { app } = await registerApp(me);
  await leaveWizard(me);
  await me.page.goto("/lost");
  await looks("lost");
  await me.page.goto("/security-info");
  await looks("security-info");
  await me.page.context().clearCookies();
  await enterName(me, upn);
  await enterPassword(me);
  await looks("sign-in-code");
  await enterCode(me, app.wrong());
  await expect(me.main()).toContainText(me.say("problems.wrong_code"));
  await looks("sign-in-code-wrong");
  await enterCode(me, app.fresh());
  await me.page.goto("/activity");
  await looks("activity");
  await me.page.context().clearCookies();
  await me.page.goto("/reset");
  await looks("reset");
  await bench.close();
});
