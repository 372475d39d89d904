// The words of the pages, from the same files the program is built from, so that a test finds a button by its name in either language.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const LANGUAGES = ["en", "nl"] as const;
export type Language = (typeof LANGUAGES)[number];

const LOCALES = join(import.meta.dirname, "../../app/locales");
const read = new Map<string, Record<string, string>>();

/** `words("nl", "member.enabled_ask", { name: "Bram" })`; with a `count`, the form for one or for more. */
export function words(language: Language, key: string, values: Record<string, string | number> = {}): string {
  const [area = "", name = ""] = key.split(".");
  const file = join(LOCALES, language, `${area}.json`);
  const texts = read.get(file) ?? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>);
  read.set(file, texts);
  const text = texts[name] ?? texts[`${name}_${values.count === 1 ? "one" : "other"}`];
  if (text === undefined) throw new Error(`no text ${key} in ${file}`);
  return text.replaceAll(/<\/?\w+>/g, "").replaceAll(/\{\{ (\w+) \}\}/g, (_, value: string) => {
    if (values[value] === undefined) throw new Error(`${key} wants ${value}`);
    return String(values[value]);
  });
}
