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
    assert!(FindingCode::ALL.iter().all(|code| code.name() == name(code)));
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

/// Each code has a case that it is found in, and one that is about it and where it is not.
#[test]
fn every_code_has_a_positive_and_a_negative_case() {
    let rules = crate::cases::cases();
    let errors = crate::errors::cases();
    let all = rules.iter().map(|case| (case.about, case.is_positive()));
    let all: Vec<_> = all
        .chain(errors.iter().map(|case| (case.about, case.is_positive())))
        .collect();
    for code in FindingCode::ALL {
        for wanted in [true, false] {
            assert!(all.contains(&(*code, wanted)), "{code:?} has no {wanted} case");
        }
    }
}
