// A stand-in for Microsoft: Entra's token endpoint and the Power BI REST API, on this machine. It checks every request as
// the services do, requests and answers of the API by Microsoft's own definitions (contract.mjs), and refuses as it is
// told to. MSAL takes no authority without https, so the stand-in has a certificate, and whoever asks it must trust that.

import assert from "node:assert/strict";
import { X509Certificate, constants, createHash, verify } from "node:crypto";
import Fastify from "fastify";
import { generate } from "selfsigned";
import { mintAadToken, mintEmbedToken } from "../../www/dist-server/backend.js";
import { answers, requests } from "./contract.mjs";

const HOUR = 3_600_000;
const RESOURCE = "https://analysis.windows.net/powerbi/api";

export const IDS = {
  tenant: "7d1c0de0-5eed-4a11-9b0b-0c0ffee00001",
  user: "7d1c0de0-5eed-4a11-9b0b-0c0ffee00002",
  client: "7d1c0de0-5eed-4a11-9b0b-0c0ffee00003",
  group: "5d9c4b5a-2222-4aaa-8bbb-000000000002",
  report: "5d9c4b5a-1111-4aaa-8bbb-000000000001",
  second: "5d9c4b5a-1111-4aaa-8bbb-000000000011",
  dataset: "5d9c4b5a-3333-4aaa-8bbb-000000000003",
  dashboard: "5d9c4b5a-4444-4aaa-8bbb-000000000004",
  tile: "5d9c4b5a-5555-4aaa-8bbb-000000000005",
};
/** Of the stand-in alone; tests search everything that leaves the backend for it. */
export const SECRET = "Qb58Q~canary-client-secret-of-the-stand-in";

const CLUSTER = Buffer.from('{"clusterUrl":"https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net"}').toString("base64");

/**
 * @typedef {object} Refusal How one request is answered instead.
 * @property {number} [status]
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] As JSON; nothing for an empty body.
 * @property {boolean} [cut] The connection is cut.
 * @property {boolean} [silent] No answer ever comes.
 */

/** A key and a certificate for it, in PEM. */
export async function certificate(name) {
  const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
    keySize: 2048,
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }, { type: 7, ip: "127.0.0.1" }] },
    ],
  });
  return { key, cert };
}

export class Azure {
  /** Everything that was asked for: method, path, headers, body. */
  seen = [];
  /** Every token that was handed out, of either kind. */
  tokens = [];
  /** Certificates that the app registration knows, in PEM. */
  certificates = [];
  /** How long new Entra and embed tokens live. */
  life = { entra: HOUR, embed: HOUR };
  /** How the next requests to each of "metadata", "token", "report", "dashboard", "tile", "tiles", "generate" are refused. */
  #refusals = new Map();
  #entraTokens = new Map();
  #codes = new Map();
  #app;

  async listen() {
    const { key, cert } = await certificate("localhost");
    this.cert = cert;
    this.#app = Fastify({ https: { key, cert }, forceCloseConnections: true });
    this.#app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body))));
    this.#entra();
    this.#powerBi();
    await this.#app.listen({ host: "127.0.0.1", port: 0 });
    this.origin = `https://localhost:${this.#app.server.address().port}`;
    return this;
  }

  close() {
    return this.#app.close();
  }

  /** @param {string} on @param {...Refusal} refusals One for each of the next requests. */
  refuses(on, ...refusals) {
    this.#refusals.set(on, refusals);
  }

  /** How often something was asked for. */
  count(on) {
    return this.seen.filter((one) => one.on === on).length;
  }

  last(on) {
    return this.seen.filter((one) => one.on === on).at(-1);
  }

  /** A new day: nothing was asked for, nothing goes wrong. */
  reset() {
    this.seen = [];
    this.#refusals.clear();
    this.#entraTokens.clear();
    this.life = { entra: HOUR, embed: HOUR };
  }

