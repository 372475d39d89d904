#!/usr/bin/env bash
# A private Postgres cluster for the tests: fast, forgetful, on a loopback port of its own. It never holds anything worth keeping.
# Usage: test-postgres.sh start   start it when it is not running, print the superuser's URL
#        test-postgres.sh url     print the URL, exit 1 when it is not running
#        test-postgres.sh stop    stop it
#        test-postgres.sh remove  stop it and delete its folder
set -euo pipefail

# Postgres refuses to run as root, so root borrows the postgres user and a folder that user may enter.
if [ "$(id -u)" = 0 ]; then
  home=${TWEESTAP_TEST_POSTGRES_DIR:-/var/cache/tweestap/test-postgres}
  as=(runuser -u postgres --)
else
  home=${TWEESTAP_TEST_POSTGRES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tweestap/test-postgres}
  as=()
fi
data=$home/data log=$home/log
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "${bin:-}/postgres" ] || bin=$(dirname "$(command -v postgres || { echo "no Postgres found; run: make setup" >&2; exit 1; })")

run() { (cd / && env -i PATH="$PATH" LC_ALL=C.UTF-8 "${as[@]}" "$@" 3>&- 9>&-); }
running() { [ -f "$data/postmaster.pid" ] && run "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }
url() { echo "postgres://postgres:$(cat "$home/password")@127.0.0.1:$(cat "$home/port")/postgres"; }
ask() { PGCONNECT_TIMEOUT=5 psql -qAtX -v ON_ERROR_STOP=1 "$(url)" "$@"; }

stop() { if running; then run "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null; fi; }

# What a killed test left behind: its database after an hour, an unused template after half a day.
sweep() {
  ask -c "select format('%s %I', datistemplate, datname) from pg_database where
      (datname like 'tweestap\_test\_%' and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '1 hour')
   or (datname like 'tweestap\_template\_%' and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '12 hours')" |
  while read -r template name; do
    [ "$template" = f ] || ask -c "alter database $name is_template false"
    ask -c "drop database if exists $name with (force)" </dev/null
  done
}

create() {
  rm -rf "$data"
  mkdir -p "$home"
  [ -s "$home/password" ] || (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$home/password")
  [ "$(id -u)" != 0 ] || chown -R postgres: "$home"
  chmod 700 "$home"
  # md5 rather than SCRAM: each test opens several connections and the key stretching would cost more than the test.
  run "$bin/initdb" -D "$data" -A md5 -U postgres --pwfile="$home/password" -E UTF8 --no-locale --no-sync >"$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

launch() {
  run "$bin/pg_ctl" -D "$data" -l "$log" -w -t 30 start -o "-p $(cat "$home/port") -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c max_connections=300 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_wal_size=4GB \
    -c wal_level=minimal -c max_wal_senders=0 -c checkpoint_timeout=1h" </dev/null >/dev/null 2>&1
}

start() {
  if ! running; then
    [ -s "$data/PG_VERSION" ] && [ -s "$home/port" ] || { create; free_port >"$home/port"; }
    # A crash with fsync off, a newer Postgres or a taken port may stop it from coming up: nothing in it matters, so begin again.
    launch || { stop || true; create; free_port >"$home/port"; launch; } || { tail -n 20 "$log" >&2; exit 1; }
  fi
  sweep >&2 || true
}

case ${1:-} in
  start)
    mkdir -p "$(dirname "$home")"
    exec 9>"$home.lock"
    flock 9
    start
    url ;;
  url) running || { echo "the test cluster is not running; start it with: scripts/test-postgres.sh start" >&2; exit 1; }
    url ;;
  stop) stop ;;
  remove) stop; rm -rf "$home" "$home.lock" ;;
  *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
esac
