// One side of the comparison: what keeps a lane's tokens fresh.
import type { Embed } from "powerbi-client";
import type { TokenType } from "powerbi-token-keeper";
import type { EmbedSpec, Happening, Reading } from "./api";
import type { Stage } from "./stage";

export interface Surroundings {
  stage: Stage;
  tokenType: TokenType;
  tell(happening: Omit<Happening, "at">): void;
}

export interface Side {
  /** Gets a token and embeds. Rejects when there is no token to be had. */
  embed(spec: EmbedSpec): Promise<void>;
  /** This one is about to leave the page. */
  leave(embed: Embed): void;
  status(held: { validUntil: number | null; broken: boolean; now: number }): Pick<Reading, "state" | "nextCheck" | "windowMs">;
}

export const tokenUrl = (tokenType: TokenType) => new URL(tokenType === 1 ? "api/embed-token" : "api/aad-token", document.baseURI);
