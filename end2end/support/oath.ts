// The codes that a person's app or token would show, by oathtool: an opinion that is not ours.
import { execFileSync } from "node:child_process";

export interface Oath {
  digits?: number;
  algorithm?: "SHA1" | "SHA256" | "SHA512";
  /** Seconds a code lives. */
  period?: number;
  /** Shifts the clock, in seconds. */
  ahead?: number;
}

export function totp(base32: string, { digits = 6, algorithm = "SHA1", period = 30, ahead = 0 }: Oath = {}): string {
  const now = `@${Math.floor(Date.now() / 1000) + ahead}`;
  return oathtool(base32, `--totp=${algorithm}`, `--digits=${digits}`, `--time-step-size=${period}s`, `--now=${now}`);
}

export function hotp(base32: string, counter: number, { digits = 6 }: Oath = {}): string {
  return oathtool(base32, "--hotp", `--digits=${digits}`, `--counter=${counter}`);
}

/** Waits until the running code was not there before: each is good once. */
export async function nextTotp(base32: string, last: string, oath: Oath = {}): Promise<string> {
  for (;;) {
    const code = totp(base32, oath);
    if (code !== last) return code;
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** The secret comes by standard input: a command line is there for all to read. */
function oathtool(base32: string, ...options: string[]): string {
  const input = base32.replaceAll(/\s/g, "").toUpperCase();
  return execFileSync("oathtool", [...options, "--base32", "-"], { input, encoding: "utf8" }).trim();
}
