#!/bin/sh
# Builds std for wasm32-unknown-unknown with Debian's compiler into a toolchain folder of our own, once (about two minutes).
# For machines where rustup cannot fetch the target. Needs the Debian packages rustc-web cargo-web rust-web-src lld-22.
# Usage: wasm-sysroot.sh DIR     Afterwards DIR/bin/cargo with RUSTC=DIR/bin/rustc builds for the browser without any nightly flag.
set -eu
TC=$(realpath -m "${1:?folder to build the toolchain in}")
HOST=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
WASM=wasm32-unknown-unknown
STAMP="$(/usr/bin/rustc -V) $(/usr/bin/rustc -vV | sed -n 's/^LLVM version: //p')"
[ "$(cat "$TC/stamp" 2>/dev/null)" = "$STAMP" ] && exit 0
echo "building the wasm32 standard library with $(/usr/bin/rustc -V), once" >&2
NEW=$TC.new.$$
trap 'rm -rf "$NEW"' EXIT
mkdir -p "$NEW/bin" "$NEW/lib/rustlib/$HOST/bin" "$NEW/lib/rustlib/$WASM/lib" "$NEW/build/src"
ln -s "/usr/lib/rustlib/$HOST/lib" "$NEW/lib/rustlib/$HOST/lib"
ln -s /usr/lib/rustlib/src "$NEW/lib/rustlib/src"
ln -s /usr/lib/llvm-22/bin/lld "$NEW/lib/rustlib/$HOST/bin/rust-lld"
for tool in rustc rustdoc; do
  printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$tool" "$TC" >"$NEW/bin/$tool"
  chmod +x "$NEW/bin/$tool"
done
# Clippy of the browser half goes through the same sysroot, where Debian's clippy is installed.
[ ! -x /usr/bin/clippy-driver ] || ln -s /usr/bin/clippy-driver "$NEW/bin/clippy-driver"
ln -s /usr/bin/cargo "$NEW/bin/cargo"
echo '#![no_std]' >"$NEW/build/src/lib.rs"
printf '[package]\nname = "stdbuild"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\npanic = "abort"\n' >"$NEW/build/Cargo.toml"
(cd "$NEW/build" && env -u RUSTFLAGS -u RUSTC_WRAPPER RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=t \
  /usr/bin/cargo build --quiet --release --target $WASM -Z build-std=std,panic_abort)
cp "$NEW"/build/t/$WASM/release/deps/*.rlib "$NEW"/build/t/$WASM/release/deps/*.rmeta "$NEW/lib/rustlib/$WASM/lib/"
rm -rf "$NEW"/lib/rustlib/$WASM/lib/libstdbuild* "$NEW/build"
echo "$STAMP" >"$NEW/stamp"
rm -rf "$TC"
mv "$NEW" "$TC"
