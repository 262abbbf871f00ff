// A stand-in for Microsoft: Entra's token endpoint and the Power BI REST API, on this machine. It checks every request
// as the services do, requests and answers of the API by Microsoft's own definitions (contract.mjs), and refuses as it
// is told to. MSAL takes no authority without https, so the stand-in has a certificate, and whoever asks it must trust
// that.

import assert from "node:assert/strict";
import { X509Certificate, constants, createHash, randomUUID, verify } from "node:crypto";
import { EventEmitter, once } from "node:events";
import Fastify from "fastify";
import { generate } from "selfsigned";
import { mintAadToken, mintEmbedToken } from "../../www/dist-server/backend.js";
import { answers, requests } from "./contract.mjs";

const HOUR = 3_600_000;
const RESOURCE = "https://analysis.windows.net/powerbi/api";
const SCOPE = `${RESOURCE}/.default`;
const TIMESTAMP = "Timestamp: 2026-01-01 00:00:00Z";
const NO_ID = "00000000-0000-0000-0000-000000000000";

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

const CLUSTER = Buffer.from('{"clusterUrl":"https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net"}').toString(
  "base64",
);

/**
 * @typedef {object} Refusal How one request is answered instead.
 * @property {number} [status]
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] As JSON; nothing for an empty body.
 * @property {boolean} [cut] The connection is cut.
 * @property {boolean} [silent] No answer ever comes.
 * @property {Promise<void>} [until] No refusal, but the answer waits for this.
 */

