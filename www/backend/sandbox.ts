// Tokens that open nothing but the stand-in frame, minted on request.
import { type ApiResponse, ok } from "./responses";
import type { Issuer, TokenRoute } from "./issuer";
import { mintAadToken, mintEmbedToken, oauthResponse, restResponse } from "./mint";
import { DEFAULTS, type Switches } from "./switches";

type Kind = "embed" | "aad";

export const sandbox: Issuer = {
  tokens: {
    "/api/embed-token": { methods: ["POST"], issue: minting("embed") },
    "/api/aad-token": { methods: ["GET", "POST"], issue: minting("aad") },
  },
  switches: Object.keys(DEFAULTS) as (keyof Switches)[],
  hasVirtualTime: true,
  config: () => ok({ mode: "sandbox" }),
};

function minting(asked: Kind): TokenRoute["issue"] {
  return (_request, { now, switches }): ApiResponse => {
    const { wrongKind, lifetimeSeconds } = switches;
    const expiresAt = now + lifetimeSeconds * 1000;
    const embed = (asked === "embed") !== wrongKind;
    const token = embed ? mintEmbedToken({ expiresAt }) : mintAadToken({ expiresAt, issuedAt: now });
    return ok(asked === "embed" ? restResponse(token, expiresAt) : oauthResponse(token, expiresAt, now));
  };
}
