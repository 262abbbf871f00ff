//! Checks the body of a GenerateToken request, by the definitions of the OpenAPI file and the rules of its documentation.

use super::docs;
use super::misplaced;
use super::report::{Finding, Severity, sorted_by};
use super::schema::Shape::{Bool, Fields, Guid, ListOf, Number, Text, Word};
use super::schema::{Era, Shape, optional, problem, required};
use super::{
    FindingCode,
    format::{digits, quote_safely},
};
use crate::token::Json;

/// Members of the multi-item call, V2.
const MULTI_ITEM: [&str; 4] = ["datasets", "reports", "targetWorkspaces", "datasourceIdentities"];
/// Members of the calls for a single item, V1.
const SINGLE_ITEM: [&str; 3] = ["accessLevel", "allowSaveAs", "datasetId"];
/// Members of both.
const COMMON: [&str; 2] = ["identities", "lifetimeInMinutes"];
/// Members that no request has: it is an embed configuration or a response.
const OTHERS: [&str; 6] = [
    "accessToken",
    "embedUrl",
    "tokenType",
    "type",
    "token",
    "embedToken",
];
/// The most reports, data sets, workspaces and roles.
const MAX_ITEMS: usize = 50;
/// The most characters of a role.
const MAX_ROLE: usize = 50;

const FIX_SHAPE: &str = "Correct this member as the documentation of GenerateToken defines it.";
const FIX_IDENTITY: &str = "Give each identity a username, the ids of the data sets that it applies to, and their roles as a list of names.";

static REQUEST: Shape = Fields(&[
    optional("accessLevel", &Text),
    optional("datasetId", &Guid),
    optional("allowSaveAs", &Bool),
    optional(
        "datasets",
        &ListOf(&Fields(&[
            required("id", &Guid),
            optional("xmlaPermissions", &XMLA),
        ])),
    ),
    optional(
        "reports",
        &ListOf(&Fields(&[required("id", &Guid), optional("allowEdit", &Bool)])),
    ),
    optional("targetWorkspaces", &ListOf(&Fields(&[required("id", &Guid)]))),
    optional("lifetimeInMinutes", &Number),
    optional(
        "datasourceIdentities",
        &ListOf(&Fields(&[
            required("identityBlob", &Text),
            required(
                "datasources",
                &ListOf(&Fields(&[
                    required("datasourceType", &Text),
                    required("connectionDetails", &Shape::Object),
                ])),
            ),
        ])),
    ),
]);
static XMLA: Shape = Word(&["Off", "ReadOnly"]);
static IDENTITIES: Shape = Fields(&[optional(
    "identities",
    &ListOf(&Fields(&[
        required("username", &Text),
        optional("datasets", &ListOf(&Text)),
        optional("reports", &ListOf(&Text)),
        optional("roles", &ListOf(&Text)),
        optional("customData", &Text),
        optional("auditableContext", &Text),
        optional("identityBlob", &Fields(&[required("value", &Text)])),
    ])),
)]);

/// Whether a value is the body of a GenerateToken request rather than an embed configuration or a response.
pub(super) fn is_request(json: &Json) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| get(json, name).is_some());
    let is_typical = has(&MULTI_ITEM)
        || has(&COMMON)
        || get(json, "accessLevel").is_some()
        || get(json, "allowSaveAs").is_some();
    is_typical && !has(&OTHERS) && misplaced::token(json).is_none()
}

/// What Microsoft will refuse of a request, and what will not work with the token that it gives.
pub(super) fn findings(json: &Json) -> Vec<Finding> {
    let json = &camel_case(json);
    let mut found = Findings(Vec::new());
    calls(json, &mut found);
    if let Some(problem) = problem(json, &REQUEST, Era::V24, "") {
        found.add(
            FindingCode::RequestInvalid,
            Severity::Error,
            format!("{problem}."),
            FIX_SHAPE,
        );
    }
    lists(json, &mut found);
    lifetime(json, &mut found);
    creation(json, &mut found);
    identities(json, &mut found);
    sorted_by(found.0, |finding| finding.severity)
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, code: FindingCode, severity: Severity, message: String, fix: &'static str) {
        let docs = if code == FindingCode::IdentityInvalid {
            docs::ROW_LEVEL_SECURITY
        } else {
            docs::GENERATE_TOKEN
        };
        self.0.push(Finding {
            code,
            severity,
            message,
            fix,
            docs: Some(docs),
        });
    }

    fn request(&mut self, message: String, fix: &'static str) {
        self.add(FindingCode::RequestInvalid, Severity::Error, message, fix);
    }

    fn identity(&mut self, message: String, fix: &'static str) {
        self.add(FindingCode::IdentityInvalid, Severity::Error, message, fix);
    }
}

