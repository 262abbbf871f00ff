// One side of the comparison: what keeps a lane's tokens fresh.
import type { TokenType } from "powerbi-token-keeper";
import type { EmbedSpec, Happening, Reading, VisitorSource } from "./api";
import type { Network } from "./network";
import type { Stage } from "./stage";

export interface Surroundings {
  stage: Stage;
  network: Network;
  tokenType: TokenType;
  visitor: VisitorSource | null;
  tell(happening: Omit<Happening, "at">): void;
}

export interface Side {
  /** Gets a token and embeds. Rejects when there is no token to be had. */
  embed(spec: EmbedSpec): Promise<void>;
  /** This one is about to leave the page. */
  leave(key: string): void;
  status(held: {
    validUntil: number | null;
    broken: boolean;
    now: number;
  }): Pick<Reading, "state" | "nextCheck" | "windowMs">;
}

/** Where the token of an embed comes from. Embeds with the same address share one token. */
export function tokenUrl(tokenType: TokenType, { live }: EmbedSpec): string {
  return new URL(live?.tokenPath ?? (tokenType === 1 ? "api/embed-token" : "api/aad-token"), document.baseURI).href;
}

/** The visitor's own way to a token, noted like a request to the backend. */
export function notedVisitor({ visitor, network }: Surroundings): VisitorSource | null {
  return (
    visitor &&
    ((request) =>
      network.note(
        () => visitor(request),
        () => null,
        () => "Asked for the visitor’s token, in vain.",
      ))
  );
}
