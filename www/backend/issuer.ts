// Where the backend's tokens come from: made up here (sandbox.ts), or Microsoft's (www/server/live).
import type { ApiResponse, ApiRequest } from "./responses";
import type { Config } from "./config";
import type { Switches } from "./switches";

export interface Issuer {
  /** Answers requests for a token, by path; GET too where it is an Aad token's. */
  readonly tokens: Readonly<Record<string, TokenRoute>>;
  /** The switches that it has. */
  readonly switches: readonly (keyof Switches)[];
  /** Its time is the backend's own, and may pass at another pace. */
  readonly hasVirtualTime: boolean;
  /** What the page learns from `/api/config`: a `Config`, or why there is none. */
  config(): Promise<ApiResponse<Config>> | ApiResponse<Config>;
}

export interface TokenRoute {
  methods: readonly ("GET" | "POST")[];
  issue(request: ApiRequest, circumstances: { now: number; switches: Switches }): Promise<ApiResponse> | ApiResponse;
}
