//! Whether a token's audience is Power BI, in any cloud.

use super::Json;
use super::text::{contains, split_once, trim};

/// The application id of the Power BI service, the audience of v2 tokens.
const SERVICE: &str = "00000009-0000-0000-c000-000000000000";

/// Whether an audience is Power BI's: its resource in any cloud, its application id, or its API's or Fabric's host.
///
/// Case and a trailing `/` don't count. Clouds that are not known yet pass when they follow the pattern
/// `https://…analysis.…/powerbi/api`.
#[must_use]
pub fn is_power_bi(audience: &str) -> bool {
    let audience = trim(audience).to_ascii_lowercase();
    let mut audience = audience.as_str();
    while let Some(rest) = audience.strip_suffix("/") {
        audience = rest;
    }
    if audience == SERVICE {
        return true;
    }
    let Some(rest) = audience.strip_prefix("https://") else {
        return false;
    };
    match split_once(rest, b'/') {
        Some((host, path)) => {
            path == "powerbi/api" && (host.starts_with("analysis.") || contains(host, b".analysis."))
        }
        None => rest.starts_with("api.powerbi") || rest == "api.fabric.microsoft.com" || is_gov_api(rest),
    }
}

/// Whether this is the API host of GCC High or DoD.
fn is_gov_api(host: &str) -> bool {
    host == "api.high.powerbigov.us" || host == "api.mil.powerbigov.us"
}

/// Whether any of the audiences that a claim names, as one text or as a list, passes.
pub(super) fn any_audience(claim: &Json, passes: fn(&str) -> bool) -> bool {
    claim.as_str().is_some_and(passes) || claim.as_array().iter().filter_map(Json::as_str).any(passes)
}

#[cfg(test)]
mod tests {
    use super::is_power_bi;

    #[test]
    fn every_cloud_and_spelling_passes() {
        for host in [
            "analysis.windows.net",
            "analysis.usgovcloudapi.net",
            "high.analysis.usgovcloudapi.net",
            "mil.analysis.usgovcloudapi.net",
            "analysis.chinacloudapi.cn",
            "analysis.cloudapi.de",
            "analysis.eaglex.ic.gov",
            "analysis.microsoft.scloud",
            "analysis.sovcloud-api.fr",
            "analysis.some-new-cloud.example",
        ] {
            for form in [
                format!("https://{host}/powerbi/api"),
                format!("https://{host}/powerbi/api/"),
                format!("HTTPS://{}/PowerBI/API", host.to_uppercase()),
            ] {
                assert!(is_power_bi(&form), "{form}");
            }
        }
        for other in [
            "00000009-0000-0000-c000-000000000000",
            "00000009-0000-0000-C000-000000000000/",
            "https://api.powerbi.com",
            "https://api.powerbi.com/",
            "https://api.powerbigov.us",
            "https://api.mil.powerbigov.us",
            "https://api.powerbi.cn",
            "https://api.fabric.microsoft.com",
        ] {
            assert!(is_power_bi(other), "{other}");
        }
    }

    #[test]
    fn other_audiences_fail() {
        for other in [
            "",
            "00000003-0000-0000-c000-000000000000",
            "https://graph.microsoft.com",
            "https://management.azure.com/",
            "https://management.core.windows.net/",
            "api://contoso",
            "https://analysis.windows.net/powerbi/connector",
            "https://analysis.windows.net",
            "https://windows.net/powerbi/api",
            "http://analysis.windows.net/powerbi/api",
        ] {
            assert!(!is_power_bi(other), "{other}");
        }
    }
}