  /** A route that is noted, refused where a test says so, and otherwise answered. */
  #route(method, url, on, answer) {
    this.#app.route({
      method, url,
      handler: async (request, reply) => {
        this.seen.push({ on, method, path: request.url, headers: request.headers, body: request.body });
        const refusal = this.#refusals.get(on)?.shift();
        if (!refusal) return answer(request, reply);
        if (refusal.silent || refusal.cut) reply.hijack();
        if (refusal.cut) request.raw.socket.destroy();
        if (refusal.silent || refusal.cut) return reply;
        return reply.code(refusal.status).headers(refusal.headers ?? {}).send(refusal.body ?? "");
      },
    });
  }

  // ---- Entra ----------------------------------------------------------------------------------------------------

  #entra() {
    this.#route("GET", "/:tenant/v2.0/.well-known/openid-configuration", "metadata", ({ params: { tenant } }, reply) => {
      if (tenant !== IDS.tenant) return reply.code(400).send(oauthError("invalid_tenant", 90002, `Tenant '${tenant}' not found.`));
      return metadata(`${this.origin}/${tenant}`);
    });
    this.#route("POST", "/:tenant/oauth2/v2.0/token", "token", (request, reply) => this.#token(request, reply));
  }

  #token({ params: { tenant }, body }, reply) {
    const problem = this.#stranger(tenant, body);
    if (problem) return reply.code(problem.status).send(problem.body);
    assert.equal(body.grant_type, "client_credentials");
    return this.#entraAnswer({ app: true, userId: IDS.client });
  }

  #entraAnswer(claims) {
    const expiresAt = Date.now() + this.life.entra;
    const token = mintAadToken({ expiresAt, audience: RESOURCE, tenantId: IDS.tenant, ...claims });
    this.#entraTokens.set(token, expiresAt);
    this.tokens.push(token);
    const seconds = Math.floor(this.life.entra / 1000);
    return { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: token };
  }

  /** What Entra says of a client that is not who it should be; null for a good one. */
  #stranger(tenant, body) {
    assert.equal(tenant, IDS.tenant);
    assert.equal(body.scope.split(" ").includes(`${RESOURCE}/.default`), true, "the scope is that of Power BI");
    if (body.client_id !== IDS.client) return { status: 400, body: oauthError("unauthorized_client", 700016, `Application with identifier '${body.client_id}' was not found in the directory.`) };
    if (body.client_assertion) return this.#knows(body) ? null : { status: 401, body: oauthError("invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application.") };
    if (body.client_secret === SECRET) return null;
    return { status: 401, body: oauthError("invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.") };
  }

  /** The assertion is signed with a known certificate's key, for this endpoint, by this client, and for now. */
  #knows({ client_assertion, client_assertion_type }) {
    assert.equal(client_assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const [head, payload, signature] = client_assertion.split(".");
    const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
    const { alg, "x5t#S256": thumbprint } = read(head);
    assert.equal(alg, "PS256");
    const certificate = this.certificates.map((pem) => new X509Certificate(pem)).find(({ fingerprint256 }) => Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url") === thumbprint);
    if (!certificate) return false;
    const { iss, sub, aud, exp } = read(payload);
    assert.deepEqual([iss, sub], [IDS.client, IDS.client]);
    assert.equal(aud, `${this.origin}/${IDS.tenant}/oauth2/v2.0/token`);
    assert.ok(exp * 1000 > Date.now());
    const key = { key: certificate.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    return verify("sha256", Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url"));
  }

  // ---- Power BI -------------------------------------------------------------------------------------------------

  #powerBi() {
    const group = "/v1.0/myorg/groups/:groupId";
    const dashboard = `${group}/dashboards/:dashboardId`;
    const details = (on, url, definition, find) =>
      this.#route("GET", url, on, (request, reply) => this.#authorized(request, reply) ?? this.#found(reply, definition, find(request.params)));
    details("report", `${group}/reports/:reportId`, "Report", ({ reportId }) => this.reports[reportId]);
    details("dashboard", dashboard, "Dashboard", ({ dashboardId }) => this.dashboards[dashboardId]);
    details("tile", `${dashboard}/tiles/:tileId`, "Tile", ({ tileId }) => this.tiles[tileId]);
    this.#route("GET", `${dashboard}/tiles`, "tiles", (request, reply) => this.#authorized(request, reply) ?? { value: Object.values(this.tiles) });
    const generate = (url, path) =>
      this.#route("POST", url, "generate", (request, reply) => {
        const refused = this.#authorized(request, reply);
        if (refused) return refused;
        requests(path, request.params, request.body);
        return this.#embedToken();
      });
    generate("/v1.0/myorg/GenerateToken", "/v1.0/myorg/GenerateToken");
    generate(`${dashboard}/GenerateToken`, "/v1.0/myorg/groups/{groupId}/dashboards/{dashboardId}/GenerateToken");
    generate(`${dashboard}/tiles/:tileId/GenerateToken`, "/v1.0/myorg/groups/{groupId}/dashboards/{dashboardId}/tiles/{tileId}/GenerateToken");
  }

  /** A refusal as the API words it, where the Entra token is absent, bad or too old. */
  #authorized({ headers }, reply) {
    const token = headers.authorization?.match(/^Bearer (.+)$/)?.[1];
    if (!token) return reply.code(403).send();
    const expiresAt = this.#entraTokens.get(token);
    if (!expiresAt || expiresAt <= Date.now()) return reply.code(403).send(restError("TokenExpired", "Access token has expired, resubmit with a new access token"));
    return undefined;
  }

  #found(reply, definition, item) {
    if (!item) return reply.code(404).send(restError("PowerBIEntityNotFound", ""));
    answers(definition, item);
    return { "@odata.context": `${this.origin}/v1.0/myorg/$metadata`, ...item };
  }

  #embedToken() {
    // It can't outlive the Entra token that it was made with.
    const expiresAt = Date.now() + Math.min(this.life.embed, this.life.entra);
    const token = mintEmbedToken({ expiresAt });
    this.tokens.push(token);
    const answer = { token, tokenId: crypto.randomUUID(), expiration: new Date(Math.floor(expiresAt / 1000) * 1000).toISOString() };
    answers("EmbedToken", answer);
    return { "@odata.context": `${this.origin}/v1.0/myorg/$metadata`, ...answer };
  }

  /** Entra withdraws all tokens before their time. */
  withdraw() {
    this.#entraTokens.clear();
  }

  embedUrl = (path, query) => `https://app.powerbi.com/${path}?${query}&groupId=${IDS.group}&w=2&config=${CLUSTER}`;

  reports = Object.fromEntries(
    [[IDS.report, "Sales"], [IDS.second, "Costs"]].map(([id, name]) => [id, { id, name, datasetId: IDS.dataset, reportType: "PowerBIReport", webUrl: `https://app.powerbi.com/groups/${IDS.group}/reports/${id}`, embedUrl: this.embedUrl("reportEmbed", `reportId=${id}`) }]),
  );
  dashboards = { [IDS.dashboard]: { id: IDS.dashboard, displayName: "Overview", isReadOnly: false, embedUrl: this.embedUrl("dashboardEmbed", `dashboardId=${IDS.dashboard}`) } };
  tiles = { [IDS.tile]: { id: IDS.tile, title: "Total", datasetId: IDS.dataset, reportId: IDS.report, rowSpan: 1, colSpan: 1, embedUrl: this.embedUrl("embed", `dashboardId=${IDS.dashboard}&tileId=${IDS.tile}`) } };
}

export function metadata(authority) {
  return {
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  };
}

/** As Entra words it. */
export const oauthError = (error, number, text) => ({
  error,
  error_description: `AADSTS${number}: ${text} Trace ID: 00000000-0000-0000-0000-000000000000 Correlation ID: 00000000-0000-0000-0000-000000000000 Timestamp: 2026-01-01 00:00:00Z`,
  error_codes: [number],
  timestamp: "2026-01-01 00:00:00Z",
  trace_id: "00000000-0000-0000-0000-000000000000",
  correlation_id: "00000000-0000-0000-0000-000000000000",
});

/** As the REST API words it. */
export const restError = (code, message) => ({ error: { code, message } });

export const challenge = (verifier) => createHash("sha256").update(verifier).digest("base64url");
