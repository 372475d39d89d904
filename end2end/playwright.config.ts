// The browser tests: Debian's (or the system's) Chromium against the real program. `scripts/test.sh e2e` builds both first.
import { defineConfig } from "@playwright/test";
import { existsSync } from "node:fs";

const system = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

export default defineConfig({
  testDir: "tests",
  outputDir: "output/results",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  // After each failure a worker begins again with a new server: where all is lost, that takes long.
  maxFailures: 20,
  forbidOnly: Boolean(process.env.CI),
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "output/result.json" }]],
  use: {
    browserName: "chromium",
    locale: "en-GB",
    timezoneId: "Europe/Amsterdam",
    // What the page held, not how it moved: pictures of every step would take a third of the time.
    trace: { mode: "retain-on-failure", screenshots: false },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    launchOptions: {
      executablePath: process.env.TWEESTAP_CHROMIUM ?? system,
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