/// A member that is there and not `null`.
fn get<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    let member = json
        .members()
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    member
        .map(|(_, value)| value)
        .filter(|value| !matches!(value, Json::Null))
}

fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    get(json, name).map_or(&[], Json::as_array)
}

/// The request with the first letter of every name in lower case: .NET names them in upper case, and the API takes both.
fn camel_case(json: &Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.iter().map(camel_case).collect()),
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect(), camel_case(value))
            });
            Json::Object(members.collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Date(_) => json.clone(),
    }
}

/// Members of one call in a request for the other, and requests for nothing.
fn calls(json: &Json, found: &mut Findings) {
    let first = |names: &'static [&str]| names.iter().find(|name| get(json, name).is_some());
    match (first(&SINGLE_ITEM), first(&MULTI_ITEM)) {
        (Some(single), Some(multi)) => found.request(
            format!("{single} belongs to the calls for a single item (V1), but {multi} to the multi-item call (V2)."),
            "Use either POST /GenerateToken with datasets and reports, or POST /groups/…/reports/…/GenerateToken with accessLevel.",
        ),
        (None, Some(_)) if list(json, "reports").is_empty() && list(json, "datasets").is_empty() => found.request(
            "The request lists neither reports nor datasets, so the token would be for nothing.".into(),
            "List the reports, and the data set of each, by their ids.",
        ),
        (None, None) => found.add(
            FindingCode::RequestInvalid,
            Severity::Warning,
            "accessLevel is missing; the calls for a single item need it, and the multi-item call needs reports and datasets.".into(),
            "Set accessLevel to View, Edit or Create, or list reports and datasets.",
        ),
        _ => {}
    }
    if !list(json, "reports").is_empty() && list(json, "datasets").is_empty() {
        found.add(
            FindingCode::ContentNotInToken,
            Severity::Warning,
            "datasets is missing or empty: with this token a Power BI report loads without its data, unless it is a paginated report without a semantic model.".into(),
            "List the data set of each report in datasets, and for a paginated report on a semantic model set its xmlaPermissions to ReadOnly.",
        );
    }
    let level = get(json, "accessLevel").and_then(Json::as_str);
    if let Some(level) = level.filter(|level| {
        !["View", "Edit", "Create"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(level))
    }) {
        found.request(
            format!(
                "accessLevel must be View, Edit or Create, but is {}.",
                quote_safely(level)
            ),
            "Set accessLevel to View, Edit or Create.",
        );
    }
}

/// Lists that are too long, or name an item twice.
fn lists(json: &Json, found: &mut Findings) {
    for name in ["reports", "datasets", "targetWorkspaces"] {
        let items = list(json, name);
        if items.len() > MAX_ITEMS {
            found.request(
                format!(
                    "{name} has {} items, but at most {MAX_ITEMS} are allowed.",
                    items.len()
                ),
                "Create several tokens, each for at most 50 reports, 50 data sets and 50 workspaces.",
            );
        }
    }
}

fn lifetime(json: &Json, found: &mut Findings) {
    let Some(minutes) = get(json, "lifetimeInMinutes").and_then(Json::as_f64) else {
        return;
    };
    if minutes < 0.0 || minutes.fract() != 0.0 {
        found.request(
            format!(
                "lifetimeInMinutes must be a positive whole number, but is {}.",
                digits(minutes)
            ),
            "Leave lifetimeInMinutes out, or set it to a whole number of minutes.",
        );
    } else if minutes == 0.0 {
        found.add(
            FindingCode::RequestInvalid,
            Severity::Info,
            "lifetimeInMinutes is 0, which is ignored.".into(),
            "Leave lifetimeInMinutes out.",
        );
    } else if minutes < 10.0 {
        found.add(
            FindingCode::TokenExpiresSoon,
            Severity::Warning,
            format!("lifetimeInMinutes is {}, so every token expires before a page can refresh it in good time.", digits(minutes)),
            "Leave lifetimeInMinutes out: it only shortens the token's life, which ends with the Entra token's in any case.",
        );
    }
}

