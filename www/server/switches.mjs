// The faults a visitor can switch on, and the one place that says which there are and within which bounds.

/**
 * @typedef {object} Switches
 * @property {number} lifetimeSeconds How long a new token lives.
 * @property {number} delayMs How long the backend thinks before it answers.
 * @property {"none" | "status" | "drop"} outage 503 with Retry-After 5, or the connection cut without an answer.
 * @property {number | null} throttle 429 with this Retry-After, in seconds; null is off.
 * @property {boolean} denied 401, as when the user's sign-in has ended.
 * @property {boolean} sameToken The token of the last answer once more.
 * @property {boolean} wrongKind An Aad token where an embed token is asked for, and the reverse.
 * @property {boolean} damaged A token that was cut off on its way.
 */

/** @type {Readonly<Switches>} */
export const DEFAULTS = Object.freeze({
  lifetimeSeconds: 120, delayMs: 0, outage: "none", throttle: null, denied: false, sameToken: false, wrongKind: false, damaged: false,
});

export const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    lifetimeSeconds: { type: "integer", minimum: 5, maximum: 86_400 },
    delayMs: { type: "integer", minimum: 0, maximum: 600_000 },
    outage: { enum: ["none", "status", "drop"] },
    throttle: { anyOf: [{ type: "integer", minimum: 0, maximum: 3_600 }, { type: "null" }] },
    denied: { type: "boolean" },
    sameToken: { type: "boolean" },
    wrongKind: { type: "boolean" },
    damaged: { type: "boolean" },
  },
};
