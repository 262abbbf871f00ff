// A strategy refreshes the tokens of a pane: the keeper, or the documented loop.
import type { TokenType } from "powerbi-token-keeper";
import type { EmbedSpec, LogEvent, PaneStatus, VisitorSource } from "./api";
import type { Network } from "./network";
import type { Embeds } from "./embeds";

export interface PaneContext {
  embeds: Embeds;
  network: Network;
  tokenType: TokenType;
  visitor: VisitorSource | null;
  tell(event: Omit<LogEvent, "at">): void;
}

export interface Strategy {
  /** Gets a token and embeds. Rejects when there is no token. */
  embed(spec: EmbedSpec): Promise<void>;
  /** The embed is about to be removed. */
  leave(key: string): void;
  status(held: {
    validUntil: number | null;
    broken: boolean;
    now: number;
  }): Pick<PaneStatus, "state" | "nextCheck" | "windowMs">;
}

/** Where the token of an embed comes from. Embeds with the same address share one token. */
export function tokenUrl(tokenType: TokenType, { live }: EmbedSpec): string {
  return new URL(live?.tokenPath ?? (tokenType === 1 ? "api/embed-token" : "api/aad-token"), document.baseURI).href;
}

/** The visitor's own way to a token, recorded like a request to the backend. */
export function recordedVisitorSource({ visitor, network }: PaneContext): VisitorSource | null {
  return (
    visitor &&
    ((request) =>
      network.record(
        () => visitor(request),
        () => null,
        () => "The user’s token could not be acquired.",
      ))
  );
}
