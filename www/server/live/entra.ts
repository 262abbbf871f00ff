// The service principal's token, through MSAL.
import {
  ConfidentialClientApplication,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from "@azure/msal-node";
import * as v from "valibot";
import { Secret } from "./secret";
import type { SecretFilter } from "./secret-filter";
import type { Settings } from "./settings";
import { readJson, Upstream, UpstreamError } from "./upstream";

// An embed token ends with the Entra token that it was made with. MSAL hands one out until five minutes before its end,
// which would make embed tokens of five minutes; so anything but a young one is asked for anew.
const LIFE_NEEDED_MS = 50 * 60_000;

const REFUSAL = v.object({ error: v.string(), error_description: v.optional(v.string(), "") });

/** MSAL's requests, with a time limit; and what Entra said, which MSAL's own errors tell in part only. */
class Network implements INetworkModule {
  readonly #upstream: Upstream;
  /** Of the latest request; MSAL also fails without asking, for a minute after some refusals. */
  failure: UpstreamError | null = null;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send(url, { method: "GET", ...(options?.headers && { headers: options.headers }) });
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send(url, {
      method: "POST",
      body: options?.body ?? "",
      ...(options?.headers && { headers: options.headers }),
    });
  }

  async #send<T>(url: string, init: RequestInit): Promise<NetworkResponse<T>> {
    try {
      const { status, headers, text } = await this.#upstream.request(url, init);
      const body = readJson(text);
      this.failure = status < 300 && body !== undefined ? null : this.#refused(status, headers, body);
      return { status, headers: Object.fromEntries(headers), body: (body ?? {}) as T };
    } catch (error) {
      this.failure = error instanceof UpstreamError ? error : null;
      throw error;
    }
  }

  #refused(status: number, headers: Headers, body: unknown): UpstreamError {
    const read = v.safeParse(REFUSAL, body);
    const requestId = headers.get("x-ms-request-id");
    if (!read.success)
      return this.#upstream.failure(
        {
          status: Math.max(status, 400),
          code: "UpstreamAnswer",
          message: `Entra answered ${status} with something that is not OAuth's.`,
          requestId,
        },
        headers,
      );
    return this.#upstream.failure(
      { status, code: read.output.error, message: read.output.error_description, requestId },
      headers,
    );
  }
}

export class Entra {
  readonly #app: ConfidentialClientApplication;
  readonly #network: Network;
  readonly #scopes: string[];
  readonly #now: () => number;
  /** Requests under way: for any token that is good, and for a new one. */
  readonly #pending = new Map<boolean, Promise<Secret>>();

  constructor(
    { cloud, ownAuthority, tenantId, clientId, credential, timeoutMs }: Settings,
    now: () => number,
    secrets: SecretFilter,
  ) {
    if (!credential) throw new TypeError("no credential");
    secrets.add(credential.kind === "secret" ? credential.secret : credential.privateKey);
    this.#now = now;
    this.#network = new Network(new Upstream("Entra", timeoutMs, now, secrets));
    this.#scopes = [`${cloud.resource}/.default`];
    const proof =
      credential.kind === "secret"
        ? { clientSecret: credential.secret.expose() }
        : {
            clientCertificate: {
              thumbprintSha256: credential.thumbprintSha256,
              privateKey: credential.privateKey.expose(),
              x5c: credential.certificate,
            },
          };
    this.#app = new ConfidentialClientApplication({
      auth: {
        clientId,
        authority: `${cloud.authorityHost}/${tenantId}`,
        knownAuthorities: ownAuthority ? [new URL(cloud.authorityHost).host] : [],
        ...proof,
      },
      system: { networkClient: this.#network, disableInternalRetries: true },
    });
  }

  /**
   * A token with most of its life before it; a new one in any case where the last was refused.
   * @throws {UpstreamError}
   */
  token({ anew = false } = {}): Promise<Secret> {
    const pending = this.#pending.get(anew) ?? this.#fetch(anew).finally(() => this.#pending.delete(anew));
    this.#pending.set(anew, pending);
    return pending;
  }

  async #fetch(anew: boolean): Promise<Secret> {
    const first = await this.#acquire(anew);
    const life = (first.expiresOn?.getTime() ?? 0) - this.#now();
    const token = first.fromCache && life < LIFE_NEEDED_MS ? await this.#acquire(true) : first;
    return new Secret(token.accessToken);
  }

  async #acquire(skipCache: boolean) {
    try {
      const result = await this.#app.acquireTokenByClientCredential({ scopes: this.#scopes, skipCache });
      if (result) return result;
    } catch (error) {
      if (this.#network.failure) throw this.#network.failure;
      const code = error instanceof Error && "errorCode" in error ? String(error.errorCode) : "unknown";
      throw new UpstreamError({ service: "Entra", status: 500, code, message: "MSAL could not ask for a token." });
    }
    throw new UpstreamError({
      service: "Entra",
      status: 502,
      code: "UpstreamAnswer",
      message: "Entra answered without a token.",
    });
  }
}
