// Somebody before a screen: reads in one language, and works by mouse or by keyboard alone.
import { expect, type Locator, type Page } from "@playwright/test";
import { type Language, words } from "./words.ts";

/** So many times somebody presses Tab before giving up. */
const TABS_MAX = 150;
const LOAD_MILLISECONDS_MAX = 15_000;

export interface Habits {
  language?: Language;
  theme?: "light" | "dark";
  width?: 390 | 1440;
  /** Tab, Enter, Space and letters; no mouse at all. */
  keyboard?: boolean;
  /** The browser runs scripts. */
  script?: boolean;
}

type Values = Record<string, string | number>;

export class Person {
  language: Language;
  readonly keyboard: boolean;
  readonly script: boolean;

  constructor(
    readonly page: Page,
    /** Where the service is. */
    readonly url: string,
    { language = "en", keyboard = false, script = true }: Habits = {},
  ) {
    this.language = language;
    this.keyboard = keyboard;
    this.script = script;
  }

  say(key: string, values?: Values): string {
    return words(this.language, key, values);
  }

  button(key: string, values?: Values): Locator {
    return this.page.getByRole("button", { name: this.say(key, values), exact: true });
  }

  link(key: string, values?: Values): Locator {
    return this.page.getByRole("link", { name: this.say(key, values), exact: true });
  }

  field(key: string, values?: Values): Locator {
    return this.page.getByLabel(this.say(key, values), { exact: true });
  }

  heading(): Locator {
    return this.page.getByRole("heading", { level: 1 });
  }

  main(): Locator {
    return this.page.getByRole("main");
  }

  /** Tells that this text stands on the page, in the language of the person. */
  async reads(key: string, values?: Values): Promise<void> {
    await expect(this.page.getByText(this.say(key, values)).first()).toBeVisible();
  }

  /** Presses a link, a button, or the head of a menu. */
  async press(control: Locator): Promise<void> {
    if (!this.keyboard) return control.click();
    await this.tabTo(control);
    await this.page.keyboard.press("Enter");
  }

  /** Goes to a page by the navigation of the console; on a phone that is behind "Menu". */
  async visit(key: string): Promise<void> {
    const menu = this.page.locator("nav.side-nav details.menu > summary");
    if (await menu.isVisible()) await this.press(menu);
    await this.go(this.page.getByRole("navigation", { name: this.say("shell.console"), exact: true }).getByRole("link", { name: this.say(key), exact: true }));
  }

  /** Presses what leads to another page, and waits until that is there. */
  async go(control: Locator): Promise<void> {
    await this.#loads(() => this.press(control));
  }

  async tick(box: Locator): Promise<void> {
    if (!this.keyboard) return box.check();
    await this.tabTo(box);
    await this.page.keyboard.press("Space");
    await expect(box).toBeChecked();
  }

  async type(field: Locator, text: string): Promise<void> {
    if (!this.keyboard) return field.fill(text);
    await this.tabTo(field);
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.type(text);
  }

  /** Types and presses Enter, or nothing where the form goes out by itself at the last digit. */
  async enter(field: Locator, text: string): Promise<void> {
    const itself = this.script && (await field.getAttribute("data-submit-when-full")) !== null && text.length === 6;
    await this.#loads(async () => {
      await this.type(field, text);
      if (!itself) await this.page.keyboard.press("Enter");
    });
  }

  /** Past everything in between, with the focus to be seen where it arrives. */
  async tabTo(control: Locator): Promise<void> {
    await expect(control).toBeAttached();
    const focused = () => control.evaluate((element) => element === element.ownerDocument.activeElement);
    for (let tabs = 0; !(await focused()); tabs++) {
      if (tabs === TABS_MAX) throw new Error(`${TABS_MAX} times Tab do not lead to ${control}`);
      await this.page.keyboard.press("Tab");
    }
    const shown = await control.evaluate((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    });
    expect(shown, `the focus on ${control} can be seen`).toBe(true);
  }

  /** The event, not the state: the page before has been loaded all along. */
  async #loads(act: () => Promise<void>): Promise<void> {
    await Promise.all([this.page.waitForEvent("load", { timeout: LOAD_MILLISECONDS_MAX }), act()]);
  }
}
