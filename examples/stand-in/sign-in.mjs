// Microsoft's sign-in, as far as MSAL asks it for a user who has signed in before.

/**
 * What login.microsoftonline.com answers at `url`. `mint` makes the Aad token that a refresh token is exchanged for.
 */
export function signIn({ origin, pathname }, mint) {
  const authority = `${origin}/${pathname.split("/")[1]}`;
  if (pathname.endsWith("/discovery/instance")) {
    return {
      tenant_discovery_endpoint: `${authority}/v2.0/.well-known/openid-configuration`,
      metadata: [
        {
          preferred_network: "login.microsoftonline.com",
          preferred_cache: "login.windows.net",
          aliases: ["login.microsoftonline.com", "login.windows.net"],
        },
      ],
    };
  }
  if (pathname.endsWith("/openid-configuration")) {
    return {
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
    };
  }
  const { token, lifetimeSeconds } = mint();
  return {
    token_type: "Bearer",
    scope: "https://analysis.windows.net/powerbi/api/.default",
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: token,
    refresh_token: "another",
  };
}
