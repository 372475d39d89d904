// Every test that docs/abuse-cases.md names must have run and passed: not filtered out, not ignored, not skipped.
// Usage: node scripts/abuse-cases.mjs JUNIT [BROWSER-RESULT]     without the second, tests of the browser are not looked for
import { readFileSync } from "node:fs";

const [junit, browser] = process.argv.slice(2);
const document = readFileSync(new URL("../docs/abuse-cases.md", import.meta.url), "utf8");

const named = new Map();
for (const line of document.split("\n")) {
  const id = /^\| ([A-F]?\d+) \|/.exec(line)?.[1];
  if (!id) continue;
  for (const [, test] of line.matchAll(/`([^`]+)`/g)) {
    if (test.includes("::") || test.includes(" › ")) named.set(test, [...(named.get(test) ?? []), id]);
  }
}

// The runner names a test by its binary and its path: `domain` and `vault::tests::x`, `server::bin/tweestap` and `web::tests::x`, `domain::catalogue` and `x`.
const ran = new Set();
for (const [, attributes, inside] of readFileSync(junit, "utf8").matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
  const attribute = (name) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  const binary = attribute("classname").replace(/::bin\/[^:]+/, "");
  if (!/<(failure|error|skipped)/.test(inside ?? "")) ran.add(`${binary}::${attribute("name")}`);
}

function browserTests(suite, file) {
  for (const spec of suite.specs ?? []) {
    const results = spec.tests.flatMap((test) => test.status);
    if (spec.ok && !results.includes("skipped")) ran.add(`end2end/tests/${file} › ${spec.title}`);
  }
  for (const inner of suite.suites ?? []) browserTests(inner, file);
}
if (browser) {
  for (const suite of JSON.parse(readFileSync(browser, "utf8")).suites) browserTests(suite, suite.file);
}

const missing = [...named].filter(([test]) => !ran.has(test) && (browser || test.includes("::")));
for (const [test, ids] of missing) console.error(`${ids.join(", ")}: did not run or did not pass: ${test}`);
console.log(`${named.size - missing.length} of ${named.size} tests named in docs/abuse-cases.md have passed`);
process.exit(missing.length || !named.size ? 1 : 0);
