//! Pages of Microsoft's documentation.

/// Error codes of Entra.
pub(super) const AADSTS: &str = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes";
/// Access tokens of Entra.
pub(super) const ACCESS_TOKENS: &str = "https://learn.microsoft.com/entra/identity-platform/access-tokens";
/// Anti-forgery tokens.
pub(super) const ANTI_FORGERY: &str = "https://learn.microsoft.com/aspnet/core/security/anti-request-forgery";
/// Capacities for embedding.
pub(super) const CAPACITY: &str = "https://learn.microsoft.com/power-bi/developer/embedded/embedded-capacity";
/// National clouds.
pub(super) const CLOUDS: &str =
    "https://learn.microsoft.com/power-bi/developer/embedded/embed-sample-for-customers-national-clouds";
/// Debugging an embedded report.
pub(super) const DEBUG: &str =
    "https://learn.microsoft.com/javascript/api/overview/powerbi/troubleshoot-and-debug";
/// Kinds of tokens.
pub(super) const EMBED_TOKENS: &str = "https://learn.microsoft.com/power-bi/developer/embedded/embed-tokens";
/// Generating an embed token.
pub(super) const GENERATE: &str =
    "https://learn.microsoft.com/power-bi/developer/embedded/generate-embed-token";
/// The REST call GenerateToken.
pub(super) const GENERATE_TOKEN: &str =
    "https://learn.microsoft.com/rest/api/power-bi/embed-token/generate-token";
/// Licenses.
pub(super) const LICENSES: &str =
    "https://learn.microsoft.com/power-bi/fundamentals/service-features-license-type";
/// Errors of MSAL.
pub(super) const MSAL: &str = "https://learn.microsoft.com/entra/identity-platform/msal-error-handling-js";
/// Service principals.
pub(super) const PRINCIPAL: &str =
    "https://learn.microsoft.com/power-bi/developer/embedded/embed-service-principal";
/// Refreshing a token.
pub(super) const REFRESH: &str = "https://learn.microsoft.com/javascript/api/overview/powerbi/refresh-token";
/// Registering an app and its permissions.
pub(super) const REGISTER: &str = "https://learn.microsoft.com/power-bi/developer/embedded/register-app";
/// Errors of the REST API.
pub(super) const REST: &str = "https://learn.microsoft.com/power-bi/developer/embedded/troubleshoot-rest-api";
/// Row-level security.
pub(super) const ROW_LEVEL_SECURITY: &str =
    "https://learn.microsoft.com/power-bi/developer/embedded/embedded-row-level-security";
/// The sample backends.
pub(super) const SAMPLES: &str =
    "https://learn.microsoft.com/power-bi/developer/embedded/embed-sample-for-customers";
/// Tenant settings for developers.
pub(super) const TENANT_SETTINGS: &str =
    "https://learn.microsoft.com/fabric/admin/service-admin-portal-developer";
/// Troubleshooting embedded content.
pub(super) const TROUBLESHOOT: &str =
    "https://learn.microsoft.com/power-bi/developer/embedded/embedded-troubleshoot";
