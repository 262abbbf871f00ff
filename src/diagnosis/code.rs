//! The codes of findings: one per thing that can be wrong.

use super::report::kebab_case;

/// Defines the enum and the list of all its values from one list of names.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What is wrong, as a stable code; in JavaScript in kebab case, `token-expired`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl FindingCode {
            /// Every code there is, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as JavaScript has it: `token-expired`.
            #[must_use]
            pub fn name(self) -> String {
                kebab_case(self)
            }
        }
    };
}

codes! {
    /// No token at all.
    TokenMissing,
    /// A token that lost or changed a part.
    TokenDamaged,
    /// A token inside something else: `Bearer `, quotes, white space, an escape, a whole JSON answer.
    TokenWrapped,
    /// A GUID, a client secret, `undefined`, `[object Object]`, a placeholder.
    TokenNotAToken,
    /// A token of the retired workspace collections.
    TokenLegacy,
    /// An Entra refresh token.
    TokenRefreshToken,
    /// An Entra id token.
    TokenIdToken,
    /// The token has ended.
    TokenExpired,
    /// The token's time has not begun.
    TokenNotYetValid,
    /// The token ends within minutes.
    TokenExpiresSoon,
    /// This machine's clock is wrong.
    ClockWrong,
    /// The backend and the token state different ends.
    ExpirationDisagrees,
    /// Aad where Embed is needed, or the reverse.
    TokenTypeMismatch,
    /// A `tokenType` that is neither 0 nor 1.
    TokenTypeInvalid,
    /// No `tokenType`.
    TokenTypeMissing,
    /// A token for something other than Power BI.
    AudienceWrong,
    /// A user's token without the permission that this content needs.
    ScopeMissing,
    /// An app's own token where a user's is needed.
    ServicePrincipalAad,
    /// A token that was copied out of Power BI's own portal.
    CopiedFromPortal,
    /// A token of another tenant.
    TenantMismatch,
    /// No `embedUrl`.
    EmbedUrlMissing,
    /// An `embedUrl` that can't be embedded.
    EmbedUrlInvalid,
    /// An `embedUrl` without the API's `config` parameter.
    EmbedUrlNoConfig,
    /// Token and `embedUrl` of different clouds.
    CloudMismatch,
    /// Token and `embedUrl` of different clusters.
    ClusterMismatch,
    /// No id of the content.
    IdMissing,
    /// An id that is no GUID.
    IdNotAGuid,
    /// `id` and `embedUrl` name different content.
    IdMismatch,
    /// `groupId` and `embedUrl` name different workspaces.
    GroupMismatch,
    /// `type` and `embedUrl` are for different kinds of content.
    TypeMismatch,
    /// An `accessTokenProvider` where powerbi-client takes none.
    ProviderUnsupported,
    /// A token that may work inside a private network only.
    PublicAccessBlocked,
    /// A configuration that powerbi-client's own validation rejects: types, cases, missing members.
    ConfigInvalid,
    /// `viewMode`, `permissions` and the token disagree.
    EditNotPermitted,
    /// A powerbi-client that is too old for this configuration.
    SdkTooOld,
    /// A page that lets its token run out.
    TokenNotRefreshed,
    /// The capacity is paused, deleted or missing.
    Capacity,
    /// The user or app may not see this content.
    Permission,
    /// The embed token was not made for this content.
    ContentNotInToken,
    /// The browser does not load the iframe, or does not let the page talk to it.
    FrameBlocked,
    /// A client secret, certificate, user name or id that Entra rejects.
    BackendCredentials,
    /// A consent or an API permission that is missing.
    BackendPermission,
    /// A setting of the tenant that forbids the call.
    TenantSetting,
    /// A user without a license.
    LicenseMissing,
    /// An effective identity or roles that are missing, unwanted or not the caller's.
    IdentityInvalid,
    /// Another fault of the GenerateToken request.
    RequestInvalid,
    /// Too many requests.
    Throttled,
    /// The user must sign in again.
    SignInRequired,
    /// A wrong address or method, or a redirect to a page.
    EndpointWrong,
}
