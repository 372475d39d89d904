#!/usr/bin/env bash
# Runs the checks and tests and ends with one line: N passed, N failed.
# Usage: test.sh [all|check|e2e]     check: without the browser; e2e: the browser's part alone
set -uo pipefail
. "$(dirname "$0")/env.sh"
part=${1:-all}
passed=0 failed=0

# A stage is one check, or many tests that count one by one.
stage() { printf '\n== %s\n' "$1"; }
check() {
  stage "$1"
  shift
  if "$@" </dev/null; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $*"; fi
}
# Adds the figures of a runner. Where it failed without a failed test (nothing compiled, nothing ran), that is one failure.
count() { # its exit code, passed, failed
  local bad=${3:-0}
  if [ "$bad" = 0 ] && { [ "$1" != 0 ] || [ "${2:-0}" = 0 ]; }; then bad=1 && echo "FAILED: the runner ended with $1"; fi
  passed=$((passed + ${2:-0})) failed=$((failed + bad))
}

ours=
scripts/test-postgres.sh url >/dev/null 2>&1 || ours=yes
if [ -z "${TWEESTAP_TEST_POSTGRES:-}" ]; then
  TWEESTAP_TEST_POSTGRES=$(scripts/test-postgres.sh start) || exit 1
  export TWEESTAP_TEST_POSTGRES
  # Left running where it ran before: somebody else may be using it.
  [ -z "$ours" ] || trap 'scripts/test-postgres.sh stop' EXIT
fi

# Not `exec`: one package selection for everything, so that each dependency is compiled once.
build() { cargo build --quiet --locked --workspace --bins --tests; }
site() { "$CARGO_TARGET_DIR/debug/xtask" site --release; }

# Offline, cargo lists the packages only where it has those of every platform; building fetches just this one's.
dependencies() { cargo fetch --quiet --locked && cargo deny --log-level error --locked --offline check bans licenses sources; }
advisories() {
  cargo deny --log-level off --locked fetch db >/dev/null 2>&1 || { echo "skipped: the advisory database cannot be fetched here"; return 0; }
  cargo deny --log-level warn --locked check --disable-fetch advisories
}

rust_tests() {
  stage "unit, database and protocol tests"
  local junit=target/nextest/default/junit.xml code=0 line bad
  rm -f "$junit"
  cargo nextest run --locked --workspace </dev/null || code=$?
  line=$(grep -m 1 '<testsuites' "$junit" 2>/dev/null)
  number() { sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<<"$line"; }
  bad=$(($(number failures) + $(number errors) + 0))
  count "$code" $(($(number tests) + 0 - bad)) "$bad"
}

browser_tests() {
  stage "browser tests"
  local result=$root/end2end/output/result.json code=0
  rm -rf "$result" "$root/end2end/output/gallery"
  (cd end2end && TWEESTAP_BIN=$CARGO_TARGET_DIR/debug/tweestap TWEESTAP_SITE_DIR=$CARGO_TARGET_DIR/site npx --no-install playwright test </dev/null) || code=$?
  # shellcheck disable=SC2046 # two words
  count "$code" $(node -e 'const s = require(process.argv[1]).stats; console.log(s.expected + s.flaky, s.unexpected)' "$result" 2>/dev/null)
}

if [ "$part" != e2e ]; then
  check "formatting (mend it by: make fmt)" cargo fmt --all --check -- -l
  check "statements known to the database" scripts/sqlx.sh check
  check "lint: server" cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
fi
check "build" build
if [ "$part" != e2e ]; then
  check "lint: browser" "$CARGO_TARGET_DIR/debug/xtask" lint
  check "dependencies: bans, licences, sources" dependencies
  check "dependencies: advisories" advisories
  rust_tests
fi
if [ "$part" != check ]; then
  check "site" site
  browser_tests
  check "gallery: every state of every page in all its dresses" node scripts/gallery.mjs end2end/output/result.json
fi

# Both parts leave a file; the browser's tests are asked for only where they were run.
if [ "$part" != e2e ]; then
  check "abuse cases: every named test has run" node scripts/abuse-cases.mjs target/nextest/default/junit.xml \
    $([ "$part" = check ] || echo end2end/output/result.json)
fi

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
