// The backend: mints tokens with the server's clock, answers as it is told to, and counts.

import assert from "node:assert/strict";
import { mintAadToken, mintEmbedToken, oauthResponse, restResponse } from "../../../www/dist-server/backend.js";
import { TELLS_ABORTS } from "./browser.mjs";
import { hours } from "./time.mjs";

const MINT = { embed: mintEmbedToken, aad: mintAadToken };
const CORS = { "access-control-allow-origin": "https://host.test", "access-control-allow-credentials": "true" };

/**
 * @typedef {object} Step How one request is answered.
 * @property {number} [delayMs] Virtual time until the answer.
 * @property {boolean} [hang] Never answers.
 * @property {boolean} [drop] Cuts the connection.
 * @property {number} [status]
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] Instead of a token; text as it is, anything else as JSON.
 * @property {object} [token] This token instead of a new one.
 * @property {number} [lifetime] Of the new token.
 */

export class Source {
  /** @type {{ at: number, method: string, headers: Record<string, string>, body: any, url: string }[]} */
  requests = [];
  /** Every token there is, in the order of minting; also those that a page began with. */
  tokens = [];
  lifetime = hours(1);
  kind = "embed";
  mostInFlight = 0;
  #steps = [];
  #usual = {};
  #waiting = new Set();
  #clock;

  constructor(clock) {
    this.#clock = clock;
  }

  /** New tokens live this long. */
  lives(lifetime) {
    this.lifetime = lifetime;
  }

  /** The next requests are answered so, one step each. */
  next(...steps) {
    this.#steps.push(...steps);
  }

  /** Requests are answered so until further notice. */
  always(step = {}) {
    this.#usual = step;
    this.#steps = [];
  }

  mint({ kind = this.kind, lifetime = this.lifetime, ...claims } = {}) {
    const now = this.#clock.server;
    const expiresAt = Math.floor((now + lifetime) / 1000) * 1000;
    const token = {
      text: MINT[kind]({ expiresAt, ...(kind === "aad" && { issuedAt: now }), ...claims }),
      kind,
      expiresAt,
    };
    this.tokens.push(token);
    return token;
  }

  get newest() {
    return this.tokens.at(-1);
  }

  answerOf({ text, kind, expiresAt }) {
    return kind === "embed" ? restResponse(text, expiresAt) : oauthResponse(text, expiresAt, this.#clock.server);
  }

  expectRequests(n, why) {
    assert.equal(
      this.requests.length,
      n,
      why ??
        `requests to the source, made at ${this.requests.map(({ at }) => `${at / 1000} s`).join(", ") || "no time"}`,
    );
  }

  // ---- for the story's machinery --------------------------------------------------------------------------------

  /** How many requests wait for a clock, of one tab where it is named; those whose answer is on its way don't count. */
  waiting(tab) {
    return [...this.#waiting].filter(({ sent, request }) => !sent && (!tab || request.tab === tab)).length;
  }

  /** When the next delayed answer is due, on the monotonic clock. */
  get nextDue() {
    return Math.min(...[...this.#waiting].map(({ due }) => due));
  }

  async take(request) {
    // where the page's clock goes on by itself, it stops for a request, and says where
    await this.#clock.moving;
    const at = this.#clock.elapsed;
    let { body } = request;
    try {
      body = JSON.parse(body);
    } catch {
      // as it is
    }
    const { method, headers, url } = request;
    this.requests.push({ at, method, headers, body, url });
    const step = this.#steps.shift() ?? this.#usual;
    const one = { request, step, due: step.hang ? Infinity : at + (step.delayMs ?? 0) };
    this.#waiting.add(one);
    // else one that was aborted before this may be among them
    if (TELLS_ABORTS) this.#countInFlight();
    if (one.due <= at) await this.#answer(one);
  }

  /** The page gave a request up: the browser's own object for it. */
  lost(native) {
    for (const one of this.#waiting) if (one.request.native === native) this.#waiting.delete(one);
  }

  /** The page aborted requests to these URLs, in this order; for a driver that does not tell. */
  aborted(urls) {
    for (const url of urls) {
      const one = [...this.#waiting].find(({ sent, request }) => !sent && request.url === url);
      this.#waiting.delete(one);
    }
    this.#countInFlight();
  }

  #countInFlight() {
    this.mostInFlight = Math.max(this.mostInFlight, this.#waiting.size);
  }

  async release() {
    for (const one of this.#waiting) if (one.due <= this.#clock.elapsed && !one.sent) await this.#answer(one);
  }

  expectNothingPlanned() {
    assert.equal(this.#steps.length, 0, "answers that were planned and never asked for");
  }

  async #answer(one) {
    one.sent = true;
    const { request, step } = one;
    if (step.drop) await request.drop();
    else {
      const {
        status = 200,
        headers = {},
        body = this.answerOf(step.token ?? this.mint(step.lifetime ? { lifetime: step.lifetime } : {})),
      } = step;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      await request.answer({
        status,
        headers: { "content-type": "application/json", ...CORS, ...headers },
        body: text,
      });
    }
    this.#waiting.delete(one);
  }
}
