// Live mode: the backend's tokens are Microsoft's, for the visitor's own reports.
import type { FastifyBaseLogger } from "fastify";
import { type ApiResponse, ok } from "../../backend/responses";
import type { Config, LiveEmbed } from "../../backend/config";
import type { Issuer, TokenRoute } from "../../backend/issuer";
import { Content } from "./content";
import { Entra } from "./entra";
import { type EmbedToken, PowerBi } from "./powerbi";
import { SecretFilter } from "./secret-filter";
import type { Settings } from "./settings";
import { TokenStore } from "./store";
import { toApiResponse, UpstreamError } from "./upstream";

export interface LiveOptions {
  settings: Settings;
  log: FastifyBaseLogger;
  /** Default Date.now. */
  now?: () => number;
}

export function createLive({ settings, log, now = Date.now }: LiveOptions): Issuer {
  const { cloud, cloudName, credential } = settings;
  const content = credential && new Content(settings, powerBi(settings, now));
  // Those of the service and of its tokens are left out: they would need a service of our own.
  const switches: Issuer["switches"] = content
    ? ["delayMs", "outage", "throttle", "denied", "sameToken", "damaged"]
    : [];

  const signIn = settings.signIn
    ? {
        clientId: settings.clientId,
        authority: `${cloud.authorityHost}/${settings.tenantId}`,
        knownAuthorities: settings.ownAuthority ? [new URL(cloud.authorityHost).host] : [],
        scopes: [`${cloud.resource}/.default`],
        api: cloud.api,
        groupId: settings.groupId,
        reportIds: settings.reportIds,
        dashboardId: settings.dashboardId,
        tileId: settings.tileId,
      }
    : null;

  /** What Microsoft gives, or its refusal, logged and passed on. */
  async function passing<Good>(what: string, work: () => Promise<Good>): Promise<ApiResponse<Good>> {
    try {
      return ok(await work());
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const { service, status, code, message, requestId, notBefore } = error.failure;
      log.warn(
        { what, service, status, code, requestId, ...(notBefore && { retryAt: new Date(notBefore).toISOString() }) },
        message,
      );
      return toApiResponse(error.failure, now()) as ApiResponse<Good>;
    }
  }

  function route(what: string, generate: () => Promise<EmbedToken>): TokenRoute {
    const store = new TokenStore(async () => {
      const token = await generate();
      log.info({ what, tokenId: token.tokenId, expiration: token.expiration }, "embed token generated");
      return token;
    }, now);
    return {
      methods: ["POST"],
      issue: ({ body }) => passing(what, () => store.get((body as { reason?: string } | undefined)?.reason ?? "")),
    };
  }

  return {
    tokens: content
      ? Object.fromEntries(Object.entries(content.tokens).map(([path, generate]) => [path, route(path, generate)]))
      : {},
    switches,
    hasVirtualTime: false,
    config: () =>
      passing("config", async (): Promise<Config> => {
        const embeds: LiveEmbed[] = content ? await content.embeds() : [];
        return { mode: "live", cloud: cloudName, embeds, signIn, switches };
      }),
  };
}

function powerBi(settings: Settings, now: () => number): PowerBi {
  const secrets = new SecretFilter();
  const entra = new Entra(settings, now, secrets);
  return new PowerBi(settings.cloud.api, (options) => entra.token(options), settings.timeoutMs, now, secrets);
}
