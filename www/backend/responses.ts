// Requests and answers without an HTTP library, and the one shape that errors have.

export interface ApiRequest {
  method: string;
  /** The path alone, as `/api/health`. */
  path: string;
  /** What the body's JSON says. */
  body?: unknown;
}

export interface ApiResponse<Good = unknown> {
  status: number;
  headers: Record<string, string>;
  body: Good | ErrorBody;
}

/** In the shape of the REST API's own errors. */
export interface ErrorBody {
  error: { code: string; message: string };
}

export const ok = <Good>(body: Good): ApiResponse<Good> => ({ status: 200, headers: {}, body });

export const errorResponse = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): ApiResponse<never> => ({
  status,
  headers,
  body: { error: { code, message } },
});
