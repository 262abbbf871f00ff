//! Rules about what powerbi-client's own validation rejects, and about editing.

use super::{Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Info, Warning};
use crate::diagnosis::config::Editing;
use crate::diagnosis::docs;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::ConfigInvalid,
        severity: Error,
        evidence: |context| match context.config.map(|config| &config.thrown) {
            None => Evidence::Inconclusive,
            Some(Some(problem)) => {
                Evidence::Confirms(format!("powerbi-client rejects this configuration: {problem}."))
            }
            Some(None) => {
                Evidence::Refutes("powerbi-client's own validation accepts the configuration.".into())
            }
        },
        possible_message: "powerbi-client's own validation may reject a member of the configuration; run diagnose on it.",
        fix: "Add or correct the member that is named, as powerbi-client's models declare it; their enums are numbers, for example models.Permissions.All is 7.",
        docs: Some(docs::DEBUG),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ConfigInvalid,
        severity: Warning,
        evidence: |context| match context.config.and_then(|config| config.thrown_later.as_ref()) {
            Some(problem) => Evidence::Confirms(format!(
                "powerbi-client rejects this configuration once its iframe has loaded: {problem}."
            )),
            None => Evidence::Inconclusive,
        },
        possible_message: "",
        fix: "Give the member the type and value that powerbi-client's models declare.",
        docs: Some(docs::DEBUG),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ConfigInvalid,
        severity: Info,
        evidence: |context| {
            match context.config {
            Some(config) if config.lacks_visual_name && context.report.is_none() => Evidence::Confirms(
                "A visual needs pageName and visualName, and powerbi-client rejects it without them once its iframe has loaded.".into(),
            ),
            _ => Evidence::Inconclusive,
        }
        },
        possible_message: "",
        fix: "Pass the name of the page and of the visual, as report.getPages() and page.getVisuals() return them.",
        docs: Some(docs::DEBUG),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::EditNotPermitted,
        severity: Error,
        evidence: |context| match context.config.map(|config| config.editing) {
            Some(Editing::WithoutPermissions) => Evidence::Confirms(
                "viewMode is 1 (Edit), but permissions is missing, which counts as Read.".into(),
            ),
            Some(Editing::ReadOnly) => {
                Evidence::Confirms("viewMode is 1 (Edit), but permissions is 0 (Read).".into())
            }
            Some(Editing::No | Editing::Permitted) | None => Evidence::Inconclusive,
        },
        possible_message: "permissions, the token or the workspace role may not allow editing.",
        fix: "Set permissions to models.Permissions.All (7), create the embed token with accessLevel Edit (or allowEdit true), and give the identity write access to the report.",
        docs: Some(docs::GENERATE),
        fixed_by_refresh: false,
    },
];
