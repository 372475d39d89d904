#!/usr/bin/env bash
# The query macros check each statement when it compiles. They read what the database said from .sqlx, so that building needs no database.
# Usage: sqlx.sh prepare     write .sqlx anew (after a change of a statement or a migration)
#        sqlx.sh check       say whether .sqlx is what the migrations and the statements give
#        sqlx.sh dev         make the database tweestap_dev anew and print its URL, for checking while you type (export DATABASE_URL=… SQLX_OFFLINE=false)
set -euo pipefail
. "$(dirname "$0")/env.sh"

cluster=${TWEESTAP_TEST_POSTGRES:-$(scripts/test-postgres.sh start)}
# The owner's password is the test kit's.
owner() { echo "$cluster" | sed -E "s#^[a-z]+://([^@]*@)?([^/]*).*#postgres://tweestap_owner:only-for-tests@\2/$1#"; }
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; }

# The three roles are the test kit's too; a new cluster may not have them yet.
database() {
  for role in tweestap_owner tweestap_app tweestap_keeper; do
    sql "$cluster" -c "do \$\$ begin if not exists (select from pg_roles where rolname = '$role') then
      create role $role login nosuperuser nobypassrls nocreatedb nocreaterole password 'only-for-tests'; end if; end \$\$"
  done
  sql "$cluster" -c "drop database if exists $1 with (force)" -c "create database $1 owner tweestap_owner" 2>/dev/null
  local file
  for file in migrations/[0-9]*.sql; do sql "$(owner "$1")" -1 -f "$file" >/dev/null; done
  # The program's own migrator keeps its list there; the grants name it.
  sql "$(owner "$1")" -c 'create table if not exists _sqlx_migrations (success boolean)'
  [ ! -f migrations/grants.sql ] || sed 's/{app}/tweestap_app/g; s/{keeper}/tweestap_keeper/g' migrations/grants.sql | sql "$(owner "$1")" -1 >/dev/null
}

# Expands every macro against a fresh database and leaves the answers in the folder.
answers() {
  name=tweestap_test_sqlx_$$ # read by the trap
  database "$name"
  trap 'sql "$cluster" -c "drop database if exists $name with (force)"' EXIT
  grep -rlE 'query(_as|_scalar)?!' --include=*.rs domain/src server/src testkit/src 2>/dev/null | xargs -r touch
  DATABASE_URL=$(owner "$name") SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$1 cargo check --quiet --locked --package domain --all-targets
  rm -f "$1"/tmp* 2>/dev/null || true
}

case ${1:-} in
  dev) database tweestap_dev; owner tweestap_dev ;;
  prepare)
    rm -rf .sqlx.new && mkdir .sqlx.new
    answers "$PWD/.sqlx.new"
    rm -rf .sqlx && mv .sqlx.new .sqlx
    echo "$(ls .sqlx | wc -l) statements in .sqlx" ;;
  check)
    # Touching the sources makes everything above them compile again, so only where something changed since it was last right.
    stamp=$CARGO_TARGET_DIR/sqlx-checked
    now=$(cat $(find .sqlx migrations domain/src domain/sqlx.toml -type f 2>/dev/null | sort) | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$now" ] || exit 0
    new=$(mktemp -d)
    answers "$new"
    diff -r --brief .sqlx "$new" || { rm -rf "$new"; echo "run: scripts/sqlx.sh prepare" >&2; exit 1; }
    rm -rf "$new"
    echo "$now" >"$stamp" ;;
  *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
esac
