// The first minute of a new installation: it starts, it is healthy, and it tells the first operator where to go.
import { expect, test } from "../support/test.ts";

test("an empty installation becomes ready and prints a set-up link, which opens a page", async ({ untouched, request, page }) => {
  for (const path of ["/healthz", "/readyz"]) expect((await request.get(untouched.url + path)).status(), path).toBe(200);
  expect(untouched.setupLink, untouched.output()).toMatch(/^http:\/\/localhost:\d+\//);
  const answer = await page.goto(untouched.setupLink ?? "/");
  expect(answer?.status()).toBe(200);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("the sign-in page is small and answers without JavaScript", async ({ server, browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: server.url });
  const page = await context.newPage();
  const answer = await page.goto("/sign-in");
  expect(answer?.status()).toBe(200);
  await expect(page.locator("form").first()).toBeVisible();
  await context.close();
});
