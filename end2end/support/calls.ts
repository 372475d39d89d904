// A gateway for calls that speaks Twilio's format: it takes a call, and then does what the test says: hears the words, presses keys, hangs up.
import { expect, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { program, type Server } from "./server.ts";

const TOKEN = "token-of-the-tests";
const CALLER = "+15550100100";
const WAIT_MILLISECONDS_MAX = 15_000;
const DIGITS = {
  en: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  nl: ["nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"],
};

interface Taken {
  sid: string;
  form: URLSearchParams;
}

export class Calls {
  readonly #http: HttpServer;
  readonly #taken: Taken[] = [];

  private constructor(http: HttpServer) {
    this.#http = http;
  }

  /** Listens, and is made known to the server with the number that calls come from. */
  static async start(server: Server): Promise<Calls> {
    const http = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        const sid = `CA${calls.#taken.length + 1}`;
        calls.#taken.push({ sid, form: new URLSearchParams(body) });
        response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ sid, status: "queued" }));
      });
    });
    const calls = new Calls(http);
    await new Promise<void>((listens) => http.listen(0, "127.0.0.1", listens));
    const { port } = http.address() as AddressInfo;
    const run = (args: string[]) => execFileSync(program(), args, { env: server.env, encoding: "utf8", input: TOKEN, stdio: ["pipe", "pipe", "pipe"] });
    const setting = (text: string) => ["--setting", text];
    run(["provider", "add", "--channel", "voice", "--kind", "http_voice", "--name", "Calls", ...setting(`base=http://127.0.0.1:${port}`), ...setting("account=AC0123456789")]);
    run(["sender", "add", "--channel", "voice", "--kind", "number", "--value", CALLER]);
    return calls;
  }

  stop(): Promise<void> {
    this.#http.closeAllConnections();
    return new Promise((stopped) => this.#http.close(() => stopped()));
  }

  /** The call that comes next, or has come and was not looked at. */
  #seen = 0;
  async next(to: string): Promise<Call> {
    await expect.poll(() => this.#taken.length, { message: `a call to ${to}`, timeout: WAIT_MILLISECONDS_MAX }).toBeGreaterThan(this.#seen);
    const taken = this.#taken[this.#seen++];
    expect(taken?.form.get("To")).toBe(to);
    expect(taken?.form.get("From")).toBe(CALLER);
    return new Call(taken?.sid ?? "", taken?.form ?? new URLSearchParams());
  }

  /** How many calls were asked for. */
  count(): number {
    return this.#taken.length;
  }
}

export class Call {
  #document = "";

  constructor(
    readonly sid: string,
    readonly form: URLSearchParams,
  ) {}

  /** Somebody answers and listens; tells what the voice says. */
  async answer(): Promise<string> {
    this.#document = await this.#post(this.form.get("Url") ?? "", { CallStatus: "in-progress" });
    return this.#document;
  }

  /** The digit that the voice asks for. */
  digit(): string {
    const [, language, said] = this.#document.match(/<Say language="(en|nl)-\w\w">(.*?)<\/Say>/) ?? [];
    const word = said?.match(language === "nl" ? /Druk dan op (\S+) en/ : /press (\w+),/)?.[1] ?? "";
    const digit = DIGITS[language === "nl" ? "nl" : "en"].indexOf(word);
    expect(digit, `a digit in: ${said}`).toBeGreaterThan(0);
    return `${digit}`;
  }

  /** Presses keys and then hash; tells what the voice says to that. */
  async press(keys: string): Promise<string> {
    const action = this.#document.match(/action="([^"]+)"/)?.[1]?.replaceAll("&amp;", "&");
    this.#document = await this.#post(action ?? "", { CallStatus: "in-progress", Digits: keys });
    return this.#document;
  }

  /** How the call ended: `completed`, `busy`, `no-answer`. */
  async end(status: string): Promise<void> {
    await this.#post(this.form.get("StatusCallback") ?? "", { CallStatus: status });
  }

  async #post(url: string, fields: Record<string, string>): Promise<string> {
    const all: Record<string, string> = { CallSid: this.sid, ...fields };
    const signed = Object.keys(all).sort().reduce((text, name) => text + name + all[name], url);
    const signature = createHmac("sha1", TOKEN).update(signed).digest("base64");
    const answer = await fetch(url, { method: "POST", headers: { "x-twilio-signature": signature }, body: new URLSearchParams(all) });
    expect(answer.ok, `${answer.status} from ${url}`).toBe(true);
    return answer.text();
  }
}

/** A page that asks again by itself is not to do so while its picture is taken. */
export async function still(page: Page, act: () => Promise<void>): Promise<void> {
  await page.route("**/*", async (route) => {
    if (route.request().resourceType() !== "document" || route.request().method() !== "GET") return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    if (response.status() !== 200) return route.fulfill({ response });
    await route.fulfill({ response, body: (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, "") });
  });
  await act();
  await page.unroute("**/*");
  await page.goto(page.url());
}
