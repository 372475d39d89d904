// Pictures of a page in all its dresses (phone and desk, light and dark, English and Dutch) in output/gallery, and what a machine can see in them.
// gallery.json has the pictures of each route; scripts/gallery.mjs looks afterwards whether all of them were made.
import { expect, type Page } from "@playwright/test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expectAccessible } from "./axe.ts";
import type { Person } from "./person.ts";
import { type Language, LANGUAGES } from "./words.ts";

const WIDTHS = [390, 1440] as const;
const THEMES = ["light", "dark"] as const;
const FOLDER = join(import.meta.dirname, "../output/gallery");
const { pages }: { pages: Record<string, string[]> } = JSON.parse(readFileSync(join(import.meta.dirname, "../gallery.json"), "utf8"));

export interface Options {
  /** The page as it is, in the one language it is in; another test or another run makes the other. */
  language?: Language;
  /** Brings the page into the state of the picture, once for each language. Without it, the page is opened again. */
  reach?: () => Promise<void>;
}

export async function gallery(me: Person, name: string, { language, reach }: Options = {}): Promise<void> {
  const { page } = me;
  if (language) return shoot(page, name, language);
  const [before, spoken] = [page.url(), me.language];
  for (const tongue of LANGUAGES) {
    await speak(me, tongue);
    await (reach ? reach() : page.goto(before));
    await shoot(page, name, tongue);
  }
  await speak(me, spoken);
  if (before !== "about:blank") await page.goto(before);
}

/** As by the switch at the head of every page: what is asked and answered from now on is in this language. */
async function speak(me: Person, language: Language): Promise<void> {
  await me.page.context().addCookies([{ name: "lang", value: language, url: me.url }]);
  me.language = language;
}

async function shoot(page: Page, name: string, language: Language): Promise<void> {
  expectDeclared(page, name);
  mkdirSync(FOLDER, { recursive: true });
  const size = page.viewportSize();
  const dark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  await expect(page.locator("html"), name).toHaveAttribute("lang", new RegExp(`^${language}`));
  await page.evaluate(() => document.fonts.ready);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      const dress = `${name}-${width}-${theme}-${language}`;
      await page.screenshot({ path: join(FOLDER, `${dress}.png`), fullPage: true, animations: "disabled" });
      if (theme === "light") expect.soft(await faults(page), dress).toEqual([]);
      // Light on the phone and dark at the desk show every colour pair and both layouts; Dutch has other words in the same places.
      if ((width === 390) === (theme === "light") && language === "en") await expectAccessible(page, dress);
    }
  }
  if (size) await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: null });
}

/** A picture counts for the route that it was taken of. */
function expectDeclared(page: Page, name: string): void {
  const [route] = Object.entries(pages).find(([, names]) => names.includes(name)) ?? [];
  expect(route, `${name} stands in gallery.json`).toBeDefined();
  const pattern = (route ?? "").replaceAll(/\{\w+\}/g, "[^/]+");
  if (route !== "*") expect(new URL(page.url()).pathname, name).toMatch(new RegExp(`^${pattern}$`));
}

/** What nobody may see: a page wider than the screen, text cut off, a key where its text should be. */
export function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    const unseen = (element: Element | null): boolean => element !== null && (getComputedStyle(element).clipPath !== "none" || unseen(element.parentElement));
    const CLIPPING = ".table-frame, .card, .dialog, .drawer, .banner";
    if (root.scrollWidth > root.clientWidth) {
      const wide = [...document.querySelectorAll("body *")].find((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
      found.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth} px (${wide?.outerHTML.slice(0, 120)})`);
    }
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const style = getComputedStyle(element);
      const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      // What is clipped away whole is for screen readers; an ellipsis is fine where the whole text is a hover away.
      const meant = unseen(element) || (style.textOverflow === "ellipsis" && element.title !== "");
      if (text && !meant && style.overflowX !== "visible" && style.overflowX !== "auto" && element.scrollWidth > element.clientWidth) {
        found.push(`cut off: ${element.outerHTML.slice(0, 120)}`);
      }
      // Text that leaves the box of something around it, which shows only what is inside.
      const frame = text && !meant ? element.closest(CLIPPING) : null;
      const scrolls = (inside: Element | null): boolean =>
        inside !== null && inside !== frame && (["auto", "scroll"].includes(getComputedStyle(inside).overflowX) || scrolls(inside.parentElement));
      if (frame && !scrolls(element)) {
        const range = document.createRange();
        range.selectNodeContents(element);
        const [inner, outer] = [range.getBoundingClientRect(), frame.getBoundingClientRect()];
        if (inner.width > 1 && outer.width > 1 && (inner.right > outer.right + 1 || inner.left < outer.left - 1)) {
          found.push(`cut off by what is around it: ${element.outerHTML.slice(0, 120)}`);
        }
      }
    }
    const keys = /\b[a-z][a-z0-9]*(?:_[a-z0-9]+)*\.[a-z0-9.]*_[a-z0-9_.]*\b|\{\{?\s*\w+\s*\}?\}|\[object \w+\]|\bundefined\b|\bNaN\b/g;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (text.parentElement?.closest("code, pre, samp, kbd, textarea, script, style, svg")) continue;
      for (const [key] of (text.textContent ?? "").matchAll(keys)) found.push(`not a text: ${key}`);
    }
    return found;
  });
}
