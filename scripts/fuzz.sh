#!/usr/bin/env bash
# Fuzzes what reads files and texts from outside, with libFuzzer on stable Rust. Prints executions, coverage and seed of each target; fails where a target
# did less than FUZZ_RUNS executions (1,000,000 unless set) or the corpus lacks the samples of the RFCs.
# Usage: fuzz.sh [TARGET...]     FUZZ_SEED chooses the seed
set -euo pipefail
. "$(dirname "$0")/env.sh"
runs=${FUZZ_RUNS:-1000000} seed=${FUZZ_SEED:-1}
targets=("$@")
[ ${#targets[@]} != 0 ] || targets=(pskc csv phone code)
cd fuzz
for sample in pskc/rfc6030-figure{3,6,7,10} code/rfc4226-0 code/rfc6238-59; do
  [ -s "corpus/$sample" ] || { echo "fuzz: the corpus lacks $sample" >&2; exit 1; }
done
# What cargo-fuzz passes, less the sanitizer, which needs nightly; there is no unsafe code for it to watch.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
triple=$(rustc -vV | sed -n 's/^host: //p')
cargo build --quiet --release --target "$triple" --target-dir "$CARGO_TARGET_DIR/fuzz" "${targets[@]/#/--bin=}"
bad=0
printf '%-8s %12s %10s %10s %6s\n' target executions coverage features seed
for target in "${targets[@]}"; do
  found=$(mktemp -d) log=$(mktemp)
  dictionary=()
  [ ! -f "$target.dict" ] || dictionary=("-dict=$target.dict")
  code=0
  "$CARGO_TARGET_DIR/fuzz/$triple/release/$target" "$found" "corpus/$target" -runs="$runs" -seed="$seed" -max_len=8192 -timeout=10 -rss_limit_mb=1024 \
    "${dictionary[@]}" -artifact_prefix=./ -print_final_stats=1 >"$log" 2>&1 || code=$?
  done=$(sed -nE 's/^stat::number_of_executed_units: +([0-9]+).*/\1/p' "$log")
  read -r coverage features < <(sed -nE 's/.* cov: ([0-9]+) ft: ([0-9]+) .*/\1 \2/p' "$log" | tail -n 1) || true
  printf '%-8s %12s %10s %10s %6s\n' "$target" "${done:-0}" "${coverage:-0}" "${features:-0}" "$seed"
  if [ "$code" != 0 ] || [ "${done:-0}" -lt "$runs" ]; then
    bad=1
    tail -n 30 "$log" >&2
  fi
  rm -rf "$found" "$log"
done
exit "$bad"
