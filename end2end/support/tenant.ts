// An organisation to play with, made by the program's own commands on the server's database, and the REST key of an admin in it.
import { execFileSync } from "node:child_process";
import { program, type Server } from "./server.ts";

export const PASSWORD = "vier natte eenden";

export interface Tenant {
  slug: string;
  /** Makes a member with a password; answers the sign-in name. */
  member(name: string, options?: { given?: string; role?: string; enabled?: boolean }): string;
  /** Makes a member without a password; answers the one-time link. */
  invited(name: string, options?: { given?: string; role?: string }): string;
  /** Calls the REST interface as an admin. */
  rest(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
}

let made = 0;

export async function tenant(server: Server, name: string, options: { profile?: string } = {}): Promise<Tenant> {
  const slug = `t${process.pid}-${++made}`;
  const domain = `${slug}.example`;
  const run = (...args: string[]) => command(server, args);
  run("tenant", "create", "--slug", slug, "--name", name, "--domain", domain, ...(options.profile ? ["--profile", options.profile] : []));
  const key = run("api-key", "create", "--tenant", slug, "--name", "tests", "--scope", "verify,admin,read,support").trim();
  const rest: Tenant["rest"] = async (method, path, body) => {
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  };
  const create = (upn: string, { given, role }: { given?: string; role?: string }, ...more: string[]) =>
    run("user", "create", "--tenant", slug, "--upn", upn, ...(given ? ["--given-name", given] : []), ...(role ? ["--role", role] : []), ...more);
  return {
    slug,
    rest,
    member(name, options = {}) {
      const upn = `${name}@${domain}`;
      create(upn, options);
      command(server, ["user", "set-password", "--tenant", slug, "--upn", upn], PASSWORD);
      return upn;
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
