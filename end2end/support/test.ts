// The `test` that every browser test imports: a server for each worker, and a page on which nothing may go wrong unseen.
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { type Habits, Person } from "./person.ts";
import { type Server, startServer } from "./server.ts";

interface PerWorker {
  server: Server;
}

interface PerTest {
  /** A server for this test alone, with nothing done on it: the worker's has seen the files that ran before. */
  untouched: Server;
  /** What went wrong on the page besides what the test looks at; the test fails when something did. Empty it where it is meant. */
  problems: string[];
  /** Somebody more, in a browser of their own. */
  somebody: (habits?: Habits & { at?: Server }) => Promise<Person>;
}

export const test = base.extend<PerTest, PerWorker>({
  server: [
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  untouched: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  baseURL: ({ server }, use) => use(server.url),
  problems: async ({}, use) => {
    const problems: string[] = [];
    await use(problems);
    expect(problems, "nothing went wrong behind the page's back").toEqual([]);
  },
  // Every page of the context is watched, also one that a test opens itself.
  context: async ({ context, problems }, use) => {
    await watched(context, problems);
    await use(context);
  },
  somebody: async ({ browser, server, problems }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async ({ at = server, width = 1440, theme = "light", ...habits } = {}) => {
      const context = await browser.newContext({
        baseURL: at.url,
        locale: habits.language === "nl" ? "nl-NL" : "en-GB",
        viewport: { width, height: width === 390 ? 844 : 900 },
        colorScheme: theme,
        javaScriptEnabled: habits.script ?? true,
      });
      contexts.push(context);
      await watched(context, problems);
      return new Person(await context.newPage(), at.url, habits);
    });
    for (const context of contexts) await context.close();
  },
});

async function watched(context: BrowserContext, problems: string[]): Promise<void> {
  await context.exposeBinding("reportViolation", (_, text: string) => problems.push(`policy: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report = (window as unknown as { reportViolation(text: string): void }).reportViolation;
      report(`${event.effectiveDirective} stopped ${event.blockedURI} at ${event.sourceFile ?? "?"}:${event.lineNumber}`);
    });
  });
  context.on("page", (page) => watch(page, problems));
}

function watch(page: Page, problems: string[]): void {
  page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url()) && new URL(request.url()).hostname !== "localhost") problems.push(`outside: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) problems.push(`${response.status()}: ${response.url()}`);
    if (response.status() >= 400 && new URL(response.url()).pathname.startsWith("/pkg/")) problems.push(`missing: ${response.url()}`);
  });
}

export { expect };
