// The codes that a person's app or token would show, by oathtool: an opinion that is not ours.
import { execFileSync } from "node:child_process";

const PERIOD_SECONDS = 30;
/** Late in a half minute, the code before is out of the window by the time it is looked at. */
const MARGIN_SECONDS = 8;

export interface Oath {
  digits?: number;
  algorithm?: "SHA1" | "SHA256" | "SHA512";
  /** Seconds a code lives. */
  period?: number;
  /** Shifts the clock, in seconds. */
  ahead?: number;
}

export function totp(base32: string, { digits = 6, algorithm = "SHA1", period = PERIOD_SECONDS, ahead = 0 }: Oath = {}): string {
  const now = `@${Math.floor(Date.now() / 1000) + ahead}`;
  return oathtool(base32, `--totp=${algorithm}`, `--digits=${digits}`, `--time-step-size=${period}s`, `--now=${now}`);
}

export function hotp(base32: string, counter: number, { digits = 6 }: Oath = {}): string {
  return oathtool(base32, "--hotp", `--digits=${digits}`, `--counter=${counter}`);
}

/**
 * An authenticator app in a person's hand. Each code is good once, so a test that signs in twice would wait half a minute. This app does not wait:
 * its clock is off by a step where that is needed, as real ones are, and stays inside the window that the service keeps around it.
 */
export class App {
  /** The code that was shown last. */
  last = "";
  #step = 0;
  /** Steps that the service takes this clock to be off, as the codes so far have told it. */
  #drift = 0;

  /** `early` begins with the code before the running one, so that three are good at once. */
  constructor(
    readonly secret: string,
    readonly early = false,
  ) {}

  /** A code that has not been used. */
  fresh(): string {
    const seconds = Date.now() / 1000;
    const now = Math.floor(seconds / PERIOD_SECONDS);
    const late = seconds % PERIOD_SECONDS > PERIOD_SECONDS - MARGIN_SECONDS;
    const first = this.early && !late ? now - 1 : now;
    this.#step = this.#step === 0 ? first : Math.max(this.#step + 1, now + Math.max(this.#drift - 1, 0));
    this.#drift = this.#step - now;
    this.last = this.#at(this.#step);
    return this.last;
  }

  /** A code that is wrong now, and was or will be for minutes around; another one for another number. */
  wrong(another = 0): string {
    const now = Math.floor(Date.now() / 1000 / PERIOD_SECONDS);
    const near = Array.from({ length: 13 }, (_, place) => this.#at(now + place - 6));
    const wrong = ["000000", "111111", "222222", "333333", "444444", "555555"].filter((code) => !near.includes(code));
    return wrong[another % wrong.length] ?? "666666";
  }

  #at(step: number): string {
    return oathtool(this.secret, "--totp=SHA1", "--digits=6", `--time-step-size=${PERIOD_SECONDS}s`, `--now=@${step * PERIOD_SECONDS}`);
  }
}

/** The secret comes by standard input: a command line is there for all to read. */
function oathtool(base32: string, ...options: string[]): string {
  const input = base32.replaceAll(/\s/g, "").toUpperCase();
  return execFileSync("oathtool", [...options, "--base32", "-"], { input, encoding: "utf8" }).trim();
}
