// Accessibility by axe: WCAG 2.2 A and AA; a serious or critical finding fails the test.
import { expect, type Page } from "@playwright/test";
import axe from "axe-core";

type Window = { axe?: typeof axe };

export async function expectAccessible(page: Page, where = page.url()): Promise<void> {
  // Evaluated by the debugger, so the page's content security policy stays as it is.
  if (await page.evaluate(() => !(globalThis as Window).axe)) await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as Required<Window>).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    });
    return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map((node) => node.html) }));
  });
  const bad = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  // Soft: the pictures after this one are wanted too.
  expect.soft(bad, `axe finds nothing serious on ${where}`).toEqual([]);
}
