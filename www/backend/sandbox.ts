// Tokens that open nothing but the stand-in frame, minted on request.
import { contentId } from "./content";
import { type ApiResponse, ok } from "./responses";
import type { Issuer, TokenRoute } from "./issuer";
import { mintAadToken, mintEmbedToken, oauthResponse, restResponse } from "./mint";
import { DEFAULTS, type Switches } from "./switches";

type Kind = "embed" | "aad";

/** The ids that www/src/pane/content.ts gives to what is embedded first, and later beside it. */
const FIRST_CONTENT = Array.from({ length: 40 }, (_, i) => contentId(String(i + 1)));

export const sandbox: Issuer = {
  tokens: {
    "/api/embed-token": { methods: ["GET", "POST"], issue: minting("embed") },
    "/api/aad-token": { methods: ["GET", "POST"], issue: minting("aad") },
  },
  switches: Object.keys(DEFAULTS) as (keyof Switches)[],
  hasVirtualTime: true,
  config: () => ok({ mode: "sandbox" }),
};

/**
 * The content that an embed token is for. The page's first content shares a token, and a request that names nothing
 * gets that one, as from a backend with one report; the keeper's requests name what is embedded.
 */
function coveredBy(body: unknown): string[] {
  const { embeds = [] } = (body ?? {}) as { embeds?: { id?: string }[] };
  const named = embeds.flatMap(({ id }) => id ?? []);
  const others = named.filter((id) => !FIRST_CONTENT.includes(id));
  return others.length === named.length && named.length > 0 ? others : [...FIRST_CONTENT, ...others];
}

/** The role that the request asks for, which a real backend checks first. */
const roleOf = (body: unknown) => (body as { role?: string } | undefined)?.role;

function minting(asked: Kind): TokenRoute["issue"] {
  return ({ body }, { now, switches }): ApiResponse => {
    const { wrongKind, lifetimeSeconds } = switches;
    const expiresAt = now + lifetimeSeconds * 1000;
    const embed = (asked === "embed") !== wrongKind;
    const token = embed
      ? mintEmbedToken({ expiresAt, covers: coveredBy(body), role: roleOf(body) })
      : mintAadToken({ expiresAt, issuedAt: now });
    return ok(asked === "embed" ? restResponse(token, expiresAt) : oauthResponse(token, expiresAt, now));
  };
}
