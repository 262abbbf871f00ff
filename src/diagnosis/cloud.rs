//! The clouds that Power BI runs in, and how each is known.

use super::search::split_once;

/// One cloud. Hosts are in lower case.
#[derive(Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Our name for it, as [`TokenReport`](super::TokenReport) gives it.
    pub name: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// The host of its audience; clusters are hosts below it.
    pub analysis: &'static str,
    /// The host of its REST API.
    pub api: &'static str,
    /// The hosts of its embedUrls; one that begins with `.` stands for every host below it.
    pub embed: &'static [&'static str],
}

/// Every cloud that is known. One whose `analysis` host lies below another's comes first.
pub static CLOUDS: [Cloud; 9] = [
    Cloud {
        name: "global",
        title: "the global cloud",
        analysis: "analysis.windows.net",
        api: "api.powerbi.com",
        embed: &[".powerbi.com", ".fabric.microsoft.com"],
    },
    Cloud {
        name: "usgov-high",
        title: "US Government GCC High",
        analysis: "high.analysis.usgovcloudapi.net",
        api: "api.high.powerbigov.us",
        embed: &["app.high.powerbigov.us", "app.canaryhigh.powerbigov.us"],
    },
    Cloud {
        name: "usgov-dod",
        title: "US Government DoD",
        analysis: "mil.analysis.usgovcloudapi.net",
        api: "api.mil.powerbigov.us",
        embed: &["app.mil.powerbigov.us"],
    },
    Cloud {
        name: "usgov",
        title: "US Government GCC",
        analysis: "analysis.usgovcloudapi.net",
        api: "api.powerbigov.us",
        embed: &["app.powerbigov.us"],
    },
    Cloud {
        name: "china",
        title: "China (21Vianet)",
        analysis: "analysis.chinacloudapi.cn",
        api: "api.powerbi.cn",
        embed: &["app.powerbi.cn"],
    },
    Cloud {
        name: "germany",
        title: "Germany (closed in 2021)",
        analysis: "analysis.cloudapi.de",
        api: "api.powerbi.de",
        embed: &["app.powerbi.de"],
    },
    Cloud {
        name: "usnat",
        title: "USNat",
        analysis: "analysis.eaglex.ic.gov",
        api: "api.powerbi.eaglex.ic.gov",
        embed: &["app.powerbi.eaglex.ic.gov"],
    },
    Cloud {
        name: "ussec",
        title: "USSec",
        analysis: "analysis.microsoft.scloud",
        api: "api.powerbi.microsoft.scloud",
        embed: &["app.powerbi.microsoft.scloud"],
    },
    Cloud {
        name: "france",
        title: "France",
        analysis: "analysis.sovcloud-api.fr",
        api: "api.powerbi.sovcloud-api.fr",
        embed: &["app.powerbi.sovcloud-api.fr"],
    },
];

/// The cloud of an audience; `None` for the application id, which all clouds share, and for Fabric's API.
pub(super) fn of_audience(audience: &str) -> Option<&'static Cloud> {
    let audience = audience.to_ascii_lowercase();
    let rest = audience.trim_end_matches('/').strip_prefix("https://")?;
    let host = rest.strip_suffix("/powerbi/api").unwrap_or(rest);
    CLOUDS
        .iter()
        .find(|cloud| host == cloud.analysis || host == cloud.api)
}

/// The cloud of a cluster's URL.
pub(super) fn of_cluster(url: &str) -> Option<&'static Cloud> {
    let host = host_of(url);
    CLOUDS
        .iter()
        .find(|cloud| is_below(&host, cloud.analysis) || host == cloud.analysis)
}

/// The cloud of an embedUrl's host, in lower case.
pub(super) fn of_embed_host(host: &str) -> Option<&'static Cloud> {
    CLOUDS
        .iter()
        .find(|cloud| cloud.embed.iter().any(|known| matches_host(host, known)))
}

/// Whether a host is the known one, or lies below it when it begins with `.`.
pub(super) fn matches_host(host: &str, known: &str) -> bool {
    if let Some(parent) = known.strip_prefix('.') {
        is_below(host, parent)
    } else {
        host == known
    }
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|start| start.len() > 1 && start.ends_with('.'))
}

/// The host of a URL in lower case, without what is around it.
pub(super) fn host_of(url: &str) -> String {
    let url = url.trim().to_ascii_lowercase();
    let rest = split_once(&url, "://").map_or(url.as_str(), |(_, rest)| rest);
    rest.split(['/', '?', '#', ':']).next().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{CLOUDS, Cloud, of_audience, of_cluster, of_embed_host};

    #[test]
    fn every_cloud_is_known_by_each_of_its_marks() {
        for cloud in &CLOUDS {
            let name = Some(cloud.name);
            let of = |found: Option<&'static Cloud>| found.map(|cloud| cloud.name);
            assert_eq!(
                of(of_audience(&format!("https://{}/powerbi/api", cloud.analysis))),
                name
            );
            assert_eq!(
                of(of_audience(&format!(
                    "HTTPS://{}/PowerBI/api/",
                    cloud.analysis.to_uppercase()
                ))),
                name
            );
            assert_eq!(of(of_audience(&format!("https://{}/", cloud.api))), name);
            assert_eq!(
                of(of_cluster(&format!(
                    "https://WABI-X-redirect.{}/",
                    cloud.analysis
                ))),
                name
            );
            for host in cloud.embed {
                assert_eq!(
                    of(of_embed_host(&format!("app{host}").replace("appapp", "app"))),
                    name,
                    "{host}"
                );
            }
        }
    }

    #[test]
    fn strangers_belong_to_none() {
        for audience in [
            "00000009-0000-0000-c000-000000000000",
            "https://api.fabric.microsoft.com",
            "api://x",
            "",
        ] {
            assert_eq!(of_audience(audience), None, "{audience}");
        }
        for host in [
            "powerbi.com",
            "notpowerbi.com",
            "app.powerbi.com.evil.example",
            "app.powerbi.us",
            "",
        ] {
            assert_eq!(of_embed_host(host), None, "{host}");
        }
        assert_eq!(of_cluster("https://wabi-x-redirect.example.com"), None);
    }
}
