# Sourced by the scripts: where builds and tools go, so that a checkout stays as small as it came.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tweestap
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
export PATH=$cache/bin:$PATH
# The query macros read .sqlx; only scripts/sqlx.sh asks a database.
export SQLX_OFFLINE=${SQLX_OFFLINE:-true}
