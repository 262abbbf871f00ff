//! No false alarm: healthy configurations have no finding of severity error or warning.

use powerbi_token_keeper::diagnosis::{CLOUDS, Cloud, Finding, Severity};
use serde_json::{Value, json};

use crate::support::{
    ERAS, GROUP, REPORT, embed_of, for_customers, for_users, judge, look, told, url_config, user, with,
};
use crate::testing;

fn alarms(findings: &[Finding]) -> Vec<String> {
    let loud: Vec<Finding> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Info)
        .cloned()
        .collect();
    told(&loud)
}

fn cluster(cloud: &Cloud) -> String {
    format!("https://WABI-NORTH-X-redirect.{}", cloud.analysis)
}

fn host(cloud: &Cloud) -> String {
    match cloud.name {
        "global" => "app.powerbi.com".to_owned(),
        _ => cloud.embed[0].to_owned(),
    }
}

/// Type, path and ids of each kind of content, as the API has them.
fn contents() -> [(&'static str, String, bool); 8] {
    [
        (
            "report",
            format!("reportEmbed?reportId={REPORT}&groupId={GROUP}&w=2"),
            true,
        ),
        (
            "report",
            format!("rdlEmbed?reportId={REPORT}&groupId={GROUP}"),
            false,
        ),
        (
            "dashboard",
            format!("dashboardEmbed?dashboardId={REPORT}&groupId={GROUP}"),
            true,
        ),
        (
            "tile",
            format!("embed?dashboardId={GROUP}&tileId={REPORT}&groupId={GROUP}"),
            true,
        ),
        ("qna", format!("qnaEmbed?groupId={GROUP}"), false),
        (
            "visual",
            format!("reportEmbed?reportId={REPORT}&groupId={GROUP}"),
            true,
        ),
        ("create", format!("reportEmbed?datasetId={REPORT}"), false),
        ("quickCreate", "quickCreate".to_owned(), false),
    ]
}

/// What `embed()` requires of each kind of content besides token, URL and id.
fn required(kind: &str) -> Value {
    match kind {
        "tile" => json!({"dashboardId": GROUP}),
        "qna" => json!({"datasetIds": [REPORT]}),
        _ => json!({}),
    }
}

/// The `config` parameter in its spellings: padded, escaped, unpadded.
fn spellings(packed: &str) -> [String; 3] {
    [
        packed.to_owned(),
        packed.replace('=', "%3d"),
        packed.trim_end_matches('=').to_owned(),
    ]
}

#[test]
fn every_cloud_kind_content_era_and_spelling() {
    let mut count = 0;
    for cloud in CLOUDS.iter().filter(|cloud| cloud.name != "germany") {
        let audience = format!("https://{}/powerbi/api", cloud.analysis);
        let mut tokens = vec![(0, testing::jwt(&with(&user(), &json!({"aud": audience}))))];
        tokens.extend(ERAS.iter().map(|era| (1, embed_of(era, &cluster(cloud)))));
        for (kind, path, has_config) in contents() {
            for spelling in spellings(&url_config(&cluster(cloud))) {
                let query = if has_config {
                    format!("&config={spelling}")
                } else {
                    String::new()
                };
                let url = format!("https://{}/{path}{query}", host(cloud));
                for (token_type, token) in &tokens {
                    let config = with(
                        &json!({"type": kind, "tokenType": token_type, "accessToken": token, "embedUrl": url}),
                        &required(kind),
                    );
                    assert_eq!(
                        alarms(&judge(&config)),
                        [""; 0],
                        "{} {kind} {token_type} {url}",
                        cloud.name
                    );
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 8 * 8 * 3 * 5);
}

#[test]
fn harmless_differences() {
    let url = crate::support::report_url();
    let provider = json!({"accessTokenProvider": {}});
    let cases: [(&str, &Value, Value); 18] = [
        ("as it is", &for_customers(), json!({})),
        ("a user's", &for_users(), json!({})),
        (
            "ids in upper case",
            &for_customers(),
            json!({"id": REPORT.to_uppercase(), "groupId": GROUP.to_uppercase()}),
        ),
        (
            "host in upper case",
            &for_customers(),
            json!({"embedUrl": url.replace("app.powerbi.com", "APP.PowerBI.com")}),
        ),
        (
            "another Power BI host",
            &for_customers(),
            json!({"embedUrl": url.replace("app.", "msit.")}),
        ),
        (
            "Fabric's host",
            &for_customers(),
            json!({"embedUrl": url.replace("app.powerbi", "app.fabric.microsoft")}),
        ),
        (
            "path with a slash",
            &for_customers(),
            json!({"embedUrl": url.replace("reportEmbed?", "reportEmbed/?")}),
        ),
        (
            "parameters of the app",
            &for_customers(),
            json!({"embedUrl": format!("{url}&appId={GROUP}&filterPaneEnabled=false")}),
        ),
        (
            "autoAuth=false",
            &for_customers(),
            json!({"embedUrl": format!("{url}&autoAuth=false")}),
        ),
        (
            "ids in the URL alone",
            &for_customers(),
            json!({"id": null, "groupId": null}),
        ),
        (
            "settings and others",
            &for_users(),
            json!({"settings": {"panes": {}}, "permissions": 7, "viewMode": 1, "uniqueId": "u"}),
        ),
        (
            "a provider for a user's report",
            &for_users(),
            json!({"eventHooks": provider}),
        ),
        ("no hooks", &for_customers(), json!({"eventHooks": {}})),
        (
            "no tokenType for a user",
            &for_users(),
            json!({"tokenType": null}),
        ),
        (
            "the backend agrees",
            &for_customers(),
            json!({"expiration": "2023-11-14T23:14:20Z"}),
        ),
        (
            "an end without zone",
            &for_customers(),
            json!({"expiration": "2023-11-15T09:13:20"}),
        ),
        (
            "portal spelling of the cluster",
            &for_customers(),
            json!({"accessToken":
            embed_of("2023", "https://wabi-west-europe-redirect.analysis.windows.net/")}),
        ),
        (
            "unpadded token",
            &for_customers(),
            json!({"accessToken": embed_of("2023", crate::support::CLUSTER).trim_end_matches('=')}),
        ),
    ];
    for (name, base, patch) in cases {
        assert_eq!(alarms(&judge(&with(base, &patch))), [""; 0], "{name}");
    }
}

#[test]
fn healthy_users_tokens() {
    for patch in [
        json!({"aud": "00000009-0000-0000-c000-000000000000", "ver": "2.0"}),
        json!({"aud": "https://analysis.windows.net/powerbi/api/"}),
        json!({"aud": ["https://analysis.windows.net/powerbi/api"]}),
        json!({"aud": "https://analysis.new-cloud.example/powerbi/api"}),
        json!({"scp": "user_impersonation"}),
        json!({"idtyp": "user"}),
        json!({"nbf": crate::support::NOW + 30}),
        json!({"iat": crate::support::NOW + 100}),
        json!({"exp": crate::support::NOW + 28 * 3_600}),
    ] {
        let token = testing::jwt(&with(&user(), &patch));
        assert_eq!(alarms(&look(&token).findings), [""; 0], "{patch}");
        assert_eq!(
            alarms(&judge(&with(&for_users(), &json!({"accessToken": token})))),
            [""; 0],
            "{patch}"
        );
    }
}

/// Members that each kind of content may have, as Microsoft's documentation shows them.
fn members() -> [(&'static str, Vec<Value>); 5] {
    let column = json!({"table": "Sales", "column": "Region"});
    let basic = json!({"$schema": "http://powerbi.com/product/schema#basic", "target": column, "operator": "In",
        "values": ["a", 1, true], "filterType": 1, "requireSingleSelection": false});
    let advanced = json!({"$schema": "http://powerbi.com/product/schema#advanced", "target": column, "logicalOperator": "And",
        "conditions": [{"operator": "GreaterThan", "value": 1}], "filterType": 0});
    let top = json!({"target": column, "operator": "Top", "itemCount": 5, "filterType": 5,
        "orderBy": {"table": "Sales", "measure": "Total"}});
    let relative = json!({"target": column, "operator": 0, "timeUnitsCount": 30, "timeUnitType": 0, "includeToday": true,
        "filterType": 4});
    let hidden = json!({"mode": 1});
    let layout = json!({"pagesLayout": {"p": {"defaultLayout": {"displayState": hidden}, "visualsLayout":
        {"v": {"x": 1, "y": 1.5, "z": 0, "width": 400, "height": 300, "displayState": {"mode": 0}}}}},
        "pageSize": {"type": 5, "width": 1_600, "height": 900}, "displayOption": 2});
    let command = json!({"command": {"name": "c", "title": "C", "icon": "data:", "extend":
        {"visualContextMenu": {"title": "C", "menuLocation": 0}, "visualOptionsMenu": {"groupName": "g"}}}});
    let report = vec![
        json!({"permissions": 0}),
        json!({"permissions": 7, "viewMode": 1}),
        json!({"permissions": 1, "viewMode": 1}),
        json!({"permissions": 2, "viewMode": 0}),
        json!({"permissions": null, "viewMode": null, "settings": null, "filters": null, "bookmark": null}),
        json!({"pageName": "ReportSection1"}),
        json!({"filters": []}),
        json!({"filters": [basic, advanced, top, relative]}),
        json!({"filters": {"allPages": {"operation": 2, "filters": [basic]}, "currentPage": {"operation": 0}}}),
        json!({"bookmark": {"name": "Bookmark1"}}),
        json!({"bookmark": {"state": "H4sIAAAA"}}),
        json!({"theme": {"themeJson": {"name": "t", "dataColors": ["#fff"]}}}),
        json!({"datasetBinding": {"datasetId": REPORT}}),
        json!({"contrastMode": 4}),
        json!({"settings": {}}),
        json!({"settings": {"panes": {"filters": {"expanded": false, "visible": true}, "pageNavigation": {"visible": true, "position": 1}}}}),
        json!({"settings": {"bars": {"actionBar": {"visible": false}, "statusBar": {"visible": false}}}}),
        json!({"settings": {"layoutType": 1, "customLayout": layout}}),
        json!({"settings": {"layoutType": 3, "background": 1, "hideErrors": true, "zoomLevel": 0.5}}),
        json!({"settings": {"extensions": [command]}}),
        json!({"settings": {"extensions": {"commands": [command["command"]], "groups": [{"name": "g", "title": "G"}]}}}),
        json!({"settings": {"commands": [{"exportData": {"displayOption": 1, "selector": {"$schema": "http://powerbi.com/product/schema#visualTypeSelector", "visualType": "map"}}}]}}),
        json!({"settings": {"visualSettings": {"visualHeaders": [{"settings": {"visible": false}, "selector": {"visualName": "v"}}]}}}),
        json!({"settings": {"localeSettings": {"language": "en", "formatLocale": "en-US"}, "navContentPaneEnabled": false}}),
        json!({"settings": {"hyperlinkClickBehavior": 2, "personalBookmarksEnabled": true, "printSettings": {"browserPrintAdjustmentsMode": 1}}}),
        json!({"slicers": [], "uniqueId": "u", "hostname": "app.powerbi.com", "unknown": {"a": [1]}}),
        json!({"eventHooks": null}),
        json!({"eventHooks": {"applicationContextProvider": {}}}),
    ];
    let dashboard = vec![
        json!({"pageView": "fitToWidth"}),
        json!({"pageView": "oneColumn", "settings": {"anything": 1}}),
        json!({"pageView": "actualSize"}),
        json!({"pageView": null}),
    ];
    let tile = vec![
        json!({"width": 300, "height": 200.5}),
        json!({"pageView": "fitToWidth"}),
        json!({"width": null}),
    ];
    let qna = vec![
        json!({"question": "sales by region", "viewMode": 1}),
        json!({"question": "", "viewMode": 0, "settings": {"filterPaneEnabled": true, "panes": {"filters": {"visible": false}}}}),
    ];
    let create = vec![
        json!({"datasetId": REPORT, "theme": {"themeJson": {}}}),
        json!({"datasetId": REPORT, "settings": {"localeSettings": {}}}),
    ];
    [
        ("report", report),
        ("dashboard", dashboard),
        ("tile", tile),
        ("qna", qna),
        ("create", create),
    ]
}

#[test]
fn members_that_the_documentation_shows() {
    let url = |kind: &str| {
        let (_, path, has_config) = contents().into_iter().find(|(name, ..)| *name == kind).unwrap();
        let config = if has_config {
            format!("&config={}", url_config(crate::support::CLUSTER))
        } else {
            String::new()
        };
        format!("https://app.powerbi.com/{path}{config}")
    };
    let tokens = [(0, testing::jwt(&user())), (1, crate::support::embed())];
    let mut count = 0;
    for (kind, patches) in members() {
        for patch in &patches {
            for (token_type, token) in &tokens {
                for extra in [json!({}), json!({"groupId": GROUP}), json!({"groupId": ""})] {
                    let base = json!({"type": kind, "tokenType": token_type, "accessToken": token, "embedUrl": url(kind)});
                    let config = with(&with(&with(&base, &required(kind)), &extra), patch);
                    assert_eq!(
                        alarms(&judge(&config)),
                        [""; 0],
                        "{kind} {token_type} {patch} {extra}"
                    );
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 200, "{count}");
}

/// Bodies of GenerateToken requests as Microsoft's documentation has them.
#[test]
fn healthy_requests() {
    let identity = json!({"username": "jo@contoso.example", "roles": ["Sales"], "datasets": [REPORT]});
    for request in [
        json!({"accessLevel": "View"}),
        json!({"accessLevel": "Edit", "allowSaveAs": true}),
        json!({"AccessLevel": "view"}),
        json!({"accessLevel": "Create", "datasetId": REPORT}),
        json!({"accessLevel": "View", "identities": [identity]}),
        json!({"accessLevel": "View", "lifetimeInMinutes": 30}),
        json!({"datasets": [{"id": REPORT}], "reports": [{"id": GROUP}]}),
        json!({"datasets": [{"id": REPORT, "xmlaPermissions": "ReadOnly"}], "reports": [{"id": GROUP, "allowEdit": true}]}),
        json!({"Datasets": [{"Id": REPORT}], "Reports": [{"Id": GROUP, "AllowEdit": false}], "Identities": null}),
        json!({"datasets": [{"id": REPORT}], "reports": [], "targetWorkspaces": [{"id": GROUP}], "identities": [identity]}),
        json!({"datasets": [{"id": REPORT}], "reports": [{"id": GROUP}], "identities": [identity, {"username": "x", "reports": [GROUP]}]}),
        json!({"datasets": [{"id": REPORT}], "datasourceIdentities": [{"identityBlob": "b", "datasources":
            [{"datasourceType": "Sql", "connectionDetails": {"server": "s"}}]}]}),
        json!({"accessLevel": "View", "identities": [{"username": "x", "customData": "c", "datasets": [REPORT], "identityBlob": {"value": "v"}}]}),
    ] {
        assert_eq!(alarms(&judge(&request)), [""; 0], "{request}");
    }
}
