// By keyboard alone, on a phone with one: nothing is pressed by mouse or finger, nothing gets the focus but by the page or by Tab, no address is typed after
// the first, and wherever the focus stops on the way it can be seen and nothing lies over it.
import { leaveWizard, readCodes, registerApp } from "../support/journey.ts";
import { addAuthenticator } from "../support/passkey.ts";
import type { Person } from "../support/person.ts";
import { PASSWORD, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

/** What covers the focus for the few seconds that it stays, if one is as fast as that. */
const TOAST = "a toast lies over the focus";

/** Notes every press of a mouse or finger, and every stop of the focus that cannot be seen; counts the stops. */
async function watchHands(me: Person): Promise<{ wrong: string[]; stops: () => number }> {
  const wrong: string[] = [];
  let stops = 0;
  await me.page.exposeBinding("reportHand", (_, text: string) => wrong.push(text));
  await me.page.exposeBinding("reportStop", (_, where: string, fault: string) => {
    stops++;
    if (fault) wrong.push(`${where}: ${fault}`);
  });
  await me.page.addInitScript((TOAST) => {
    type Told = { reportHand(text: string): void; reportStop(where: string, fault: string): void };
    const told = window as unknown as Told;
    for (const press of ["pointerdown", "mousedown", "touchstart"]) {
      document.addEventListener(press, () => told.reportHand(`${press} on ${location.pathname}`), true);
    }
    const outlined = (element: Element | null, above = 2): boolean => {
      if (!element) return false;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) || boxShadow !== "none" || (above > 0 && outlined(element.parentElement, above - 1));
    };
    const fault = (element: Element): string => {
      if (!outlined(element)) return "the focus shows no outline";
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return "the focus is outside the window";
      const over = document.elementFromPoint(x, y);
      const label = element.closest("label");
      if (over?.closest("[data-toast]") && !element.closest("[data-toast]")) return TOAST;
      if (over && !(element.contains(over) || over.contains(element) || label?.contains(over))) return `${over.outerHTML.slice(0, 80)} lies over the focus`;
      return "";
    };
    document.addEventListener("focusin", ({ target }) => {
      // Two pictures later the window has moved to where the focus is.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (!(target instanceof Element) || target !== document.activeElement || target === document.body) return;
          told.reportStop(`${location.pathname} ${target.outerHTML.slice(0, 100)}`, fault(target));
        }),
      );
    });
  }, TOAST);
  return { wrong, stops: () => stops };
}

/** The field has the focus already: nobody presses Tab first. */
async function typeHere(me: Person, key: string, text: string): Promise<void> {
  await expect(me.field(key)).toBeFocused();
  await me.enter(me.field(key), text);
}

async function signOutByMenu(me: Person): Promise<void> {
  await me.press(me.page.locator("details.account > summary"));
  await me.go(me.button("shell.sign_out"));
  await me.reads("sign_in.signed_out");
}

for (const language of LANGUAGES) {
  test(`an app is set up and used by keyboard alone (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("femke", { given: "Femke" });
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const me = await somebody({ language, width: 390, keyboard: true });
    const hands = await watchHands(me);
    await me.page.goto("/");
    await typeHere(me, "sign_in.name_label", upn);
    await typeHere(me, "sign_in.password_label", "something quite else");
    await expect(me.main()).toContainText(me.say("problems.wrong_password"));
    await typeHere(me, "sign_in.password_label", PASSWORD);

    // What else there is, and back to the app.
    await me.go(me.link("register.something_else"));
    await expect(me.heading()).toHaveText(me.say("register.choose_title"));
    await me.go(me.page.locator("main button[name=kind][value=totp]"));
    const { app, codes } = await registerApp(me);
    expect(codes).toHaveLength(10);
    // The box comes before the button that needs it.
    await leaveWizard(me);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    await signOutByMenu(me);

    await typeHere(me, "sign_in.name_label", upn);
    await typeHere(me, "sign_in.password_label", PASSWORD);
    await typeHere(me, "sign_in.code_label_six", app.wrong());
    await expect(me.main()).toContainText(me.say("problems.wrong_code"));
    await typeHere(me, "sign_in.code_label_six", app.fresh());
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(hands.wrong).toEqual([]);
    expect(hands.stops()).toBeGreaterThan(20);
  });

  test(`a passkey is added and removed, and a browser signed out, by keyboard alone (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("joris", { given: "Joris" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    const enter = async (who: Person) => {
      await who.page.goto("/");
      await typeHere(who, "sign_in.name_label", upn);
      await typeHere(who, "sign_in.password_label", PASSWORD);
      await typeHere(who, "sign_in.code_label_six", app.fresh());
      await expect(who.heading()).toHaveText(who.say("security_info.title"));
    };
    const other = await somebody({ language, width: 390, keyboard: true });
    await enter(other);
    const me = await somebody({ language, width: 390, keyboard: true });
    const hands = await watchHands(me);
    await enter(me);
    const authenticator = await addAuthenticator(me.page);

    await me.go(me.link("security_info.add").first());
    await me.go(me.page.locator('main a[href="/security-info/add/passkey"]'));
    await me.type(me.field("security_info.passkey_name"), "Work laptop");
    await me.go(me.button("security_info.passkey_make"));
    expect(await readCodes(me)).toHaveLength(10);
    await me.tick(me.page.getByRole("checkbox", { name: me.say("register.saved") }));
    await me.go(me.button("register.finish"));
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    const card = me.page.getByRole("region", { name: me.say("security_info.methods") }).getByRole("listitem").filter({ hasText: "Work laptop" });
    await expect(card).toHaveCount(1);
    expect(await authenticator.count()).toBe(1);

    // Escape closes the menu and gives the focus back.
    const menu = card.locator("summary");
    await me.press(menu);
    await me.tabTo(card.getByRole("link", { name: me.say("security_info.rename") }));
    await me.page.keyboard.press("Escape");
    await expect(card.locator("details")).not.toHaveAttribute("open");
    await expect(menu).toBeFocused();
    await me.press(menu);
    await me.go(card.getByRole("link", { name: me.say("security_info.remove"), exact: true }));
    await expect(me.heading()).toHaveText(me.say("security_info.remove_title", { what: "Work laptop" }));
    // The way back stands first: whoever presses Enter too fast loses nothing.
    await me.go(me.link("security_info.keep"));
    await expect(card).toHaveCount(1);
    await me.press(menu);
    await me.go(card.getByRole("link", { name: me.say("security_info.remove"), exact: true }));
    await me.go(me.button("security_info.remove_confirm"));
    // Whoever has a passkey confirms by it what changes.
    await me.reads("security_info.confirm_lead_passkey");
    await me.go(me.button("security_info.confirm_passkey"));
    await me.go(me.button("security_info.remove_confirm"));
    await expect(card).toHaveCount(0);
    await expect.poll(() => authenticator.count()).toBe(0);

    const sessions = me.page.getByRole("region", { name: me.say("security_info.sessions") }).getByRole("listitem");
    await expect(sessions).toHaveCount(2);
    await me.go(sessions.getByRole("button"));
    await expect(sessions).toHaveCount(1);
    await other.page.reload();
    await expect(other.page).toHaveURL(/\/sign-in/);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));
    expect(hands.wrong).toEqual([]);
    expect(hands.stops()).toBeGreaterThan(20);
  });
}