/** A key and a certificate for it, in PEM. */
export async function certificate(name) {
  const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
    keySize: 2048,
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
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
  /** How far its clock is ahead of this machine's, in milliseconds: stories play an hour in a second. */
  ahead = 0;
  /** How long new Entra and embed tokens live. */
  life = { entra: HOUR, embed: HOUR };
  /**
   * How the next requests to each of "metadata", "authorize", "token", "report", "dashboard", "tile", "tiles",
   * "generate" are refused.
   */
  #refusals = new Map();
  #entraTokens = new Map();
  #codes = new Map();
  #refreshToken = null;
  /** The visitor is known to Entra, and asked nothing. */
  #session = true;
  #asked = new EventEmitter();
  #app;

  async listen() {
    const { key, cert } = await certificate("localhost");
    this.cert = cert;
    this.#app = Fastify({ https: { key, cert }, forceCloseConnections: true });
    this.#app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(body))),
    );
    // Browsers ask first, from another origin.
    this.#app.addHook("onRequest", async (request, reply) => {
      if (!request.headers.origin) return;
      reply.headers({
        "Access-Control-Allow-Origin": request.headers.origin,
        "Access-Control-Allow-Headers": "*, Authorization",
      });
      if (request.method === "OPTIONS") await reply.code(204).send();
    });
    this.#app.options("/*", () => {});
    this.#entra();
    this.#powerBi();
    await this.#app.listen({ host: "127.0.0.1", port: 0 });
    this.origin = `https://localhost:${this.#app.server.address().port}`;
    return this;
  }

  now() {
    return Date.now() + this.ahead;
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

  /** Resolves when something has been asked for so often. */
  async isAsked(on, times = 1) {
    while (this.count(on) < times) await once(this.#asked, on);
  }

  last(on) {
    return this.seen.filter((one) => one.on === on).at(-1);
  }

  /** A new day: nothing was asked for, nothing goes wrong. */
  reset() {
    this.seen = [];
    this.#refusals.clear();
    this.#entraTokens.clear();
    this.#codes.clear();
    this.#session = true;
    this.ahead = 0;
    this.life = { entra: HOUR, embed: HOUR };
  }

  /** A route that is recorded, refused where a test says so, and otherwise answered. */
  #route(method, url, on, answer) {
    this.#app.route({
      method,
      url,
      handler: async (request, reply) => {
        this.seen.push({ on, method, path: request.url, headers: request.headers, body: request.body });
        this.#asked.emit(on);
        const refusal = this.#refusals.get(on)?.shift();
        await refusal?.until;
        if (!refusal || refusal.until) return answer(request, reply);
        if (refusal.silent || refusal.cut) reply.hijack();
        if (refusal.cut) request.raw.socket.destroy();
        if (refusal.silent || refusal.cut) return reply;
        return reply
          .code(refusal.status)
          .headers(refusal.headers ?? {})
          .send(refusal.body ?? "");
      },
    });
  }

  // ---- Entra ----------------------------------------------------------------------------------------------------

  #entra() {
    this.#route(
      "GET",
      "/:tenant/v2.0/.well-known/openid-configuration",
      "metadata",
      ({ params: { tenant } }, reply) => {
        if (tenant !== IDS.tenant)
          return reply.code(400).send(oauthError("invalid_tenant", 90002, `Tenant '${tenant}' not found.`));
        return metadata(`${this.origin}/${tenant}`);
      },
    );
    this.#route("GET", "/:tenant/oauth2/v2.0/authorize", "authorize", (request, reply) =>
      this.#authorize(request.query, reply),
    );
    this.#route("POST", "/:tenant/oauth2/v2.0/token", "token", (request, reply) => this.#token(request, reply));
  }

  #token({ params: { tenant }, body }, reply) {
    assert.equal(tenant, IDS.tenant);
    assert.ok(body.scope.split(" ").includes(SCOPE), "the scope is that of Power BI");
    if (body.grant_type !== "client_credentials") return this.#visitorsToken(body, reply);
    const problem = this.#stranger(body);
    if (problem) return reply.code(problem.status).send(problem.body);
    return this.#entraAnswer({ app: true, userId: IDS.client });
  }

  /** Somebody signs in, without being asked for a password: back to the page with a code for the page's verifier. */
  #authorize(
    {
      client_id,
      redirect_uri,
      response_type,
      response_mode,
      scope,
      state,
      nonce,
      prompt,
      code_challenge,
      code_challenge_method,
    },
    reply,
  ) {
    assert.deepEqual(
      [client_id, response_type, response_mode, code_challenge_method],
      [IDS.client, "code", "fragment", "S256"],
    );
    assert.match(redirect_uri, /^http:\/\/localhost:\d+\/signed-in\.html$/);
    assert.ok(scope.split(" ").includes(SCOPE));
    const client_info = encoded({ uid: IDS.user, utid: IDS.tenant });
    const back = (answer) =>
      reply.redirect(`${redirect_uri}#${new URLSearchParams({ ...answer, state, client_info })}`);
    if (prompt === "none" && !this.#session)
      return back({
        error: "login_required",
        error_description: oauthError("", 50058, "A silent sign-in request was sent but no user is signed in.")
          .error_description,
      });
    const code = randomUUID();
    this.#codes.set(code, { code_challenge, nonce, redirect_uri });
    return back({ code });
  }

  /** For a code, once, and the verifier that belongs to it; or for the latest refresh token. */
  #visitorsToken({ client_id, client_secret, grant_type, code, code_verifier, redirect_uri, refresh_token }, reply) {
    assert.deepEqual([client_id, client_secret], [IDS.client, undefined], "a page has no secret");
    let nonce;
    if (grant_type === "authorization_code") {
      const asked = this.#codes.get(code);
      this.#codes.delete(code);
      if (
        !asked ||
        asked.redirect_uri !== redirect_uri ||
        createHash("sha256").update(code_verifier).digest("base64url") !== asked.code_challenge
      )
        return reply.code(400).send(oauthError("invalid_grant", 70000, "The code is not valid."));
      nonce = asked.nonce;
    } else {
      assert.equal(grant_type, "refresh_token");
      if (refresh_token !== this.#refreshToken)
        return reply.code(400).send(oauthError("invalid_grant", 700082, "The refresh token has expired."));
    }
    this.#refreshToken = `refresh-${randomUUID()}`;
    const seconds = Math.floor(this.now() / 1000);
    const claims = {
      aud: IDS.client,
      iss: `${this.origin}/${IDS.tenant}/v2.0`,
      iat: seconds,
      nbf: seconds,
      exp: seconds + 3_600,
      oid: IDS.user,
      sub: "s",
      tid: IDS.tenant,
      name: "Jo Doe",
      preferred_username: "jo.doe@contoso.example",
      nonce,
      ver: "2.0",
    };
    return {
      ...this.#entraAnswer({ userId: IDS.user }),
      scope: SCOPE,
      refresh_token: this.#refreshToken,
      id_token: `${encoded({ typ: "JWT", alg: "RS256" })}.${encoded(claims)}.c2lnbmF0dXJl`,
      client_info: encoded({ uid: IDS.user, utid: IDS.tenant }),
    };
  }

  #entraAnswer(claims) {
    const expiresAt = this.now() + this.life.entra;
    const token = mintAadToken({
      expiresAt,
      issuedAt: this.now(),
      audience: RESOURCE,
      tenantId: IDS.tenant,
      ...claims,
    });
    this.#entraTokens.set(token, expiresAt);
    this.tokens.push(token);
    const seconds = Math.floor(this.life.entra / 1000);
    return { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: token };
  }

  /** What Entra says of a client that is not who it should be; null for a good one. */
  #stranger(body) {
    if (body.client_id !== IDS.client)
      return {
        status: 400,
        body: oauthError(
          "unauthorized_client",
          700016,
          `Application with identifier '${body.client_id}' was not found in the directory.`,
        ),
      };
    if (body.client_assertion)
      return this.#knows(body)
        ? null
        : {
            status: 401,
            body: oauthError(
              "invalid_client",
              700027,
              "The certificate with identifier used to sign the client assertion is not registered on application.",
            ),
          };
    if (body.client_secret === SECRET) return null;
    return {
      status: 401,
      body: oauthError(
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret " +
          "value, not the client secret ID.",
      ),
    };
  }

  /** The assertion is signed with a known certificate's key, for this endpoint, by this client, and for now. */
  #knows({ client_assertion, client_assertion_type }) {
    assert.equal(client_assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const [head, payload, signature] = client_assertion.split(".");
    const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
    const { alg, "x5t#S256": thumbprint } = read(head);
    assert.equal(alg, "PS256");
    const certificate = this.certificates
      .map((pem) => new X509Certificate(pem))
      .find(
        ({ fingerprint256 }) =>
          Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url") === thumbprint,
      );
    if (!certificate) return false;
    const { iss, sub, aud, exp } = read(payload);
    assert.deepEqual([iss, sub], [IDS.client, IDS.client]);
    assert.equal(aud, `${this.origin}/${IDS.tenant}/oauth2/v2.0/token`);
    assert.ok(exp * 1000 > this.now());
    const key = {
      key: certificate.publicKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
    return verify("sha256", Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url"));
  }

  // ---- Power BI -------------------------------------------------------------------------------------------------

  #powerBi() {
    const group = "/v1.0/myorg/groups/:groupId";
    const dashboard = `${group}/dashboards/:dashboardId`;
    const details = (on, url, definition, find) =>
      this.#route(
        "GET",
        url,
        on,
        (request, reply) => this.#authorized(request, reply) ?? this.#found(reply, definition, find(request.params)),
      );
    details("report", `${group}/reports/:reportId`, "Report", ({ reportId }) => this.reports[reportId]);
    details("dashboard", dashboard, "Dashboard", ({ dashboardId }) => this.dashboards[dashboardId]);
    details("tile", `${dashboard}/tiles/:tileId`, "Tile", ({ tileId }) => this.tiles[tileId]);
    this.#route(
      "GET",
      `${dashboard}/tiles`,
      "tiles",
      (request, reply) => this.#authorized(request, reply) ?? { value: Object.values(this.tiles) },
    );
    const generate = (url, path) =>
      this.#route("POST", url, "generate", (request, reply) => {
        const refused = this.#authorized(request, reply);
        if (refused) return refused;
        requests(path, request.params, request.body);
        return this.#embedToken();
      });
    generate("/v1.0/myorg/GenerateToken", "/v1.0/myorg/GenerateToken");
    generate(`${dashboard}/GenerateToken`, "/v1.0/myorg/groups/{groupId}/dashboards/{dashboardId}/GenerateToken");
    generate(
      `${dashboard}/tiles/:tileId/GenerateToken`,
      "/v1.0/myorg/groups/{groupId}/dashboards/{dashboardId}/tiles/{tileId}/GenerateToken",
    );
  }

  /** A refusal as the API words it, where the Entra token is absent, bad or too old. */
  #authorized({ headers }, reply) {
    const token = headers.authorization?.match(/^Bearer (.+)$/)?.[1];
    if (!token) return reply.code(403).send();
    const expiresAt = this.#entraTokens.get(token);
    if (!expiresAt || expiresAt <= this.now())
      return reply
        .code(403)
        .send(restError("TokenExpired", "Access token has expired, resubmit with a new access token"));
    return undefined;
  }

  #found(reply, definition, item) {
    if (!item) return reply.code(404).send(restError("PowerBIEntityNotFound", ""));
    answers(definition, item);
    return { "@odata.context": `${this.origin}/v1.0/myorg/$metadata`, ...item };
  }

  #embedToken() {
    // It can't outlive the Entra token that it was made with.
    const expiresAt = this.now() + Math.min(this.life.embed, this.life.entra);
    const token = mintEmbedToken({ expiresAt });
    this.tokens.push(token);
    const answer = {
      token,
      tokenId: randomUUID(),
      expiration: new Date(Math.floor(expiresAt / 1000) * 1000).toISOString(),
    };
    answers("EmbedToken", answer);
    return { "@odata.context": `${this.origin}/v1.0/myorg/$metadata`, ...answer };
  }

  /** Entra withdraws all tokens before their time. */
  withdraw() {
    this.#entraTokens.clear();
  }

  /**
   * Entra takes the page's refresh token no more; nor, without a session, the visitor's word that they were here
   * before.
   */
  forget({ session }) {
    this.#refreshToken = null;
    this.#session = session;
  }

  embedUrl = (path, query) => `https://app.powerbi.com/${path}?${query}&groupId=${IDS.group}&w=2&config=${CLUSTER}`;

  reports = Object.fromEntries(
    [
      [IDS.report, "Sales"],
      [IDS.second, "Costs"],
    ].map(([id, name]) => [
      id,
      {
        id,
        name,
        datasetId: IDS.dataset,
        reportType: "PowerBIReport",
        webUrl: `https://app.powerbi.com/groups/${IDS.group}/reports/${id}`,
        embedUrl: this.embedUrl("reportEmbed", `reportId=${id}`),
      },
    ]),
  );
  dashboards = {
    [IDS.dashboard]: {
      id: IDS.dashboard,
      displayName: "Overview",
      isReadOnly: false,
      embedUrl: this.embedUrl("dashboardEmbed", `dashboardId=${IDS.dashboard}`),
    },
  };
  tiles = {
    [IDS.tile]: {
      id: IDS.tile,
      title: "Total",
      datasetId: IDS.dataset,
      reportId: IDS.report,
      rowSpan: 1,
      colSpan: 1,
      embedUrl: this.embedUrl("embed", `dashboardId=${IDS.dashboard}&tileId=${IDS.tile}`),
    },
  };
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
  error_description: `AADSTS${number}: ${text} Trace ID: ${NO_ID} Correlation ID: ${NO_ID} ${TIMESTAMP}`,
  error_codes: [number],
  timestamp: "2026-01-01 00:00:00Z",
  trace_id: "00000000-0000-0000-0000-000000000000",
  correlation_id: "00000000-0000-0000-0000-000000000000",
});

/** As the REST API words it. */
export const restError = (code, message) => ({ error: { code, message } });

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
