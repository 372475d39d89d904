//! A million tokens in the memory of a few.

use super::common::early;
use super::made::{Made, peak_resident_kib};
use crate::tokens::import::{Format, PskcKey, read};
use std::io::BufReader;

#[test]
#[ignore = "takes half a minute without optimisation: cargo nextest run --release -p domain scale --run-ignored all"]
fn a_million_tokens_need_no_more_memory_than_a_thousand() {
    for format in [Format::Csv, Format::Pskc] {
        let count = |tokens| {
            read(BufReader::new(Made::new(format, tokens)), format, &PskcKey::None, early())
                .expect("good")
                .filter(Result::is_ok)
                .count()
        };
        assert_eq!(count(1_000), 1_000);
        let before = peak_resident_kib();
        assert_eq!(count(1_000_000), 1_000_000);
        let grown = peak_resident_kib() - before;
        assert!(grown < 4 * 1024, "{format:?} grew by {grown} KiB");
    }
}
