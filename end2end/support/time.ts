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

/** Whoever is in the middle of something did the step before so many minutes ago. Looking at the page has kept the browser's session meanwhile. */
export function minutesPass(server: Server, minutes: number): void {
  sql(server, `update attempt set last_step_at = last_step_at - interval '${minutes} minutes' where decided_at is null`);
  sql(server, `update challenge set created_at = created_at - interval '${minutes} minutes', expires_at = expires_at - interval '${minutes} minutes' where spent_at is null`);
}

/** What was signed in until now is past what its organisation keeps, and the sweep of the night has been. */
export function retentionEnds(server: Server, slug: string): void {
  for (const table of ["attempt_step", "auth_log"]) sql(server, `delete from ${table} using tenant t where t.tenant_id = ${table}.tenant_id and t.slug = '${slug}'`);
}

/** A day or two go by in which nobody tries anything: waits are over, and the last wrong answers are old. */
export function quietDays(server: Server, slug: string): void {
  const long = "interval '2 days'";
  const waits = `wait_until = wait_until - ${long}, last_at = last_at - ${long}, recent = array(select at - ${long} from unnest(recent) at)`;
  sql(server, `update throttle set ${waits} where tenant_id = (select tenant_id from tenant where slug = '${slug}')`);
}

/** So many days of those in which registration can be put off are gone. */
export function graceRuns(server: Server, slug: string, days: number): void {
  const members = `tenant_id = (select tenant_id from tenant where slug = '${slug}')`;
  sql(server, `update member set grace_from = grace_from - interval '${days} days' where ${members}`);
}

/** So many days later, as the makers' dates of hardware tokens have it. */
export function tokensAge(server: Server, days: number): void {
  const earlier = (moment: string) => `${moment} = ${moment} - interval '${days} days'`;
  sql(server, `update oath_token set ${earlier("valid_from")}, ${earlier("valid_until")}`);
  const until = `to_jsonb((params->>'valid_until')::timestamptz - interval '${days} days')`;
  sql(server, `update method set params = jsonb_set(params, '{valid_until}', ${until}) where params->>'valid_until' is not null`);
}

/** So many minutes go by in which nobody does anything: attempts, codes and sessions that were open are older. */
export function minutesPassUnused(server: Server, minutes: number): void {
  const earlier = (...moments: string[]) => moments.map((moment) => `${moment} = ${moment} - interval '${minutes} minutes'`).join(", ");
  sql(server, `update attempt set ${earlier("started_at", "last_step_at")} where stage <> 'decided'`);
  sql(server, `update challenge set ${earlier("created_at", "expires_at")}`);
  sql(server, `update session set ${earlier("created_at", "seen_at", "ends_at")}`);
}
