#!/usr/bin/env bash
# Measures the release program beside what the database and the hash allow alone, and prints a table. See bench/README.md.
set -euo pipefail
. "$(dirname "$0")/env.sh"
seconds=${BENCH_SECONDS:-15} members=${BENCH_MEMBERS:-20000} rows=${BENCH_ROWS:-1000000} tokens=${BENCH_TOKENS:-200000} texts=${BENCH_TEXTS:-200}
clients=32
program=$CARGO_TARGET_DIR/release/tweestap bench=$CARGO_TARGET_DIR/release/bench
cargo build --release --locked --package server --package bench

say() { echo "bench: $*" >&2; }
run=$(mktemp -d)
server=
stop_server() { if [ -n "$server" ]; then kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; server=; fi; }

# The cluster: a Postgres as it comes, but for room for our connections and for the log of one run. Root borrows the postgres user.
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "${bin:-}/postgres" ] || bin=$(dirname "$(command -v postgres || { echo "no Postgres found; run: make setup" >&2; exit 1; })")
if [ "$(id -u)" = 0 ]; then
  home=$(mktemp -d /var/tmp/tweestap-bench.XXXXXX)
  chown postgres: "$home"
  as=(runuser -u postgres --)
else
  mkdir -p "$cache"
  home=$(mktemp -d "$cache/bench.XXXXXX")
  as=()
