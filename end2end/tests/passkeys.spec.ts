// Passkeys with Chromium's virtual authenticator: made, used in place of name and password, as the second step, before a change, and taken away.
import type { Route } from "@playwright/test";
import { gallery } from "../support/gallery.ts";
import { enterName, enterPassword, readCodes, signIn, signOut } from "../support/journey.ts";
import { addAuthenticator } from "../support/passkey.ts";
import { tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";

test("a passkey is made, opens alone, as the second step and before a change, and no longer once it is removed", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody();
  const authenticator = await addAuthenticator(me.page);
  await authenticator.touched(false);
  await signIn(me, upn, app);

  // The person touches the device when the button asks, and not while the suggestions wait.
  const pressed = async () => {
    await me.page.waitForLoadState("networkidle");
    const asked = async (route: Route) => {
      await authenticator.touched(true);
      await route.continue();
    };
    await me.page.route("**/sign-in/passkey/options", asked, { times: 1 });
    await me.press(me.button("sign_in.passkey"));
  };
  const add = "/security-info/add/passkey";
  await me.page.goto("/security-info/add");
  await me.go(me.page.locator(`main a[href="${add}"]`));
  await expect(me.heading()).toHaveText(me.say("security_info.passkey_add_title"));
  await gallery(me, "security-info-add-passkey");
  // Nobody's finger is recognised: nothing is made, and the page says so.
  await gallery(me, "security-info-add-passkey-wrong", {
    reach: async () => {
      await me.page.goto(add);
      await authenticator.recognise(false);
      await authenticator.touched(true);
      await me.press(me.button("security_info.passkey_make"));
      await me.reads("security_info.passkey_cancelled");
      await authenticator.touched(false);
      await authenticator.recognise(true);
    },
  });
  expect(await authenticator.count()).toBe(0);
  await me.page.goto(add);
  await authenticator.touched(true);
  await me.type(me.field("security_info.passkey_name"), "Work laptop");
  await me.go(me.button("security_info.passkey_make"));
  expect(await readCodes(me)).toHaveLength(10);
  await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
  await me.go(me.button("register.finish"));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await expect(me.main()).toContainText("Work laptop");
  expect(await authenticator.count()).toBe(1);
  await gallery(me, "security-info-passkey-added");

  // Before a change.
  const confirm = "/security-info?confirm=%2Fsecurity-info";
  await authenticator.touched(false);
  await me.page.goto(confirm);
  await gallery(me, "security-info-confirm-passkey");
  await authenticator.touched(true);
  await me.go(me.button("security_info.confirm_passkey"));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  // In place of name and password: by the button, and among the suggestions of the name field.
  await authenticator.touched(false);
  await signOut(me);
  await pressed();
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await authenticator.touched(false);
  await signOut(me);
  await authenticator.touched(true);
  await me.page.goto("/sign-in?back=%2Factivity");
  await expect(me.page).toHaveURL(/\/activity$/);
  await authenticator.touched(false);
  await signOut(me);

  // As the second step.
  const second = async () => {
    await enterName(me, upn);
    await enterPassword(me);
    await me.page.goto("/sign-in?way=passkey");
    await expect(me.heading()).toHaveText(me.say("sign_in.passkey_title"));
  };
  await gallery(me, "sign-in-passkey", { reach: second });
  await second();
  await authenticator.touched(true);
  await me.go(me.button("sign_in.passkey_use"));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));

  // Removed by its member, it goes from the device too, for the browser is told.
  await authenticator.touched(false);
  const remove = me.page.locator("a[href*='remove=']").first();
  await me.page.goto((await remove.getAttribute("href")) ?? "");
  await expect(me.main()).toContainText("Work laptop");
  await me.go(me.button("security_info.remove_confirm"));
  await expect(me.main()).not.toContainText("Work laptop");
  await expect.poll(() => authenticator.count()).toBe(0);

  // Removed by an admin, it is still on the device and opens nothing.
  await me.page.goto(add);
  await authenticator.touched(true);
  await me.go(me.button("security_info.passkey_make"));
  await expect(me.heading()).toHaveText(me.say("security_info.title"));
  await authenticator.touched(false);
  await signOut(me);
  const { body } = await org.rest("GET", `/users/${upn}/methods`);
  const { id } = body.items.find((method: { kind: string }) => method.kind === "passkey");
  await org.rest("DELETE", `/users/${upn}/methods/${id}?reason=lost`);
  await gallery(me, "sign-in-passkey-refused", {
    reach: async () => {
      await me.page.goto("/sign-in?show=name");
      await pressed();
      await me.reads("errors.passkey_refused_title");
      await authenticator.touched(false);
    },
  });
});

test("the first method is a passkey, made in the wizard", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("joris", { given: "Joris" });
  await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
  const me = await somebody();
  const authenticator = await addAuthenticator(me.page);
  await enterName(me, upn);
  await enterPassword(me);
  await me.go(me.link("register.something_else"));
  await gallery(me, "register-choose-passkey");
  await me.go(me.page.locator("main button[name=kind][value=passkey]"));
  await expect(me.heading()).toHaveText(me.say("register.passkey_title"));
  await gallery(me, "register-passkey");
  await me.go(me.button("security_info.passkey_make"));
  expect(await readCodes(me)).toHaveLength(10);
  expect(await authenticator.count()).toBe(1);
});

test("without scripts a passkey is not offered, and the page says what to do instead", async ({ server, somebody }) => {
  const org = await tenant(server, "Hogeschool Duinmeer");
  const upn = org.member("femke", { given: "Femke" });
  const app = await org.app(upn);
  const me = await somebody({ script: false });
  await me.page.goto("/sign-in");
  await expect(me.button("sign_in.passkey")).toBeHidden();
  await signIn(me, upn, app);
  await me.page.goto("/security-info/add/passkey");
  await me.reads("security_info.passkey_unavailable");
});
