// The key from the safe, for an admin who has nothing left: it opens once, and starts over.
import { gallery } from "../support/gallery.ts";
import { setUp } from "../support/journey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

test("an emergency key opens once, and its owner begins again with a password and a method", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const before = await somebody();
  await setUp(before, org.invited("oda", { given: "Oda", role: "global_admin" }));
  const upn = `oda@${org.slug}.example`;
  const key = org.emergencyKey(upn);

  const me = await somebody({ keyboard: true });
  const tries = async (what: string) => {
    await me.page.goto("/emergency");
    await me.type(me.field("sign_in.name_label"), upn);
    await me.enter(me.field("emergency.key_label"), what);
  };
  await me.page.goto("/emergency");
  await gallery(me, "emergency");
  await gallery(me, "emergency-wrong", {
    reach: async () => {
      await tries(key.replace(/.$/, (last) => (last === "7" ? "8" : "7")));
      await me.reads("errors.emergency_key_refused_title");
    },
  });
  await tries(key.toLowerCase().replaceAll("-", " "));
  await expect(me.page).toHaveURL(/\/set-up\//);
  // What was open has ended, and what was registered opens nothing any more: the wizard begins with the first method.
  await before.page.goto("/security-info");
  await expect(before.page).toHaveURL(/\/sign-in/);
  await setUp(me, me.page.url());

  const late = await somebody();
  await late.page.goto("/emergency");
  await late.type(late.field("sign_in.name_label"), upn);
  await late.enter(late.field("emergency.key_label"), key);
  await late.reads("errors.emergency_key_refused_title");
  await expect(late.field("sign_in.name_label")).toHaveValue(upn);
  await expect(late.field("emergency.key_label")).toHaveValue("");

  // A name that nobody has is told the same, and guessing is slowed down for it, too.
  const guesses = async (name: string) => {
    await late.page.goto("/emergency");
    await late.page.locator("main form").first().evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await late.type(late.field("sign_in.name_label"), name);
    await late.enter(late.field("emergency.key_label"), key);
  };
  await gallery(late, "emergency-name-wrong", {
    reach: async () => {
      await guesses("oda");
      await expect(late.field("sign_in.name_label")).toHaveAttribute("aria-invalid", "true");
    },
  });
  const nobody = `nobody@${org.slug}.example`;
  for (let n = 0; n < 10; n++) await guesses(nobody);
  await gallery(late, "emergency-wait", {
    reach: async () => {
      await guesses(nobody);
      await late.reads("errors.throttled_title");
    },
  });
});
