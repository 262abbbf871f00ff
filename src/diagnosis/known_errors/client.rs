//! Errors that powerbi-client and browsers throw by themselves, and texts that are shown instead of an error.

use super::http::is_script_error;
use super::{KnownError, Reason, RefreshHelps, because, by_rule};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::docs;
use crate::diagnosis::error_report::ErrorReport;

pub(super) const ENTRIES: &[KnownError] = &[
    thrown(
        "tokenType must be a number",
        |report| report.says("tokentype must be a number") || report.says("tokentype property is invalid"),
        &[by_rule(TokenTypeInvalid)],
        &[],
        "powerbi-client accepts only the number 0 or 1 as tokenType.",
    ),
    thrown(
        "accessToken must be a string",
        |report| report.says("accesstoken must be a string"),
        &[by_rule(TokenNotAToken)],
        &[],
        "powerbi-client received an accessToken that is not a string.",
    ),
    thrown(
        "accessToken is required",
        |report| {
            report.says_any(&[
                "no access token was found",
                "access token cannot be empty",
                "accesstoken is required",
            ])
        },
        &[by_rule(TokenMissing)],
        &[],
        "powerbi-client received no access token.",
    ),
    thrown(
        "embedUrl is required",
        |report| report.says_any(&["embed url is required", "embedurl is required"]),
        &[by_rule(EmbedUrlMissing)],
        &[],
        "powerbi-client received no embedUrl.",
    ),
    thrown(
        "embedUrl must be a string",
        |report| report.says("embedurl must be a string"),
        &[because(
            ConfigInvalid,
            "Pass the embedUrl of one item as a string; a backend may have returned a list or an object.",
            docs::TROUBLESHOOT,
        )],
        &[EmbedUrlMissing],
        "powerbi-client received an embedUrl that is not a string.",
    ),
    thrown(
        "datasetId is required",
        |report| report.says_any(&["dataset id is required", "datasetid is required"]),
        &[because(
            ConfigInvalid,
            "Pass the id of the data set as datasetId; to create a report, powerbi-client needs that and no report id.",
            docs::DEBUG,
        )],
        &[],
        "powerbi-client found no datasetId, which it needs to create a report.",
    ),
    thrown(
        "visualName is required",
        |report| {
            report.says_any(&[
                "visual name is required",
                "visualname is required",
                "page name is required",
                "pagename is required",
            ])
        },
        &[because(
            ConfigInvalid,
            "Pass pageName and visualName, as report.getPages() and page.getVisuals() return them (name, not displayName or title).",
            docs::DEBUG,
        )],
        &[],
        "powerbi-client needs pageName and visualName to embed a visual.",
    ),
    thrown(
        "id is required",
        |report| {
            report.says_any(&[
                "report id is required",
                "dashboard id is required",
                "tile id is required",
            ]) || report.says("\nid is required")
                || report.message.starts_with("id is required")
        },
        &[by_rule(IdMissing)],
        &[],
        "powerbi-client found no id, neither in the configuration nor in the embedUrl.",
    ),
    thrown(
        "Embed URL is invalid for this scenario",
        |report| report.says("embed url is invalid for this scenario"),
        &[by_rule(EmbedUrlInvalid)],
        &[],
        "powerbi-client rejects an embedUrl with autoAuth=true, which is a secure-embed link.",
    ),
    thrown(
        "Invalid embed URL detected",
        |report| report.says("invalid embed url"),
        &[by_rule(EmbedUrlInvalid)],
        &[SdkTooOld, EmbedUrlMissing],
        "powerbi-client rejects the embedUrl: it is not https:, or this version does not accept its host.",
    ),
    thrown(
        "accessTokenProvider is only supported in report SaaS embed",
        |report| report.says("accesstokenprovider"),
        &[by_rule(ProviderUnsupported)],
        &[TokenTypeMissing, SdkTooOld],
        "powerbi-client accepts accessTokenProvider only as a function, and only with tokenType 0 for a report or quickCreate.",
    ),
    thrown(
        "Attempted to embed component of type",
        |report| report.says_any(&["attempted to embed component of type", "what type of component"]),
        &[by_rule(TypeMismatch)],
        &[ConfigInvalid],
        "powerbi-client has no such type of content.",
    ),
    thrown(
        "permissions property is invalid",
        |report| report.says_any(&["permissions property is invalid", "permissions must be a number"]),
        &[because(
            ConfigInvalid,
            "Set permissions to a number of models.Permissions: Read 0, ReadWrite 1, Copy 2, Create 4 or All 7.",
            docs::DEBUG,
        )],
        &[],
        "powerbi-client accepts only the numbers 0, 1, 2, 4 and 7 (models.Permissions) as permissions.",
    ),
    thrown(
        "viewMode property is invalid",
        |report| report.says_any(&["viewmode property is invalid", "viewmode must be a number"]),
        &[because(
            ConfigInvalid,
            "Set viewMode to a number of models.ViewMode: View 0 or Edit 1.",
            docs::DEBUG,
        )],
        &[],
        "powerbi-client accepts only the numbers 0 and 1 (models.ViewMode) as viewMode.",
    ),
    thrown(
        "eventName must be one of",
        |report| report.says("eventname must be one of"),
        &[],
        &[TokenNotRefreshed],
        "powerbi-client has no event of this name; in particular there is no tokenExpired event: an expired token is reported as an error event with the message TokenExpired.",
    ),
    thrown(
        "This API is currently not supported for RDL reports",
        |report| report.says("not supported for rdl"),
        &[],
        &[],
        "powerbi-client does not support this call for paginated reports.",
    ),
    thrown(
        "target window is not provided",
        |report| report.says("target window is not provided"),
        &[],
        &[FrameBlocked],
        "The embed's iframe is missing, so nothing can be sent to it; embed again, or wait until it is there.",
    ),
    thrown(
        "DataCloneError",
        |report| report.says_any(&["datacloneerror", "could not be cloned", "can not be cloned"]),
        &[because(
            FrameBlocked,
            "Pass plain objects to powerbi-client: unwrap Vue's and MobX's proxies (toRaw), and remove functions and elements from the configuration.",
            docs::DEBUG,
        )],
        &[],
        "The browser can't post this object to the embed's iframe, because it contains a proxy, a function or an element.",
    ),
    thrown(
        "frame-blocked",
        |report| {
            !report.says("connect-src")
                && report.says_any(&[
                    "mixed content",
                    "refused to frame",
                    "x-frame-options",
                    "frame-src",
                    "child-src",
                    "frame-ancestors",
                    "refused to connect",
                    "invalid target origin",
                    "blocked by response",
                    "blocked by client",
                    "err_blocked_by",
                ])
        },
        &[by_rule(FrameBlocked)],
        &[EmbedUrlInvalid],
        "The browser did not load the Power BI iframe, or does not let the page talk to it.",
    ),
    thrown(
        "pageNotFound",
        |report| report.has_word(&["pagenotfound"]),
        &[because(
            ConfigInvalid,
            "Set pageName to the name of a page as report.getPages() returns it (name, not displayName), or leave it out.",
            docs::DEBUG,
        )],
        &[],
        "The report has no page of this name; pages that were deleted or renamed in Power BI are not found either.",
    ),
    thrown(
        "report is not loaded",
        |report| {
            report.says_any(&[
                "not loaded",
                "not ready",
                "before the load event",
                "not been loaded",
            ])
        },
        &[],
        &[],
        "The method was called before the content was loaded; wait for the loaded event.",
    ),
    thrown(
        "content isn't available",
        |report| report.says_any(&["content isn't available", "content is not available"]),
        &[],
        &[TokenTypeMismatch, TokenTypeMissing, EmbedUrlInvalid, Permission],
        "The frame says that the content isn't available: the token is of the wrong kind, the URL is not for embedding, or access is missing.",
    ),
    thrown(
        "config-invalid",
        |report| {
            report.message.len() < 200
                && report.says_any(&[
                    " property is invalid\n",
                    " must be a string\n",
                    " must be a number\n",
                    " must be a boolean\n",
                    " must be an object\n",
                    " must be an array of strings\n",
                    " must be an array of numbers\n",
                    " must be a function\n",
                    " is required\n",
                    " is forbidden\n",
                    "must be one of the followings",
                ])
        },
        &[by_rule(ConfigInvalid)],
        &[],
        "powerbi-client's own validation rejects a member of the configuration, which the message names.",
    ),
    KnownError {
        error: None,
        ..thrown(
            "",
            is_script_error,
            &[],
            &[],
            "A script of the page failed before Power BI was asked; its stack trace names the line.",
        )
    },
];

/// An error that powerbi-client throws by itself: the text says it all, and no token helps.
const fn thrown(
    error: &'static str,
    matches: fn(&ErrorReport) -> bool,
    confirms: &'static [Reason],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> KnownError {
    KnownError {
        error: Some(error),
        matches,
        summary,
        confirms,
        causes,
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    }
}
