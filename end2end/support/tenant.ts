// An organisation to play with, made by the program's own commands on the server's database, and the REST key of an admin in it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "./oath.ts";
import { program, type Server } from "./server.ts";
import type { Language } from "./words.ts";

export const PASSWORD = "vier natte eenden";

/** A seed that a member's app holds when the tests give him one; of no use anywhere else. */
const SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

interface Someone {
  given?: string;
  family?: string;
  role?: string;
}

export interface Tenant {
  slug: string;
  /** Makes a member with a password; answers the sign-in name. */
  member(name: string, options?: Someone): string;
  /** Makes a member without a password; answers the one-time link. */
  invited(name: string, options?: Someone): string;
  /** Makes the emergency key of a global admin. */
  emergencyKey(upn: string): string;
  /** Gives a member an app that counts at once. */
  app(upn: string): Promise<App>;
  /** Brings hardware tokens into the inventory, as a file of CSV. */
  importTokens(csv: string): void;
  /** Puts a picture in the place of the name. */
  logo(png: Buffer): void;
  /** A verification that another program asks for; answers its decision. */
  verify(upn: string, code: string, application: string): Promise<string>;
  /** Publishes the policy with a change. */
  policy(change: (document: any) => void): Promise<void>;
  /** Calls the REST interface as an admin. */
  rest(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
}

let made = 0;

export async function tenant(server: Server, name: string, options: { strict?: boolean; language?: Language } = {}): Promise<Tenant> {
  const slug = `t${process.pid}-${++made}`;
  const domain = `${slug}.example`;
  const run = (...args: string[]) => command(server, args);
  const more = [...(options.strict ? ["--strict"] : []), ...(options.language ? ["--locale", options.language] : [])];
  run("tenant", "create", "--slug", slug, "--name", name, "--domain", domain, ...more);
  const key = run("api-key", "create", "--tenant", slug, "--name", "tests", "--scope", "verify,admin,read,support,questions").trim();
  const rest: Tenant["rest"] = async (method, path, body) => {
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  };
  const create = (upn: string, { given, family, role }: Someone, ...more: string[]) => {
    const names = [...(given ? ["--given-name", given] : []), ...(family ? ["--family-name", family] : [])];
    return run("user", "create", "--tenant", slug, "--upn", upn, ...names, ...(role ? ["--role", role] : []), ...more);
  };
  const good = async (method: string, path: string, body: unknown) => {
    const answer = await rest(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    slug,
    rest,
    member(name, options = {}) {
      const upn = `${name}@${domain}`;
      create(upn, options);
      command(server, ["user", "set-password", "--tenant", slug, "--upn", upn], PASSWORD);
      return upn;
    },
    emergencyKey(upn) {
      return JSON.parse(run("emergency-key", "make", "--tenant", slug, "--upn", upn)).key;
    },
    async app(upn) {
      await good("POST", `/users/${upn}/methods`, { kind: "totp", secret: SEED, confirmed: true });
      return new App(SEED);
    },
    importTokens(csv) {
      const file = join(mkdtempSync(join(tmpdir(), "tokens-")), "tokens.csv");
      writeFileSync(file, csv);
      run("token", "import", "--tenant", slug, file);
    },
    logo(png) {
      const file = join(mkdtempSync(join(tmpdir(), "logo-")), "logo.png");
      writeFileSync(file, png);
      run("logo", "set", "--tenant", slug, "--reason", "tests", file);
    },
    async policy(change) {
      const { version, document } = (await rest("GET", "/policy")).body;
      change(document);
      await good("PUT", "/policy", { based_on: version, document, reason: "tests" });
    },
    async verify(upn, code, application) {
      return (await good("POST", "/verifications", { user: upn, code, application })).decision;
    },
    invited(name, options = {}) {
      const made = JSON.parse(create(`${name}@${domain}`, options, "--setup-link"));
      return made.setup_link ?? made.set_up_link;
    },
  };
}

function command(server: Server, args: string[], input?: string): string {
  return execFileSync(program(), args, { env: server.env, encoding: "utf8", input: input ?? "", stdio: ["pipe", "pipe", "pipe"] });
}
