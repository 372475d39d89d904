// Messages that the service sends: they become files in a folder, as on a developer's machine.
import { expect } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { program, type Server } from "./server.ts";

const WAIT_MILLISECONDS_MAX = 15_000;

export class Messages {
  readonly #folder: string;

  /** Sets up a carrier of texts and of mails, and whom they come from. */
  constructor(server: Server) {
    this.#folder = join(server.env.TWEESTAP_DATA_DIR ?? "", "messages");
    const run = (...args: string[]) => execFileSync(program(), args, { env: server.env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    for (const [channel, kind, value] of [["sms", "name", "Tweestap"], ["mail", "mail", "codes@tweestap.example"]] as const) {
      run("provider", "add", "--channel", channel, "--kind", "folder", "--name", `Folder for ${channel}`, "--setting", `path=${this.#folder}`, "--no-secret");
      run("sender", "add", "--channel", channel, "--kind", kind, "--value", value);
    }
  }

  /** A link of "this wasn't me" that was mailed to an address, once there are more than `sent`. */
  async notice(to: string, sent = 0): Promise<string> {
    const links = () => this.#all(to).map((text) => text.match(/^http\S+(\/notices\/\S+)$/m)?.[1]).filter((link) => link !== undefined);
    await expect.poll(() => links().length, { message: `a notice to ${to}`, timeout: WAIT_MILLISECONDS_MAX }).toBeGreaterThan(sent);
    return links().at(-1) ?? "";
  }

  /** Waits for a message to this number or address that says this. */
  async says(to: string, words: string): Promise<void> {
    const said = () => this.#all(to).some((text) => text.includes(words));
    await expect.poll(said, { message: `“${words}” to ${to}`, timeout: WAIT_MILLISECONDS_MAX }).toBe(true);
  }

  /** How many codes went to this number or address. */
  count(to: string): number {
    return this.#to(to).length;
  }

  /** The code in the message that comes next; `sent` is how many there were before. */
  async code(to: string, sent: number): Promise<string> {
    await expect.poll(() => this.count(to), { message: `a message to ${to}`, timeout: WAIT_MILLISECONDS_MAX }).toBe(sent + 1);
    const codes = new Set(this.#to(to).map((text) => text.split("\n\n").slice(1).join("\n").match(/\b\d{6}\b/)?.[0]));
    expect(codes.size, "one code, however often it is sent").toBe(1);
    return [...codes][0] ?? "";
  }

  /** Forgets what came until now. */
  #seen = new Set<string>();
  clear(): void {
    for (const file of this.#files()) this.#seen.add(file);
  }

  #files(): string[] {
    return existsSync(this.#folder) ? readdirSync(this.#folder).filter((file) => file.endsWith(".txt")) : [];
  }

  /** Messages with a code; notices have none. */
  #to(to: string): string[] {
    const body = (text: string) => text.slice(text.indexOf("\n\n")).replace(/^http\S+$/gm, "");
    return this.#all(to).filter((text) => /\b\d{6}\b/.test(body(text)));
  }

  #all(to: string): string[] {
    const texts = this.#files().filter((file) => !this.#seen.has(file)).map((file) => readFileSync(join(this.#folder, file), "utf8"));
    return texts.filter((text) => text.split("\n").includes(`To: ${to}`));
  }
}
