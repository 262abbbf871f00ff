//! Every code of the contract has a rule, and texts are one plain sentence each.

use std::collections::BTreeSet;
use std::path::Path;

use powerbi_token_keeper::diagnosis::FindingCode;

use crate::support::name;

/// The codes of the contract, one a line.
fn contract() -> BTreeSet<String> {
    include_str!("../data/finding-codes.txt")
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn codes_are_those_of_the_contract() {
    let ours: BTreeSet<String> = FindingCode::ALL.iter().map(name).collect();
    assert_eq!(ours.len(), FindingCode::ALL.len());
    assert_eq!(ours, contract());
}

/// The published declarations may be in another folder of a checkout, or not there yet.
#[test]
fn codes_are_those_of_the_declarations() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/src/types.ts");
    let Ok(text) = std::fs::read_to_string(file) else {
        return;
    };
    let Some((_, rest)) = text.split_once("export type FindingCode") else {
        return;
    };
    let union: String = rest
        .lines()
        .map(|line| line.split("//").next().unwrap_or("").to_owned() + "\n")
        .collect();
    let codes = union
        .split(';')
        .next()
        .unwrap()
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned);
    assert_eq!(codes.collect::<BTreeSet<_>>(), contract());
}