/// Tokens to create a report with.
fn creation(json: &Json, found: &mut Findings) {
    let level = get(json, "accessLevel").and_then(Json::as_str).unwrap_or("");
    let is_create = level.eq_ignore_ascii_case("Create");
    if is_create && get(json, "datasetId").is_none() {
        found.request(
            "accessLevel is Create, but datasetId is missing.".into(),
            "Name the data set that the new report is for in datasetId.",
        );
    }
    if is_create && !list(json, "identities").is_empty() {
        found.identity(
            "accessLevel is Create, but the request contains identities, which are not supported for creating a report.".into(),
            "Leave identities out, and create reports on data sets without row-level security.",
        );
    }
    if !is_create && !level.is_empty() && get(json, "datasetId").is_some() {
        found.add(
            FindingCode::RequestInvalid,
            Severity::Warning,
            format!(
                "datasetId is ignored with accessLevel {}: it applies only to Create.",
                quote_safely(level)
            ),
            "Leave datasetId out, or set accessLevel to Create.",
        );
    }
    if is_create && matches!(get(json, "allowSaveAs"), Some(Json::Bool(true))) {
        found.add(
            FindingCode::RequestInvalid,
            Severity::Warning,
            "allowSaveAs is ignored with accessLevel Create: it applies only to reports that exist.".into(),
            "Leave allowSaveAs out.",
        );
    }
}

fn identities(json: &Json, found: &mut Findings) {
    if let Some(problem) = problem(json, &IDENTITIES, Era::V24, "") {
        found.identity(format!("{problem}."), FIX_IDENTITY);
        return;
    }
    let ids = |name| -> Vec<&str> {
        list(json, name)
            .iter()
            .filter_map(|item| get(item, "id")?.as_str())
            .collect()
    };
    let (datasets, reports) = (ids("datasets"), ids("reports"));
    let mut named: Vec<&str> = Vec::new();
    for (at, identity) in list(json, "identities").iter().enumerate() {
        let path = format!("identities[{at}]");
        if get(identity, "username")
            .and_then(Json::as_str)
            .is_some_and(|name| name.trim().is_empty())
        {
            found.identity(format!("{path}.username is empty."), "Set username to the name that the data set's rules compare with USERNAME() or USERPRINCIPALNAME().");
        }
        roles(identity, &path, found);
        let own: Vec<&str> = list(identity, "datasets")
            .iter()
            .filter_map(Json::as_str)
            .collect();
        let for_reports = list(identity, "reports");
        if own.is_empty() && for_reports.is_empty() {
            found.add(
                FindingCode::IdentityInvalid,
                Severity::Warning,
                format!("{path} names no datasets, so it applies to nothing."),
                FIX_IDENTITY,
            );
        }
        for id in own {
            let is_known = datasets.is_empty() || datasets.iter().any(|known| known.eq_ignore_ascii_case(id));
            if !is_known {
                found.identity(
                    format!(
                        "{path} is for data set {}, which datasets does not list.",
                        quote_safely(id)
                    ),
                    "List every data set that an identity names in datasets too.",
                );
            }
            if named.iter().any(|known| known.eq_ignore_ascii_case(id)) {
                found.identity(
                    format!("Two identities are for data set {}.", quote_safely(id)),
                    "Give each data set a single identity, with all of its roles.",
                );
            }
            named.push(id);
        }
        let unknown = for_reports
            .iter()
            .filter_map(Json::as_str)
            .find(|id| !reports.is_empty() && !reports.iter().any(|known| known.eq_ignore_ascii_case(id)));
        if let Some(id) = unknown {
            found.identity(
                format!(
                    "{path} is for report {}, which reports does not list.",
                    quote_safely(id)
                ),
                "List every paginated report that an identity names in reports too.",
            );
        }
    }
}

fn roles(identity: &Json, path: &str, found: &mut Findings) {
    let roles = list(identity, "roles");
    if roles.len() > MAX_ITEMS {
        found.identity(
            format!(
                "{path}.roles has {} items, but at most {MAX_ITEMS} are allowed.",
                roles.len()
            ),
            "Combine roles in the data set, so that each identity needs at most 50.",
        );
    }
    let is_bad =
        |role: &&str| role.trim().is_empty() || role.contains(',') || role.chars().count() > MAX_ROLE;
    if let Some((at, _)) = roles
        .iter()
        .filter_map(Json::as_str)
        .enumerate()
        .find(|(_, role)| is_bad(role))
    {
        found.identity(
            format!("{path}.roles[{at}] is not the name of a role: it is empty, contains a comma, or is longer than 50 characters."),
            "Pass each role as a string of its own, spelt as in Power BI Desktop.",
        );
    }
}
