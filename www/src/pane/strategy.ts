// A strategy refreshes the tokens of a pane: the keeper, or the documented loop.
import type { IEmbedConfiguration } from "powerbi-client";
import type { TokenType } from "powerbi-token-keeper";
import { ANOTHER_REPORT, contentId } from "../../backend/content";
import type { EmbedSpec, LogEvent, PaneStatus, VisitorSource } from "./api";
import { configOf } from "./content";
import type { EngineTrap } from "./engine-trap";
import type { Network } from "./network";
import type { Embeds } from "./embeds";

export interface PaneContext {
  embeds: Embeds;
  network: Network;
  tokenType: TokenType;
  visitor: VisitorSource | null;
  trap: EngineTrap;
  /** Resolves once `met` is true, or a few real seconds later. */
  waits(met: () => boolean): Promise<void>;
  tell(event: Omit<LogEvent, "at">): void;
}

export interface Strategy {
  /** Gets a token and embeds. Rejects when there is no token. */
  embed(spec: EmbedSpec): Promise<void>;
  /** Embeds another report in the container of an embed, with a token of its own. */
  embedAnother(key: string): Promise<void>;
  /** The visitor has signed in again. */
  signedIn(): void;
  /** Crashes the package's engine, where there is one; resolves when another has taken its place. */
  crashEngine?(): Promise<void>;
  /** The embed is about to be removed. */
  leave(key: string): void;
  status(held: {
    validUntil: number | null;
    broken: boolean;
    now: number;
  }): Pick<PaneStatus, "state" | "nextCheck" | "windowMs">;
}

/** Which token an embed needs. Embeds with the same one share it. */
export const tokenKey = (tokenType: TokenType, spec: EmbedSpec): string =>
  `${tokenUrl(tokenType, spec)} ${spec.role ?? ""}`;

/** Where the token of an embed comes from. */
export function tokenUrl(tokenType: TokenType, { live }: EmbedSpec): string {
  return new URL(live?.tokenPath ?? (tokenType === 1 ? "api/embed-token" : "api/aad-token"), document.baseURI).href;
}

/** What the page embeds in the place of another report: its configuration, with a token that the page asked for. */
export async function anotherReport(tokenType: TokenType): Promise<IEmbedConfiguration> {
  const spec = { key: ANOTHER_REPORT, kind: "report", title: "Another report" } as const;
  const response = await fetch(tokenUrl(tokenType, spec), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ embeds: [{ type: "report", id: contentId(ANOTHER_REPORT) }] }),
  });
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  return { ...configOf(spec), accessToken: token ?? access_token ?? "", tokenType } as IEmbedConfiguration;
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