fi
postgres() { (cd / && env -i PATH="$bin:$PATH" LC_ALL=C.UTF-8 "${as[@]}" "$@"); }
finish() {
  stop_server
  postgres pg_ctl -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$home" "$run"
}
trap finish EXIT
free_port() {
  local port
  while :; do
    port=$((30000 + RANDOM % 2000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}
say "starting a Postgres with fsync and synchronous_commit on"
export PGHOST=127.0.0.1 PGPORT PGUSER=postgres PGPASSWORD
PGPORT=$(free_port)
PGPASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$PGPASSWORD" >"$run/password"
chmod 755 "$run"
postgres initdb -D "$home/data" -A scram-sha-256 -U postgres --pwfile="$run/password" -E UTF8 --no-locale >"$run/initdb.log" 2>&1 || { cat "$run/initdb.log" >&2; exit 1; }
postgres pg_ctl -D "$home/data" -l "$home/log" -w start -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=150 \
  -c shared_buffers=256MB -c max_wal_size=4GB -c checkpoint_timeout=30min -c fsync=on -c synchronous_commit=on -c full_page_writes=on" </dev/null >/dev/null
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; }
url() { echo "postgres://$1:$PGPASSWORD@$PGHOST:$PGPORT/product"; }
for role in owner app keeper; do sql -d postgres -c "create role bench_$role login password '$PGPASSWORD'"; done
sql -d postgres -c "create database product owner bench_owner" -c "create database lean"

DATABASE_URL=$(url bench_app) TWEESTAP_OWNER_DATABASE_URL=$(url bench_owner) TWEESTAP_KEEPER_DATABASE_URL=$(url bench_keeper)
TWEESTAP_MASTER_KEY=$(head -c 32 /dev/urandom | base64)
export DATABASE_URL TWEESTAP_OWNER_DATABASE_URL TWEESTAP_KEEPER_DATABASE_URL TWEESTAP_MASTER_KEY
port=$(free_port)
export TWEESTAP_LISTEN=127.0.0.1:$port TWEESTAP_PUBLIC_URL=http://localhost:$port TWEESTAP_DATA_DIR=$run

say "migrating, and making $members members with an authenticator app each"
"$program" migrate 2>"$run/migrate.log" || { cat "$run/migrate.log" >&2; exit 1; }
sql -d postgres -c "alter role bench_app in database product set synchronous_commit = off"
"$bench" members "$members" >"$run/made"
sql -d postgres -c "alter role bench_app in database product reset synchronous_commit"
key=$(sed -n 's/^key //p' "$run/made")
grep -v '^key ' "$run/made" | shuf >"$run/members"
sql -d product -c "vacuum analyze"

# The milliseconds until the server says it is ready.
start_server() {
  local began now
  began=$(date +%s%N)
  "$program" serve >"$run/server.log" 2>&1 &
  server=$!
  until curl -sf -o /dev/null "http://localhost:$port/readyz"; do
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$run/server.log" >&2; exit 1; }
    [ $(($(date +%s%N) - began)) -lt 30000000000 ] || { say "the server does not get ready"; exit 1; }
    sleep 0.01
  done
  now=$(date +%s%N)
  ready=$(((now - began) / 1000000))
}
ready_worst=0
for _ in 1 2 3; do
  stop_server
  start_server
  [ "$ready" -le "$ready_worst" ] || ready_worst=$ready
done
resident() { awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status"; }

say "catching the document of one commit"
sql -d product -f bench/catch.sql
head -n 2000 "$run/members" >"$run/some"
"$bench" verifications "127.0.0.1:$port" "$key" "$run/some" 0 1 >/dev/null
sql -d product -f bench/release.sql
sql -d product -v app=bench_app -f bench/statements.sql >"$run/statements.sql"
stop_server

tps() { sed -nE 's/^tps = ([0-9]+).*/\1/p' "$1"; }
# pgbench says what it did on both outputs; it is shown when it went wrong.
by_pgbench() { # file of the report, then its arguments
  local report=$1
  shift
  pgbench -n -M prepared -c "$clients" -j 2 -T "$seconds" "$@" >"$report" 2>&1 && grep -q '^number of failed transactions: 0 ' "$report" ||
    { head -n 40 "$report" >&2; exit 1; }
}
say "the lean reference under pgbench, $seconds s at $clients clients"
sql -d lean -f bench/lean-schema.sql
by_pgbench "$run/lean" -f bench/lean-verification.sql lean
lean=$(tps "$run/lean")
say "our two statements under pgbench"
PGUSER=bench_app by_pgbench "$run/own" -f "$run/statements.sql" -D i=-1 -D members="$members" -D clients="$clients" product
own=$(tps "$run/own")

say "the server, the same $clients clients by HTTP"
start_server
"$bench" verifications "127.0.0.1:$port" "$key" "$run/members" "$seconds" "$clients" >"$run/rest"
value() { sed -n "s/^$2 //p" "$1"; }
rest=$(value "$run/rest" rate)
resident_verifying=$(resident)
verified_at=$(date +%s)
say "the pages of a sign-in, one at a time"
"$bench" pages "127.0.0.1:$port" >"$run/pages"
say "wrong passwords, for the memory they take"
"$bench" sign-ins "127.0.0.1:$port" "$seconds" 8 >"$run/sign-ins"
resident_passwords=$(resident)

# The sign-in page with all that its head asks for, compressed as browsers ask for it.
bytes() { curl -sf -o /dev/null -H 'accept-encoding: br, gzip' -w '%{size_download}' "http://localhost:$port$1"; }
page=$(bytes /sign-in)
for file in $(curl -sf "http://localhost:$port/sign-in" | grep -oE '(href|src)="/pkg/[^"#]*' | cut -d '"' -f 2 | sort -u); do
  page=$((page + $(bytes "$file")))
done
islands=$(curl -sf "http://localhost:$port/sign-in" | grep -c '<leptos-island' || true)
[ -s "$CARGO_TARGET_DIR/site/assets.json" ] || say "no built site: the size of the page lacks its styles (make build)"

say "the same clients while $texts text messages a second are handed to a gateway on this machine"
texts_port=$(free_port)
"$bench" phones "$((texts * (seconds + 8)))" "$texts_port" >"$run/phones"
texts_key=$(sed -n 's/^key //p' "$run/phones")
grep -v '^key ' "$run/phones" >"$run/phoned"
# A service that has sent before, as its database knows it: some go out first, and what the planner knows of them is brought up to date.
head -n "$((texts * 7 / 2))" "$run/phoned" >"$run/warming"
tail -n "+$((texts * 7 / 2 + 1))" "$run/phoned" >"$run/texted"
"$bench" texts "127.0.0.1:$port" "$texts_key" "$run/warming" "$texts_port" 1 "$texts" >/dev/null
sql -d product -c "vacuum analyze"
# Codes that were used a moment ago would be refused: two steps later every member has new ones.
while [ $(($(date +%s) - verified_at)) -lt 62 ]; do sleep 1; done
"$bench" texts "127.0.0.1:$port" "$texts_key" "$run/texted" "$texts_port" "$((seconds + 2))" "$texts" >"$run/texts" &
texting=$!
"$bench" verifications "127.0.0.1:$port" "$key" "$run/members" "$seconds" "$clients" >"$run/with-texts"
wait "$texting"
stop_server

# A file of hardware tokens as makers send it: columns, or PSKC (RFC 6030) in the clear.
tokens() { # format, how many, the letters before each serial number
  awk -v format="$1" -v n="$2" -v serial="$3" 'function letters(from, count,  out) {
      out = ""
      while (count--) out = out substr(from, 1 + int(rand() * length(from)), 1)
      return out
    }
    BEGIN {
      srand(7)
      base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
      base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
      if (format == "csv") print "serial,secret,interval"
      else print "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">"
      for (i = 0; i < n; i++)
        if (format == "csv") print serial i "," letters(base32, 32) ",30"
        else print "<KeyPackage><DeviceInfo><SerialNo>" serial i "</SerialNo></DeviceInfo><Key Id=\"" serial i \
          "\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters><ResponseFormat Encoding=\"DECIMAL\" Length=\"6\"/>" \
          "</AlgorithmParameters><Data><Secret><PlainValue>" letters(base64, 26) letters("AEIMQUYcgkosw048", 1) "=</PlainValue></Secret>" \
          "<TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data></Key></KeyPackage>"
      if (format != "csv") print "</KeyContainer>"
    }'
}
# Imports a file by the command line; prints milliseconds, the start of the program included, and the peak of memory in MB.
import() { # file
  local began pid now peak=0
  began=$(date +%s%N)
  "$program" token import --tenant bench "$1" >"$run/import.log" 2>&1 &
  pid=$!
  while now=$(awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.02
  done
  wait "$pid" || { cat "$run/import.log" >&2; exit 1; }
  echo "$((($(date +%s%N) - began) / 1000000)) $peak"
}
say "imports of hardware tokens: 10,000 by CSV and by PSKC, then $tokens"
tokens csv 10000 C >"$run/few.csv"
tokens pskc 10000 P >"$run/few.pskc"
tokens csv "$tokens" M >"$run/many.csv"
import_csv=$(import "$run/few.csv") import_pskc=$(import "$run/few.pskc") import_many=$(import "$run/many.csv")

say "passwords by the domain beside the bare hash"
"$bench" passwords "$seconds" >"$run/passwords"

say "what the time of a comparison tells"
"$bench" timing "$seconds" >"$run/timing"

reader=$(sed 's/ .*//;q' "$run/members")
journal() { # rows, rows before the later page
  local place
  place=$(sql -d product -v name="$reader" -v rows="$1" -v before="$2" -f bench/journal.sql)
  "$bench" journal "$reader" "${place/ */}" "${place/* /}"
}
say "pages of the journal, 10,000 rows"
journal 10000 5000 >"$run/few"
say "pages of the journal, $rows rows"
journal "$rows" 49950 >"$run/many"

# One line of the table; a target is "at least" (>=) or "at most" (<=), of the ratio where there is a reference, else of the value.
row() { # measure, value, reference, sign, target
  awk -v m="$1" -v v="$2" -v r="$3" -v s="$4" -v t="$5" 'BEGIN {
    n = split(v, words, " "); ratio = r == "" ? words[1] : words[1] / (r + 0)
    met = s == ">=" ? ratio >= t : ratio <= t
    printf "%-62s %12s %16s %7s %8s  %s\n", m, v, r == "" ? "-" : r, r == "" ? "-" : sprintf("%.2f", ratio), s " " t, met ? "met" : "NOT MET" }'
}
printf '\n%-62s %12s %16s %7s %8s\n' measure value reference ratio target
row "REST verification at $clients clients, beside our two statements" "$rest /s" "$own /s" ">=" 0.6
row "REST verification at $clients clients, beside the lean reference" "$rest /s" "$lean /s" ">=" 0.25
row "the same while $texts text messages a second leave" "$(value "$run/with-texts" rate) /s" "$rest /s" ">=" 0.7
row "text messages handed to a gateway on this machine meanwhile" "$(value "$run/texts" handed) /s" "$texts /s" ">=" 0.95
row "password check, two in flight, beside bare argon2" "$(value "$run/passwords" own) /s" "$(value "$run/passwords" bare) /s" ">=" 0.9
row "the slowest page of a sign-in (half are faster)" "$(value "$run/pages" slowest) ms" "" "<=" 5
row "a right password less its bare hash (half are faster)" "$(value "$run/pages" password) ms" "" "<=" 5
row "first page of a member's sign-ins, $rows rows beside 10,000" "$(value "$run/many" first) ms" "$(value "$run/few" first) ms" "<=" 2
row "page 1,000 of $rows rows beside page 1" "$(value "$run/many" later) ms" "$(value "$run/many" first) ms" "<=" 1.1
row "import of 10,000 hardware tokens by CSV" "${import_csv/ */} ms" "" "<=" 3000
row "import of 10,000 hardware tokens by PSKC" "${import_pskc/ */} ms" "" "<=" 3000
row "memory of an import of $tokens tokens beside 10,000 (peak)" "${import_many/* /} MB" "${import_csv/* /} MB" "<=" 1.2
row "time of an app code's comparison, right beside wrong digits: |t|" "$(value "$run/timing" code) " "" "<=" 4.5
row "time of a MAC's comparison, right beside wrong bytes: |t|" "$(value "$run/timing" mac) " "" "<=" 4.5
row "the same for a comparison that stops at the first byte: |t|" "$(value "$run/timing" plain) " "" ">=" 4.5
row "resident under verification load (peak)" "$resident_verifying MB" "" "<=" 80
row "resident with password load (peak)" "$resident_passwords MB" "" "<=" 128
row "ready on a migrated database (slowest of 3)" "$ready_worst ms" "" "<=" 1000
row "sign-in page before any island, compressed" "$(awk -v b="$page" 'BEGIN { printf "%.1f", b / 1000 }') kB" "" "<=" 100
echo
echo "latency of a verification at $clients clients: $(value "$run/rest" p50) ms for half, $(value "$run/rest" p99) ms for 99 in 100;" \
  "$(value "$run/sign-ins" tries) wrong passwords in $seconds s; $islands islands on the sign-in page."
echo "machine: $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg) at the end; Postgres $("$bin/postgres" --version | grep -oE '[0-9.]+' | head -n 1)."
