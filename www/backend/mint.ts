// Mints access tokens that have the form of Microsoft's and open nothing: what Microsoft encrypts or signs is random
// bytes here. Forms and claims are those measured on real, expired tokens. Tests import this file too.
import { gzipSync, strToU8 } from "fflate";

/**
 * The directory and person of the demo's Aad tokens. One of each, so that a new token is recognised as the same user's.
 */
export const DEMO_TENANT = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00001";
export const DEMO_USER = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00002";
export const DEMO_CLUSTER = "https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net";

const POWER_BI = "https://analysis.windows.net/powerbi/api";
const EARLY_START_SECONDS = 300;

const seconds = (epochMs: number) => Math.floor(epochMs / 1000);
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const urlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const base64url = (bytes: Uint8Array) => urlSafe(base64(bytes));
const json = (value: unknown) => strToU8(JSON.stringify(value));

/** Random; crypto.randomUUID is not there on a page that came over plain http. */
function guid() {
  const digits = Array.from(random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-a$4-$5");
}

export interface EmbedTokenOptions {
  /** Milliseconds since the epoch; the token carries whole seconds, rounded down. */
  expiresAt: number;
  clusterUrl?: string;
  allowAccessOverPublicInternet?: boolean;
  /** Default true. Tokens of 2021 carry none. */
  withExp?: boolean;
  /**
   * The content that the token covers, by id; default: any. Microsoft's tokens have this inside of what is encrypted.
   */
  covers?: readonly string[];
  /** The role whose rows it shows; default: all rows. Encrypted in Microsoft's tokens, too. */
  role?: string | undefined;
}

/** An embed token: the encrypted envelope, gzipped, and beside it the plain segment with `clusterUrl` and `exp`. */
export function mintEmbedToken({
  expiresAt,
  clusterUrl = DEMO_CLUSTER,
  allowAccessOverPublicInternet = true,
  withExp = true,
  covers,
  role,
}: EmbedTokenOptions): string {
  const envelope = {
    Payload: base64(random(1920)),
    CryptoKey: base64(random(256)),
    CypherIV: base64(random(16)),
    Signature: base64(random(256)),
    ...(covers && { Covers: covers }),
    ...(role && { Role: role }),
  };
  const zipped = gzipSync(json(envelope), { level: 1, mtime: 0 });
  // Byte 9 names the operating system; Microsoft's tokens say 0 there, and so begin with H4sIAAAAAAAEA.
  zipped[9] = 0;
  const metadata = { clusterUrl, ...(withExp && { exp: seconds(expiresAt) }), allowAccessOverPublicInternet };
  return `${base64url(zipped)}.${base64(json(metadata))}`;
}

export interface AadTokenOptions {
  /** Milliseconds since the epoch; the token carries whole seconds, rounded down. */
  expiresAt: number;
  /** Default now. */
  issuedAt?: number;
  audience?: string;
  tenantId?: string;
  userId?: string;
  /** Separated by blanks. */
  scopes?: string;
  /** An app-only token of a service principal instead of a user's. */
  app?: boolean;
}

/** An Entra access token, v1, of a user for Power BI. */
export function mintAadToken({
  expiresAt,
  issuedAt = Date.now(),
  audience = POWER_BI,
  tenantId = DEMO_TENANT,
  userId = DEMO_USER,
  scopes = "Dashboard.Read.All Dataset.Read.All Report.Read.All",
  app = false,
}: AadTokenOptions): string {
  const keyId = "sandboxsandboxsandboxsandbo";
  // The start lies before the issue, as with Entra, but never after the expiration a short demo token has.
  const iat = seconds(issuedAt);
  const common = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat,
    nbf: iat - EARLY_START_SECONDS,
    exp: seconds(expiresAt),
    aio: base64(random(24)),
    appid: "7d1c0de0-5eed-4a11-9b0b-0c0ffee00003",
  };
  const trailer = { rh: "0.sandbox.", tid: tenantId, uti: base64url(random(16)), ver: "1.0" };
  const principal = app
    ? { appidacr: "1", idp: common.iss, idtyp: "app", oid: userId, sub: userId }
    : {
        acct: 0,
        acr: "1",
        amr: ["pwd"],
        appidacr: "0",
        family_name: "Doe",
        given_name: "Jo",
        ipaddr: "192.0.2.7",
        name: "Jo Doe",
        oid: userId,
        puid: "1003200000000001",
        scp: scopes,
        sub: "c2FuZGJveC1zdWJqZWN0",
        unique_name: "jo.doe@contoso.example",
        upn: "jo.doe@contoso.example",
      };
  const header = { typ: "JWT", alg: "RS256", x5t: keyId, kid: keyId };
  return [
    base64url(json(header)),
    base64url(json({ ...common, ...principal, ...trailer })),
    base64url(random(256)),
  ].join(".");
}

/**
 * A token that lost a piece on its way.
 *
 * @param where "tail": cut off within its last readable part, as by a column that is too short.
 *   "middle": 40 characters of an embed token's first part are missing, which nothing but unzipping brings to light.
 */
export function damage(token: string, where: "tail" | "middle" = "tail"): string {
  if (where === "middle") {
    const cut = Math.floor(token.length / 3);
    return token.slice(0, cut) + token.slice(cut + 40);
  }
  const readable = token.startsWith("eyJ") ? token.slice(0, token.lastIndexOf(".")) : token;
  return readable.slice(0, -60);
}

/** GenerateToken's answer in the REST API. */
export function restResponse(token: string, expiresAt: number) {
  return {
    "@odata.context":
      "http://api.powerbi.com/v1.0/myorg/$metadata#Microsoft.PowerBI.ServiceContracts.Api.V1.GenerateTokenResponse",
    token,
    tokenId: guid(),
    expiration: new Date(seconds(expiresAt) * 1000).toISOString(),
  };
}

/** The answer of Entra's token endpoint. */
export function oauthResponse(token: string, expiresAt: number, now: number = Date.now()) {
  const left = Math.max(0, seconds(expiresAt) - seconds(now));
  return {
    token_type: "Bearer",
    scope: "https://analysis.windows.net/powerbi/api/.default",
    expires_in: left,
    ext_expires_in: left,
    access_token: token,
  };
}
