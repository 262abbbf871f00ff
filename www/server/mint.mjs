// Mints access tokens that have the form of Microsoft's and open nothing: what Microsoft encrypts or signs is random
// bytes here. Forms and claims are those measured on real, expired tokens. Tests import this file too.
import { randomBytes, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";

/** The directory and person of the demo's Aad tokens. One of each, so that a new token is recognised as the same user's. */
export const DEMO_TENANT = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00001";
export const DEMO_USER = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00002";
export const DEMO_CLUSTER = "https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net";

const POWER_BI = "https://analysis.windows.net/powerbi/api";
const EARLY_START_SECONDS = 300;

const seconds = (/** @type {number} */ epochMs) => Math.floor(epochMs / 1000);
const base64url = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * An embed token: the encrypted envelope, gzipped, and beside it the plain segment with `clusterUrl` and `exp`.
 *
 * @param {object} options
 * @param {number} options.expiresAt Milliseconds since the epoch; the token carries whole seconds, rounded down.
 * @param {string} [options.clusterUrl]
 * @param {boolean} [options.allowAccessOverPublicInternet]
 * @param {boolean} [options.withExp] Default true. Tokens of 2021 carry none.
 * @returns {string}
 */
export function mintEmbedToken({ expiresAt, clusterUrl = DEMO_CLUSTER, allowAccessOverPublicInternet = true, withExp = true }) {
  const envelope = {
    Payload: randomBytes(1920).toString("base64"),
    CryptoKey: randomBytes(256).toString("base64"),
    CypherIV: randomBytes(16).toString("base64"),
    Signature: randomBytes(256).toString("base64"),
  };
  const zipped = gzipSync(JSON.stringify(envelope), { level: 1 });
  // Byte 9 names the operating system; Microsoft's tokens say 0 there, and so begin with H4sIAAAAAAAEA.
  zipped[9] = 0;
  const metadata = { clusterUrl, ...(withExp && { exp: seconds(expiresAt) }), allowAccessOverPublicInternet };
  return `${zipped.toString("base64url")}.${Buffer.from(JSON.stringify(metadata)).toString("base64")}`;
}

/**
 * An Entra access token, v1, of a user for Power BI.
 *
 * @param {object} options
 * @param {number} options.expiresAt Milliseconds since the epoch; the token carries whole seconds, rounded down.
 * @param {number} [options.issuedAt] Default now.
 * @param {string} [options.audience]
 * @param {string} [options.tenantId]
 * @param {string} [options.userId]
 * @param {string} [options.scopes] Separated by blanks.
 * @param {boolean} [options.app] An app-only token of a service principal instead of a user's.
 * @returns {string}
 */
export function mintAadToken({
  expiresAt, issuedAt = Date.now(), audience = POWER_BI, tenantId = DEMO_TENANT, userId = DEMO_USER,
  scopes = "Dashboard.Read.All Dataset.Read.All Report.Read.All", app = false,
}) {
  const keyId = "sandboxsandboxsandboxsandbo";
  // The start lies before the issue, as with Entra, but never after the expiration a short demo token has.
  const iat = seconds(issuedAt);
  const common = {
    aud: audience, iss: `https://sts.windows.net/${tenantId}/`, iat, nbf: iat - EARLY_START_SECONDS, exp: seconds(expiresAt),
    aio: randomBytes(24).toString("base64"), appid: "7d1c0de0-5eed-4a11-9b0b-0c0ffee00003",
  };
  const trailer = { rh: "0.sandbox.", tid: tenantId, uti: randomBytes(16).toString("base64url"), ver: "1.0" };
  const principal = app
    ? { appidacr: "1", idp: common.iss, idtyp: "app", oid: userId, sub: userId }
    : {
        acct: 0, acr: "1", amr: ["pwd"], appidacr: "0", family_name: "Doe", given_name: "Jo", ipaddr: "192.0.2.7", name: "Jo Doe",
        oid: userId, puid: "1003200000000001", scp: scopes, sub: "c2FuZGJveC1zdWJqZWN0", unique_name: "jo.doe@contoso.example", upn: "jo.doe@contoso.example",
      };
  const header = { typ: "JWT", alg: "RS256", x5t: keyId, kid: keyId };
  return [base64url(header), base64url({ ...common, ...principal, ...trailer }), randomBytes(256).toString("base64url")].join(".");
}

/**
 * A token that lost a piece on its way.
 *
 * @param {string} token
 * @param {"tail" | "middle"} [where] "tail": cut off within its last readable part, as by a column that is too short.
 *   "middle": 40 characters of an embed token's first part are missing, which nothing but unzipping brings to light.
 */
export function damage(token, where = "tail") {
  if (where === "middle") {
    const cut = Math.floor(token.length / 3);
    return token.slice(0, cut) + token.slice(cut + 40);
  }
  const readable = token.startsWith("eyJ") ? token.slice(0, token.lastIndexOf(".")) : token;
  return readable.slice(0, -60);
}

/**
 * GenerateToken's answer in the REST API.
 * @param {string} token @param {number} expiresAt
 */
export function restAnswer(token, expiresAt) {
  return { "@odata.context": "http://api.powerbi.com/v1.0/myorg/$metadata#Microsoft.PowerBI.ServiceContracts.Api.V1.GenerateTokenResponse", token, tokenId: randomUUID(), expiration: new Date(seconds(expiresAt) * 1000).toISOString() };
}

/**
 * The answer of Entra's token endpoint.
 * @param {string} token @param {number} expiresAt @param {number} [now]
 */
export function oauthAnswer(token, expiresAt, now = Date.now()) {
  const left = Math.max(0, seconds(expiresAt) - seconds(now));
  return { token_type: "Bearer", scope: "https://analysis.windows.net/powerbi/api/.default", expires_in: left, ext_expires_in: left, access_token: token };
}
