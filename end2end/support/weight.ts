// What a page weighs on the wire: every byte that the browser receives for it with an empty cache, as its debugger counts them.
import { expect, type Page } from "@playwright/test";

/** Bytes of a page before any island, and with it. */
const PLAIN_MAX = 100_000;
const WHOLE_MAX = 200_000;
const ISLAND = /\/pkg\/(islands|tweestap)[\w.]*\.(js|wasm)$/;

export class Scales {
  /** By name: what each page weighed, without and with its island. */
  readonly weighed = new Map<string, { plain: number; island: number }>();
  #plain = 0;
  #island = 0;

  private constructor(readonly page: Page) {}

  static async of(page: Page): Promise<Scales> {
    const scales = new Scales(page);
    const session = await page.context().newCDPSession(page);
    const addresses = new Map<string, string>();
    session.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
      // What was sent before a page's own document belongs to the page before.
      if (type === "Document") [scales.#plain, scales.#island] = [0, 0];
      addresses.set(requestId, request.url);
    });
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (ISLAND.test(new URL(addresses.get(requestId) ?? "about:blank").pathname)) scales.#island += encodedDataLength;
      else scales.#plain += encodedDataLength;
    });
    await session.send("Network.enable");
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    return scales;
  }

  /** Weighs the page that is open, once all of it is there. */
  async weigh(name: string): Promise<void> {
    await this.page.waitForLoadState("networkidle");
    const [plain, island] = [this.#plain, this.#island];
    this.weighed.set(name, { plain, island });
    // Less than the style sheet and the font were not weighed at all.
    expect.soft(plain, `${name} was weighed`).toBeGreaterThan(50_000);
    expect.soft(plain, `${name} before any island`).toBeLessThanOrEqual(PLAIN_MAX);
    expect.soft(plain + island, `${name} with its island`).toBeLessThanOrEqual(WHOLE_MAX);
  }
}
