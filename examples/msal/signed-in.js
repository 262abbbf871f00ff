// Somebody who has signed in before: MSAL's cache holds an account and a refresh token, and no access token.
const encode = (value) => btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

const TENANT = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00001";
const USER = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00002";

export async function signedIn(loadExternalTokens, configuration) {
  const claims = {
    aud: configuration.auth.clientId,
    iss: `${configuration.auth.authority}/v2.0`,
    oid: USER,
    sub: "s",
    tid: TENANT,
    preferred_username: "somebody@example.com",
    exp: Math.floor(Date.now() / 1000) + 3600,
    iat: Math.floor(Date.now() / 1000),
  };
  const answer = {
    id_token: `${encode({ alg: "none" })}.${encode(claims)}.`,
    client_info: encode({ uid: USER, utid: TENANT }),
    refresh_token: "a refresh token",
    refresh_token_expires_in: 86_400,
  };
  const { account } = await loadExternalTokens(
    configuration,
    { scopes: [], authority: configuration.auth.authority },
    answer,
    {},
  );
  return account;
}
