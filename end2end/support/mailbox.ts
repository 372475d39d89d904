// A mail server that is not ours (aiosmtpd, server/peers), and the mails that people find in their mailboxes there.
import { expect } from "@playwright/test";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program, type Server } from "./server.ts";

const PEERS = join(import.meta.dirname, "../../server/peers");
/** Where `make setup` has put what they need. */
const PACKAGES = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tweestap/peers/python");
const WAIT_MILLISECONDS_MAX = 30_000;

export interface Mail {
  headers: Record<string, string>;
  /** As text and as HTML, where it has both. */
  body: { plain?: string; html?: string };
  sender: string;
  to: string[];
}

export class Mailboxes {
  readonly #peer: ChildProcess;
  readonly #mails: Mail[] = [];

  private constructor(peer: ChildProcess) {
    this.#peer = peer;
  }

  /** Starts the mail server, and tells the service to send its mail there. */
  static async start(server: Server): Promise<Mailboxes> {
    const env = { ...process.env, PYTHONPATH: PACKAGES, PYTHONDONTWRITEBYTECODE: "1" };
    const peer = spawn("python3", [join(PEERS, "smtp_peer.py")], { env, stdio: ["pipe", "pipe", "pipe"] });
    const mailboxes = new Mailboxes(peer);
    let complaints = "";
    peer.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    const port = await new Promise<string>((ready, refuse) => {
      createInterface(peer.stdout).on("line", (line) => {
        if (line.startsWith("ready ")) return ready(line.slice("ready ".length));
        const told = JSON.parse(line);
        if (told.event === "mail") mailboxes.#mails.push(told);
      });
      peer.once("error", refuse).once("exit", () => refuse(new Error(`the mail server ended: ${complaints} Run make setup once.`)));
    });
    const run = (...args: string[]) => execFileSync(program(), args, { env: server.env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const settings = ["host=127.0.0.1", `port=${port}`, "security=plain", "from_name=Duinmeer"].flatMap((setting) => ["--setting", setting]);
    run("provider", "add", "--channel", "mail", "--kind", "smtp", "--name", "Mail", ...settings, "--no-secret");
    run("sender", "add", "--channel", "mail", "--kind", "mail", "--value", "security@duinmeer.example");
    return mailboxes;
  }

  /** Ends it; it listens to its input. */
  stop(): void {
    this.#peer.stdin?.end();
  }

  /** All that came to an address. */
  of(address: string): Mail[] {
    return this.#mails.filter(({ to }) => to.includes(address));
  }

  /** The first mail to an address that is like this, now or soon. */
  async find(address: string, like: (mail: Mail) => boolean, what: string): Promise<Mail> {
    await expect.poll(() => this.of(address).some(like), { message: `${what} for ${address}`, timeout: WAIT_MILLISECONDS_MAX }).toBe(true);
    return this.of(address).find(like) as Mail;
  }
}

/** What stands in a mail, with the line ends of a file. */
export function text(mail: Mail): string {
  return (mail.body.plain ?? "").replaceAll("\r\n", "\n");
}
