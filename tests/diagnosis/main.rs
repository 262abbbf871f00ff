//! Diagnosis: vectors, rules, healthy configurations, damage and errors.
#![cfg(test)]

use powerbi_token_keeper::token;

#[path = "../../src/token/testing.rs"]
mod testing;

mod cases;
mod contract;
mod damage;
mod errors;
mod field;
mod healthy;
mod properties;
mod requests;
mod rules;
mod support;
mod vectors;
