//! Bodies of GenerateToken requests that Microsoft refuses, or whose token does not do what was meant.

use serde_json::{Value, json};

use crate::support::{GROUP, REPORT, embed, judge, told};

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let identity = json!({"username": "jo@contoso.example", "roles": ["Sales"], "datasets": [REPORT]});
    let both = json!({"datasets": [{"id": REPORT}], "reports": [{"id": GROUP}]});
    let with = |patch: Value| crate::support::with(&both, &patch);
    for (request, wanted) in [
        (
            json!({"accessLevel": "View", "reports": [{"id": GROUP}], "datasets": [{"id": REPORT}]}),
            vec!["request-invalid:error"],
        ),
        (
            json!({"allowSaveAs": true, "targetWorkspaces": [{"id": GROUP}]}),
            vec!["request-invalid:error"],
        ),
        (json!({"accessLevel": "Read"}), vec!["request-invalid:error"]),
        (json!({"accessLevel": 1}), vec!["request-invalid:error"]),
        (
            json!({"accessLevel": "View", "allowSaveAs": "true"}),
            vec!["request-invalid:error"],
        ),
        (json!({"accessLevel": "Create"}), vec!["request-invalid:error"]),
        (
            json!({"accessLevel": "Create", "datasetId": REPORT, "identities": [identity]}),
            vec!["identity-invalid:error"],
        ),
        (
            json!({"accessLevel": "Create", "datasetId": REPORT, "allowSaveAs": true}),
            vec!["request-invalid:warning"],
        ),
        (
            json!({"accessLevel": "View", "datasetId": REPORT}),
            vec!["request-invalid:warning"],
        ),
        (json!({"lifetimeInMinutes": 60}), vec!["request-invalid:warning"]),
        (
            json!({"accessLevel": "View", "lifetimeInMinutes": -5}),
            vec!["request-invalid:error"],
        ),
        (
            json!({"accessLevel": "View", "lifetimeInMinutes": 1.5}),
            vec!["request-invalid:error"],
        ),
        (
            json!({"accessLevel": "View", "lifetimeInMinutes": "60"}),
            vec!["request-invalid:error"],
        ),
        (
            json!({"accessLevel": "View", "lifetimeInMinutes": 0}),
            vec!["request-invalid:info"],
        ),
        (
            json!({"accessLevel": "View", "lifetimeInMinutes": 1}),
            vec!["token-expires-soon:warning"],
        ),
        (
            json!({"reports": [{"id": GROUP}]}),
            vec!["content-not-in-token:warning"],
        ),
        (
            json!({"reports": [], "datasets": []}),
            vec!["request-invalid:error"],
        ),
        (
            json!({"targetWorkspaces": [{"id": GROUP}]}),
            vec!["request-invalid:error"],
        ),
        (with(json!({"reports": [GROUP]})), vec!["request-invalid:error"]),
        (
            with(json!({"reports": [{"id": "Sales"}]})),
            vec!["request-invalid:error"],
        ),
        (
            with(json!({"reports": [{"allowEdit": true}]})),
            vec!["request-invalid:error"],
        ),
        (
            with(json!({"reports": [{"id": GROUP, "allowEdit": "yes"}]})),
            vec!["request-invalid:error"],
        ),
        (
            with(json!({"datasets": [{"id": REPORT, "xmlaPermissions": "ReadWrite"}]})),
            vec!["request-invalid:error"],
        ),
        (
            with(json!({"datasets": vec![json!({"id": REPORT}); 51]})),
            vec!["request-invalid:error"],
        ),
        (
            with(json!({"datasourceIdentities": [{"identityBlob": "b"}]})),
            vec!["request-invalid:error"],
        ),
        (
            with(json!({"identities": identity})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"roles": ["Sales"], "datasets": [REPORT]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": " ", "datasets": [REPORT]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": "jo", "roles": "Sales", "datasets": [REPORT]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": "jo", "roles": ["a,b"], "datasets": [REPORT]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": "jo", "roles": vec!["r"; 51], "datasets": [REPORT]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": "jo"}]})),
            vec!["identity-invalid:warning"],
        ),
        (
            with(json!({"identities": [{"username": "jo", "datasets": [GROUP]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": "jo", "reports": [REPORT]}]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [identity, identity]})),
            vec!["identity-invalid:error"],
        ),
        (
            with(json!({"identities": [{"username": "jo", "datasets": [REPORT], "identityBlob": {}}]})),
            vec!["identity-invalid:error"],
        ),
    ] {
        assert_eq!(told(&judge(&request)), wanted, "{request}");
        for finding in judge(&request) {
            for text in [finding.message.as_str(), finding.fix] {
                assert!(
                    text.ends_with('.') && !text.contains("  ") && !text.contains(". "),
                    "{text}"
                );
            }
        }
    }
}

/// A configuration and a backend's response have members of a request's names too.
#[test]
fn only_a_request_is_judged_as_one() {
    for other in [
        json!({"type": "create", "datasetId": REPORT, "reports": []}),
        json!({"embedToken": embed(), "reports": [{"id": GROUP}], "datasets": []}),
        json!({"reports": [{"embedUrl": "x", "token": embed()}]}),
    ] {
        assert!(
            told(&judge(&other))
                .iter()
                .any(|code| code.starts_with("token-") || code.starts_with("embed-url")),
            "{other}"
        );
    }
}
