// One `tweestap serve` with an empty database of its own: start, wait until it is ready, stop.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const READY_SECONDS_MAX = 30;
const STOP_SECONDS_MAX = 20;

export interface Server {
  /** Where people go: `http://localhost:PORT`. Passkeys work there without TLS. */
  url: string;
  /** The one-time link for the first operator, printed on the first start. */
  setupLink: string | undefined;
  /** The environment of this server, to run `tweestap user create …` against the same database. */
  env: NodeJS.ProcessEnv;
  /** Everything it has printed so far. */
  output(): string;
  stop(): Promise<void>;
  /** Ends it as a power cut would; its Postgres and its folder stay until `stop`. */
  crash(): Promise<void>;
}

/** The program: `TWEESTAP_BIN`, else the last debug build. */
export function program(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/tweestap/target");
  return process.env.TWEESTAP_BIN ?? join(target, "debug/tweestap");
}

export async function startServer(settings: Record<string, string> = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "tweestap-e2e-"));
  // Started by root, the program runs Postgres as another user, who must be able to pass through.
  chmodSync(folder, 0o711);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const { DATABASE_URL: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    TWEESTAP_DATA_DIR: join(folder, "data"),
    TWEESTAP_LISTEN: `127.0.0.1:${port}`,
    TWEESTAP_PUBLIC_URL: url,
    TWEESTAP_LOG: "warn",
    ...settings,
  };
  let printed = "";
  const child = spawn(program(), ["serve"], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const spawned = new Promise((_, refuse) => child.once("error", refuse));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([ready(`http://127.0.0.1:${port}/readyz`, url, child), spawned]);
  } catch (error) {
    await stop();
    throw new Error(`tweestap serve did not become ready: ${error}\n${printed}`);
  }
  // The address of the page, not the port it listens on.
  const setupLink = printed.match(/https?:\/\/\S*set-?up\S*/)?.[0];
  const crash = () =>
    new Promise<void>((crashed) => {
      child.once("exit", () => crashed()).kill("SIGKILL");
    });
  return { url, setupLink, env, output: () => printed, stop, crash };
}

async function ready(readyz: string, url: string, child: ChildProcess): Promise<void> {
  const host = new URL(url).host;
  for (let tries = 0; tries < READY_SECONDS_MAX * 10; tries++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const answer = await fetch(url + new URL(readyz).pathname, { headers: { host } }).catch(() => undefined);
    if (answer?.ok) return;
    await pause(100);
  }
  throw new Error(`no good answer from /readyz within ${READY_SECONDS_MAX} s`);
}

/** Ctrl-C as a person would; it stops its Postgres too. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<boolean>((done) => child.once("exit", () => done(true)));
  child.kill("SIGINT");
  const late = pause(STOP_SECONDS_MAX * 1000, false, { ref: false });
  if (!(await Promise.race([ended, late]))) {
    child.kill("SIGKILL");
    throw new Error(`tweestap serve did not stop within ${STOP_SECONDS_MAX} s of Ctrl-C`);
  }
}

function freePort(): Promise<number> {
  return new Promise((found, refuse) => {
    const probe = createServer();
    probe.once("error", refuse).listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? found(address.port) : refuse(new Error("no port"))));
    });
  });
}
