// Every picture that end2end/gallery.json names for a route must have been made by the last run of the browser tests, in all eight dresses, and no other.
// That each page of the program stands in the table is checked by a test of the server (server/src/routes.rs).
// Usage: node scripts/gallery.mjs BROWSER-RESULT
import { readdirSync, readFileSync, statSync } from "node:fs";

const [result] = process.argv.slice(2);
const end2end = new URL("../end2end/", import.meta.url);
const folder = new URL("output/gallery/", end2end);
const { pages } = JSON.parse(readFileSync(new URL("gallery.json", end2end), "utf8"));
const began = Date.parse(JSON.parse(readFileSync(result, "utf8")).stats.startTime);

const problems = [];
const wanted = new Map();
for (const [route, names] of Object.entries(pages)) {
  if (names.length === 0) problems.push(`${route} has no picture`);
  for (const name of names) {
    if (wanted.has(name)) problems.push(`${name} stands twice`);
    wanted.set(name, route);
  }
}

const dresses = ["390", "1440"].flatMap((width) => ["light", "dark"].flatMap((theme) => ["en", "nl"].map((language) => `${width}-${theme}-${language}`)));
const made = new Set(readdirSync(folder).filter((file) => statSync(new URL(file, folder)).mtimeMs >= began));
for (const [name, route] of wanted) {
  const missing = dresses.filter((dress) => !made.has(`${name}-${dress}.png`));
  if (missing.length > 0) problems.push(`${route}: ${name} was not made in ${missing.join(", ")}`);
}
for (const file of made) {
  const [, name] = /^(.+)-(?:390|1440)-(?:light|dark)-(?:en|nl)\.png$/.exec(file) ?? [];
  if (!wanted.has(name)) problems.push(`${file} is not in end2end/gallery.json`);
}

for (const problem of problems) console.error(problem);
console.log(`${made.size} pictures of ${wanted.size} states of ${Object.keys(pages).length - ("*" in pages ? 1 : 0)} routes`);
process.exit(problems.length || !wanted.size ? 1 : 0);
