// What only time and another program can do to an installation, done to the database of a test's own server.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "./server.ts";

/** Runs SQL on the server's private Postgres, past row security. */
export function sql(server: Server, statement: string): void {
  const access = JSON.parse(readFileSync(join(server.env.TWEESTAP_DATA_DIR ?? "", "postgres.json"), "utf8"));
  const url = `postgres://tweestap_superuser:${access.superuser_password}@127.0.0.1:${access.port}/tweestap?sslmode=disable`;
  execFileSync("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", url, "-c", statement], { stdio: ["ignore", "pipe", "pipe"] });
}

/** All methods are older by so many days, and were last used so much longer ago. */
export function daysPass(server: Server, days: number): void {
  const earlier = ["confirmed_at", "created_at", "last_used_at"].map((moment) => `${moment} = ${moment} - interval '${days} days'`);
  sql(server, `update method set ${earlier.join(", ")}`);
}

/** Phones and mailboxes count for a reset a day after they were added. */
export function aDayPasses(server: Server): void {
  sql(server, "update method set confirmed_at = confirmed_at - interval '25 hours', created_at = created_at - interval '25 hours'");
}

/** So many minutes go by in which nobody does anything: attempts, codes and sessions that were open are older. */
export function minutesPass(server: Server, minutes: number): void {
  const earlier = (...moments: string[]) => moments.map((moment) => `${moment} = ${moment} - interval '${minutes} minutes'`).join(", ");
  sql(server, `update attempt set ${earlier("started_at", "last_step_at")} where stage <> 'decided'`);
  sql(server, `update challenge set ${earlier("created_at", "expires_at")}`);
  sql(server, `update session set ${earlier("created_at", "seen_at", "ends_at")}`);
}
