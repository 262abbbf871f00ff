// The faults a visitor can switch on, and the one place that says which there are and within which bounds.
import * as v from "valibot";

const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const ALL = v.strictObject({
  /** How long a new token lives. */
  lifetimeSeconds: whole(5, 86_400),
  /** How long the backend thinks before it answers. */
  delayMs: whole(0, 600_000),
  /** 503, or the connection cut without an answer. */
  outage: v.picklist(["none", "status", "drop"]),
  /** 429 with this Retry-After, in seconds; null is off. */
  throttle: v.nullable(whole(0, 3_600)),
  /** 401, as when the user's sign-in has ended. */
  denied: v.boolean(),
  /** The token of the last answer once more. */
  sameToken: v.boolean(),
  /** An Aad token where an embed token is asked for, and the reverse. */
  wrongKind: v.boolean(),
  /** A token that was cut off on its way. */
  damaged: v.boolean(),
});

export type Switches = v.InferOutput<typeof ALL>;

export const DEFAULTS: Readonly<Switches> = Object.freeze({
  lifetimeSeconds: 120,
  delayMs: 0,
  outage: "none",
  throttle: null,
  denied: false,
  sameToken: false,
  wrongKind: false,
  damaged: false,
});

/** What may be changed, one or several at a time; a mistyped one is told, not dropped. */
export const CHANGE = v.partial(ALL);
