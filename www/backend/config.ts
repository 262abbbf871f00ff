// What the page learns from `GET /api/config`: whether it plays in the sandbox or embeds somebody's own content.
import type { Switches } from "./switches";

export type Config = { mode: "sandbox" } | LiveConfig;

export interface LiveConfig {
  mode: "live";
  /** The cloud's name, as in the setting. */
  cloud: string;
  /** "Embed for your customers": what the server's service principal may embed; empty where that is not set up. */
  embeds: LiveEmbed[];
  /** "Embed for your organization": how a visitor signs in; null where that is not set up. */
  signIn: SignIn | null;
  /**
   * The switches that this backend has; the others would need a service of our own. Time passes at its own pace alone.
   */
  switches: readonly (keyof Switches)[];
}

/** What `powerbi.embed()` needs, but for the token. */
export interface LiveEmbed {
  kind: "report" | "dashboard" | "tile";
  id: string;
  name: string;
  groupId: string;
  embedUrl: string;
  /** Of a tile. */
  dashboardId?: string;
  /**
   * Where its embed token comes from, relative to the page; null where the visitor's own token is used. Embeds with one
   * path share one token.
   */
  tokenPath: string | null;
}

export interface SignIn {
  clientId: string;
  authority: string;
  /** Hosts that MSAL need not ask Microsoft about: those that a setting names. */
  knownAuthorities: string[];
  scopes: string[];
  /** The REST API's base, as `https://api.powerbi.com`. */
  api: string;
  groupId: string;
  reportIds: string[];
  dashboardId: string | null;
  tileId: string | null;
}
