// Pictures of a page in all its dresses (phone and desk, light and dark, English and Dutch) in output/gallery, and what a machine can see in them.
import { expect, type Page } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expectAccessible } from "./axe.ts";

const WIDTHS = [390, 1440] as const;
const THEMES = ["light", "dark"] as const;
const LANGUAGES = ["en", "nl"] as const;
const FOLDER = join(import.meta.dirname, "../output/gallery");

export interface Options {
  /** A page that came from a POST cannot be opened again in another language: name the one it is in. */
  language?: (typeof LANGUAGES)[number];
  /** Brings the page into the state of the picture after it has been opened in the next language. */
  prepare?: () => Promise<void>;
}

export async function gallery(page: Page, name: string, { language, prepare }: Options = {}): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const before = { url: page.url(), size: page.viewportSize() };
  for (const tongue of language ? [language] : LANGUAGES) {
    if (!language) {
      await page.goto(inLanguage(before.url, tongue));
      await prepare?.();
      await expect(page.locator("html"), name).toHaveAttribute("lang", new RegExp(`^${tongue}`));
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        await page.evaluate(() => document.fonts.ready);
        const dress = `${name}-${width}-${theme}-${tongue}`;
        await page.screenshot({ path: join(FOLDER, `${dress}.png`), fullPage: true, animations: "disabled" });
        expect.soft(await faults(page), dress).toEqual([]);
        // Light on the phone and dark at the desk show every colour pair and both layouts.
        const looked = (width === 390) === (theme === "light");
        if (looked && (tongue === "en" || language)) await expectAccessible(page, dress);
      }
    }
  }
  if (before.size) await page.setViewportSize(before.size);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (!language) {
    await page.goto(before.url);
    await prepare?.();
  }
}

function inLanguage(url: string, language: string): string {
  const address = new URL(url);
  address.searchParams.set("lng", language);
  return address.href;
}

/** What nobody may see: a page wider than the screen, text cut off, a key where its text should be. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      const wide = [...document.querySelectorAll("body *")].find((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
      found.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth} px (${wide?.outerHTML.slice(0, 120)})`);
    }
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const style = getComputedStyle(element);
      const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      // A pixel square is how text for screen readers is hidden; an ellipsis is fine where the whole text is a hover away.
      const meant = element.clientWidth <= 1 || (style.textOverflow === "ellipsis" && element.title !== "");
      if (text && !meant && style.overflowX !== "visible" && style.overflowX !== "auto" && element.scrollWidth > element.clientWidth) {
        found.push(`cut off: ${element.outerHTML.slice(0, 120)}`);
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
