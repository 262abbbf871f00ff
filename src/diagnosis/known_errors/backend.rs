//! Refusals of the REST API and of Entra that a backend passes on.

use super::{KnownError, RefreshHelps};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::error_report::ErrorReport;

pub(super) const ENTRIES: &[KnownError] = &[
    rest(
        |report| report.says("exceeded the amount of embed token"),
        &[Capacity],
        &[],
        "The backend can't create more embed tokens: without a capacity their number is limited.",
    ),
    rest(
        |report| report.says("api is not accessible for application"),
        &[Permission],
        &[],
        "The tenant does not allow service principals to use the Power BI API, or this one is not in the allowed security group.",
    ),
    rest(
        |report| report.says("groupnotaccessible"),
        &[Permission],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
    rest(
        |report| report.says("usernotlicensed"),
        &[Permission],
        &[Capacity],
        "The backend's user has no Power BI Pro or Premium Per User license.",
    ),
    rest(
        |report| report.says("insufficient_claims"),
        &[Permission],
        &[],
        "Conditional Access requires the user to sign in again with the claims that the response names.",
    ),
    rest(
        |report| report.says("shouldn't have effective identity"),
        &[ContentNotInToken],
        &[],
        "The GenerateToken request contains identities, but the data set has no row-level security.",
    ),
    rest(
        |report| report.says("effective identity"),
        &[ContentNotInToken],
        &[],
        "The data set has row-level security, but the GenerateToken request contains no identity or no roles for it.",
    ),
    rest(
        |report| {
            ["aadsts7000215", "aadsts7000222", "aadsts700027"]
                .iter()
                .any(|number| report.says(number))
        },
        &[],
        &[],
        "Entra rejected the backend's client secret or certificate: it is wrong, has expired, or is the secret's id instead of its value.",
    ),
    rest(
        |report| report.says("aadsts700016") || report.says("aadsts90002"),
        &[],
        &[CloudMismatch],
        "Entra finds no such application or tenant: the backend uses a wrong id, or one from another cloud.",
    ),
    rest(
        |report| report.says("aadsts"),
        &[Permission],
        &[],
        "Entra refused to issue a token to the backend or the user; the AADSTS number says why.",
    ),
    rest(
        |report| report.status == Some(429) || report.says("too many requests"),
        &[],
        &[],
        "The REST API is throttling the backend, which should wait as Retry-After says and request fewer tokens.",
    ),
    rest(
        |report| report.rest && report.says("tokenexpired"),
        &[],
        &[AudienceWrong, CloudMismatch, ClockWrong],
        "The REST API rejected the backend's Entra token: it has expired, or its signature is invalid.",
    ),
    rest(
        |report| report.rest && report.says("invalidtoken"),
        &[],
        &[AudienceWrong, CloudMismatch],
        "The REST API rejected the backend's Entra token as malformed.",
    ),
    rest(
        |report| report.rest && report.says("powerbientitynotfound"),
        &[],
        &[IdNotAGuid, IdMismatch, GroupMismatch, Permission],
        "The REST API finds no such content, or the backend's identity lacks Build permission on the data set.",
    ),
    rest(
        |report| report.rest && report.says("powerbinotauthorized"),
        &[Permission],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
];

/// A refusal of the REST API that a backend passes on; the page's token has no part in it.
const fn rest(
    matches: fn(&ErrorReport) -> bool,
    confirms: &'static [FindingCode],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> KnownError {
    KnownError {
        error: "unknown",
        matches,
        summary,
        confirms,
        causes,
        refresh_helps: RefreshHelps::Never,
        of_backend: true,
    }
}
