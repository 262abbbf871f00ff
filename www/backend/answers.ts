// Requests and answers without an HTTP library, and the one shape that errors have.

export interface Request {
  method: string;
  /** The path alone, as `/api/health`. */
  path: string;
  /** What the body's JSON says. */
  body?: unknown;
}

export interface Answer<Good = unknown> {
  status: number;
  headers: Record<string, string>;
  body: Good | Refusal;
}

/** In the shape of the REST API's own errors. */
export interface Refusal {
  error: { code: string; message: string };
}

export const ok = <Good>(body: Good): Answer<Good> => ({ status: 200, headers: {}, body });

export const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer<never> => ({
  status,
  headers,
  body: { error: { code, message } },
});
