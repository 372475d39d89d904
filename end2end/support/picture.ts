// How a page looked when somebody last agreed to it: a small picture is kept in the repository, and what the page looks like now must be that.
//
// A picture pixel by pixel would differ on the next machine, where Chromium and FreeType draw the edges of letters a little otherwise. So the picture is
// shrunk first, each 6 x 6 pixels to their mean, and then compared with room for the edges: the text itself comes from the font that the site brings along, so
// lines break and boxes stand in the same places everywhere. (Drawn without hinting and subpixels, not one mean of the ten pages is too far off.) What is
// moved by a few pixels, missing, too much, of another size or another colour shows; a word of the same length does not, and is not meant to: the other tests
// read the words.
//
// Moments, names and numbers that differ from run to run are written over in the page before it is photographed, so that they take the same room.
// `npx playwright test looks.spec --update-snapshots`, or TWEESTAP_UPDATE_PICTURES=yes for any way of running, keeps what the pages look like now.
import { expect, type Page, type TestInfo } from "@playwright/test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Person } from "./person.ts";

const FOLDER = join(import.meta.dirname, "../pictures");
const SHRINK = 6;
/** Of 255, for the worst of the three colours of a mean. */
const DIFFERENCE_MAX = 45;
/** Of the whole picture: edges of letters, never a field or a button. */
const SHARE_MAX = 0.0015;

export interface Cover {
  /** Texts that differ from run to run, and what stands there instead. */
  texts: [RegExp, string][];
  /** What is another one each time, though of the same size: a plain colour covers it. */
  shapes?: string;
}

interface Compared {
  small: string;
  kept: string;
  differing: number;
  /** Where, in pixels of the page. */
  box: { left: number; top: number; right: number; bottom: number };
}

/** Takes the page as it is and compares it with the picture of this name; a new one is kept, and the test fails once for it. */
export async function expectLooks(me: Person, name: string, { texts, shapes }: Cover, bench: Page, info: TestInfo): Promise<void> {
  const { page } = me;
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(writeOver, { texts: texts.map(([pattern, text]) => [pattern.source, text] as const), shapes });
  const png = (await page.screenshot({ fullPage: true, animations: "disabled", caret: "hide", scale: "css" })).toString("base64");
  const file = join(FOLDER, `${name}.png`);
  const known = existsSync(file) ? readFileSync(file).toString("base64") : "";
  const { small, kept, differing, box } = await bench.evaluate(compare, { png, known, shrink: SHRINK, most: DIFFERENCE_MAX });
  const update = process.env.TWEESTAP_UPDATE_PICTURES !== undefined || ["all", "changed"].includes(info.config.updateSnapshots);
  if (!known || (update && (kept !== "same size" || differing > 0))) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(small, "base64"));
  }
  if (update) return;
  expect.soft(known, `${name} has a kept picture; there is one now, look at it`).not.toBe("");
  if (!known) return;
  if (kept === "same size" && differing <= SHARE_MAX) return;
  await info.attach(`${name}, now`, { body: Buffer.from(png, "base64"), contentType: "image/png" });
  await info.attach(`${name}, now and small`, { body: Buffer.from(small, "base64"), contentType: "image/png" });
  await info.attach(`${name}, kept`, { path: file, contentType: "image/png" });
  const there = await page.evaluate(named, box);
  expect.soft(kept, `${name} is as large as it was; it begins to differ at ${there}`).toBe("same size");
  expect.soft(differing, `${name} looks as it did; it differs within ${JSON.stringify(box)}: ${there}`).toBeLessThanOrEqual(SHARE_MAX);
}

/** In the page: puts the texts over, and a colour over the shapes. */
function writeOver({ texts, shapes }: { texts: (readonly [string, string])[]; shapes: string | undefined }): void {
  for (const shape of shapes ? document.querySelectorAll<HTMLElement>(shapes) : []) {
    shape.style.background = "#888";
    for (const inside of shape.querySelectorAll<HTMLElement>(":scope > *")) inside.style.visibility = "hidden";
  }
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    if (node.parentElement?.closest("script, style")) continue;
    let text = node.textContent ?? "";
    for (const [pattern, instead] of texts) text = text.replaceAll(new RegExp(pattern, "g"), instead);
    if (text !== node.textContent) node.textContent = text;
  }
}

/** In the page: what stands in the middle of where it differs. */
function named({ left, top, right, bottom }: { left: number; top: number; right: number; bottom: number }): string {
  scrollTo(0, Math.max(0, top - 200));
  const found = document.elementFromPoint((left + right) / 2, (top + bottom) / 2 - scrollY);
  return `${found?.tagName.toLowerCase() ?? "nothing"} ${(found?.textContent ?? "").trim().slice(0, 60)}`;
}

/** In a page of its own: shrinks a picture, and compares it with the kept one. */
async function compare({ png, known, shrink, most }: { png: string; known: string; shrink: number; most: number }): Promise<Compared> {
  const pixels = async (base64: string): Promise<ImageData> => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d") as OffscreenCanvasRenderingContext2D;
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const large = await pixels(png);
  const [width, height] = [Math.floor(large.width / shrink), Math.floor(large.height / shrink)];
  const small = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 4; channel++) {
        let sum = 0;
        for (let row = 0; row < shrink; row++) {
          for (let column = 0; column < shrink; column++) sum += large.data[((y * shrink + row) * large.width + x * shrink + column) * 4 + channel] ?? 0;
        }
        small.data[(y * width + x) * 4 + channel] = Math.round(sum / shrink ** 2);
      }
    }
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(small, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  const before = known ? await pixels(known) : small;
  const box = { left: Infinity, top: Infinity, right: 0, bottom: 0 };
  let differing = 0;
  for (let y = 0; y < Math.min(height, before.height); y++) {
    for (let x = 0; x < Math.min(width, before.width); x++) {
      const far = [0, 1, 2].some((channel) => {
        const now = small.data[(y * width + x) * 4 + channel] ?? 0;
        return Math.abs(now - (before.data[(y * before.width + x) * 4 + channel] ?? 0)) > most;
      });
      if (!far) continue;
      differing++;
      box.left = Math.min(box.left, x * shrink);
      box.top = Math.min(box.top, y * shrink);
      box.right = Math.max(box.right, (x + 1) * shrink);
      box.bottom = Math.max(box.bottom, (y + 1) * shrink);
    }
  }
  // A line of text may be a fraction of a pixel higher on another machine: that is one row of means in a long page.
  const same = before.width === width && Math.abs(before.height - height) <= 1;
  const kept = same ? "same size" : `${before.width} x ${before.height}, now ${width} x ${height}`;
  const where = differing ? box : { left: 0, top: 0, right: 0, bottom: 0 };
  return { small: btoa(String.fromCharCode(...bytes)), kept, differing: differing / (width * height), box: where };
}
