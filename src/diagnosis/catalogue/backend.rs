//! Refusals of the REST API and of Entra that a backend passes on.

use super::{Entry, Renewal};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::failure::Failure;

pub(super) const ENTRIES: &[Entry] = &[
    rest(
        |failure| failure.says("exceeded the amount of embed token"),
        &[Capacity],
        &[],
        "The backend may make no more embed tokens: without a capacity their number is limited.",
    ),
    rest(
        |failure| failure.says("api is not accessible for application"),
        &[Permission],
        &[],
        "The tenant does not let service principals use the Power BI API, or this one is not in the group that may.",
    ),
    rest(
        |failure| failure.says("groupnotaccessible"),
        &[Permission],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
    rest(
        |failure| failure.says("usernotlicensed"),
        &[Permission],
        &[Capacity],
        "The backend's user has no Power BI Pro or Premium Per User licence.",
    ),
    rest(
        |failure| failure.says("insufficient_claims"),
        &[Permission],
        &[],
        "Entra's Conditional Access asks the user to sign in again with the claims that the answer names.",
    ),
    rest(
        |failure| failure.says("shouldn't have effective identity"),
        &[ContentNotInToken],
        &[],
        "The GenerateToken call names identities, and the data set has no row-level security.",
    ),
    rest(
        |failure| failure.says("effective identity"),
        &[ContentNotInToken],
        &[],
        "The data set has row-level security, and the GenerateToken call names no identity or no roles for it.",
    ),
    rest(
        |failure| {
            ["aadsts7000215", "aadsts7000222", "aadsts700027"]
                .iter()
                .any(|number| failure.says(number))
        },
        &[],
        &[],
        "Entra does not take the backend's client secret or certificate: it is wrong, has expired, or is a secret's id in place of its value.",
    ),
    rest(
        |failure| failure.says("aadsts700016") || failure.says("aadsts90002"),
        &[],
        &[CloudMismatch],
        "Entra knows no such application or tenant: the backend has a wrong id, or one of another cloud.",
    ),
    rest(
        |failure| failure.says("aadsts"),
        &[Permission],
        &[],
        "Entra refused to give the backend or the user a token; its AADSTS number says why.",
    ),
    rest(
        |failure| failure.status == Some(429) || failure.says("too many requests"),
        &[],
        &[],
        "The REST API is throttling the backend; it should wait as Retry-After says, and ask for fewer tokens.",
    ),
    rest(
        |failure| failure.rest && failure.says("tokenexpired"),
        &[],
        &[AudienceWrong, CloudMismatch, ClockWrong],
        "The REST API refused the Entra token that the backend used: it has expired, or is well-formed and invalid.",
    ),
    rest(
        |failure| failure.rest && failure.says("invalidtoken"),
        &[],
        &[AudienceWrong, CloudMismatch],
        "The REST API refused the Entra token that the backend used as malformed.",
    ),
    rest(
        |failure| failure.rest && failure.says("powerbientitynotfound"),
        &[],
        &[IdNotAGuid, IdMismatch, GroupMismatch, Permission],
        "The REST API finds no such content, or the backend's identity lacks the Build permission on its data set.",
    ),
    rest(
        |failure| failure.rest && failure.says("powerbinotauthorized"),
        &[Permission],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
];

/// A refusal of the REST API that a backend passes on; the page's token has no part in it.
const fn rest(
    matches: fn(&Failure) -> bool,
    confirms: &'static [FindingCode],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> Entry {
    Entry {
        error: "unknown",
        matches,
        summary,
        confirms,
        causes,
        renewal: Renewal::Never,
        of_backend: true,
    }
}