for (const language of LANGUAGES) {
  test(`app passwords are made and removed, a browser is forgotten and a sign-in reported, by keyboard alone (${language})`, async ({ server, somebody }) => {
    const org = await tenant(server, "Hogeschool Duinmeer");
    const upn = org.member("ilse", { given: "Ilse" });
    const app = await org.app(upn);
    await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });
    await org.policy((document) => document.methods.push({ kind: "app_password", uses: ["sign_in"] }));
    const trust = { networks_skip: false, remember_days: 14, fraud_blocks: false, reason: "test" };
    expect((await org.rest("PUT", "/trust", trust)).status).toBe(200);
    const me = await somebody({ language, width: 390, keyboard: true });
    const hands = await watchHands(me);
    await me.page.goto("/");
    await typeHere(me, "sign_in.name_label", upn);
    await typeHere(me, "sign_in.password_label", PASSWORD);
    await me.tick(me.page.getByRole("checkbox", { name: me.say("sign_in.remember", { count: 14 }) }));
    await me.type(me.field("sign_in.code_label_six"), app.fresh());
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // Three are made, from the page and back to it by its own button.
    await me.go(me.link("app_passwords.open"));
    for (const name of ["Mail", "Scanner", "Printer"]) {
      await me.enter(me.field("app_passwords.name"), name);
      await expect(me.heading()).toHaveText(me.say("app_passwords.made_title"));
      await me.go(me.link("app_passwords.made_done"));
    }
    const list = me.page.getByRole("region", { name: me.say("app_passwords.yours") }).getByRole("listitem");
    await expect(list).toHaveCount(3);
    const one = me.page.getByRole("link", { name: me.say("app_passwords.remove_what", { what: "Scanner" }), exact: true });
    // What keeps stands first; one goes, then the rest.
    await me.go(one);
    await me.go(me.link("security_info.keep"));
    await expect(list).toHaveCount(3);
    await me.go(one);
    await me.go(me.button("security_info.remove_confirm"));
    await me.reads("security_info.done_removed", { what: "Scanner" });
    await expect(list).toHaveCount(2);
    await me.go(me.link("app_passwords.remove_all"));
    await expect(me.heading()).toHaveText(me.say("app_passwords.remove_all_title", { count: 2 }));
    await me.go(me.button("app_passwords.remove_all_confirm"));
    await me.reads("app_passwords.empty_title");
    expect((await org.rest("GET", `/users/${upn}/app-passwords`)).body.items).toEqual([]);

    // The browser that skips the second step is forgotten; here that is this one, which stays signed in.
    await me.go(me.link("activity.back"));
    const browsers = me.page.getByRole("region", { name: me.say("security_info.browsers") }).getByRole("listitem");
    await expect(browsers).toHaveCount(1);
    await me.go(browsers.getByRole("button"));
    await expect(browsers).toHaveCount(0);
    await expect(me.heading()).toHaveText(me.say("security_info.title"));

    // A sign-in that was not hers: asked first, and then everybody is out.
    await me.go(me.page.locator('main a[href="/activity"]').first());
    await me.go(me.main().locator("a.quiet").first());
    await expect(me.heading()).toHaveText(me.say("activity.report_title"));
    await me.go(me.link("activity.report_keep"));
    await expect(me.heading()).toHaveText(me.say("activity.title"));
    await me.go(me.main().locator("a.quiet").first());
    await me.go(me.button("activity.not_me"));
    await expect(me.heading()).toHaveText(me.say("activity.done_title"));
    await me.page.goto("/security-info");
    await expect(me.page).toHaveURL(/\/sign-in/);
    // Several toasts come by here, and whether one is seen over the focus depends on how fast the machine is.
    expect(hands.wrong.filter((fault) => !fault.endsWith(TOAST))).toEqual([]);
    expect(hands.stops()).toBeGreaterThan(20);
  });
}
