// What is embedded: its details from the REST API, and the tokens that it needs.
import type { LiveEmbed } from "../../backend/config";
import type { EmbedToken, Identity, PowerBi, Report } from "./powerbi";
import type { Settings } from "./settings";
import { UpstreamError } from "./upstream";

const REPORTS = "/api/embed-token";
const DASHBOARD = "/api/dashboard-token";
const TILE = "/api/tile-token";

export class Content {
  readonly #settings: Settings;
  readonly #api: PowerBi;
  /** How to get a token, by the path that the page asks for it. */
  readonly tokens: Readonly<Record<string, () => Promise<EmbedToken>>>;
  // Details change so rarely that they are asked for once.
  readonly #reports: () => Promise<Report[]>;
  readonly #embeds: () => Promise<LiveEmbed[]>;
  readonly #dashboardsDatasets: () => Promise<string[]>;

  constructor(settings: Settings, api: PowerBi) {
    this.#settings = settings;
    this.#api = api;
    const { groupId, reportIds, dashboardId, tileId } = settings;
    this.#reports = once(() => Promise.all(reportIds.map((id) => api.report(groupId, id))));
    this.#embeds = once(() => this.#readEmbeds());
    this.#dashboardsDatasets = once(async () => unique((await api.tiles(groupId, dashboardId ?? "")).value));
    this.tokens = {
      [REPORTS]: () => this.#tokenForReports(),
      ...(dashboardId && { [DASHBOARD]: () => this.#tokenFor(`/dashboards/${dashboardId}`) }),
      ...(dashboardId && tileId && { [TILE]: () => this.#tokenFor(`/dashboards/${dashboardId}/tiles/${tileId}`) }),
    };
  }

  /** What the page may embed. */
  embeds(): Promise<LiveEmbed[]> {
    return this.#embeds();
  }

  async #readEmbeds(): Promise<LiveEmbed[]> {
    const { groupId, dashboardId, tileId } = this.#settings;
    const reports = (await this.#reports()).map(
      ({ id, name, embedUrl }): LiveEmbed => ({
        kind: "report",
        id,
        name,
        groupId,
        embedUrl,
        tokenPath: REPORTS.slice(1),
      }),
    );
    const embeds = [...reports];
    if (dashboardId) {
      const { id, displayName, embedUrl } = await this.#api.dashboard(groupId, dashboardId);
      embeds.push({ kind: "dashboard", id, name: displayName, groupId, embedUrl, tokenPath: DASHBOARD.slice(1) });
    }
    if (dashboardId && tileId) {
      const { id, title, embedUrl } = await this.#api.tile(groupId, dashboardId, tileId);
      embeds.push({
        kind: "tile",
        id,
        name: title || "Tile",
        groupId,
        embedUrl,
        dashboardId,
        tokenPath: TILE.slice(1),
      });
    }
    for (const { embedUrl } of embeds) this.#checkOrigin(embedUrl);
    return embeds;
  }

  /** The page's policy lets frames come from one place; another would stay blank without a word. */
  #checkOrigin(embedUrl: string) {
    const { embedOrigin } = this.#settings.cloud;
    if (URL.canParse(embedUrl) && new URL(embedUrl).origin === embedOrigin) return;
    throw new UpstreamError({
      service: "Power BI",
      status: 502,
      code: "EmbedOrigin",
      message:
        `The embedUrl that Power BI gives does not lie at ${embedOrigin}: name its origin in ` +
        "POWERBI_EMBED_ORIGIN, or the right cloud in POWERBI_CLOUD.",
    });
  }

  async #tokenForReports(): Promise<EmbedToken> {
    const { groupId, allowEdit } = this.#settings;
    const reports = await this.#reports();
    // A paginated report has none of its own.
    const datasets = unique(reports);
    return this.#api.generateToken({
      reports: reports.map(({ id }) => ({ id, ...(allowEdit && { allowEdit }) })),
      datasets: datasets.map((id) => ({ id })),
      ...(allowEdit && { targetWorkspaces: [{ id: groupId }] }),
      ...this.#common(datasets),
    });
  }

  async #tokenFor(path: string): Promise<EmbedToken> {
    const { groupId, identity } = this.#settings;
    const datasets = identity ? await this.#dashboardsDatasets() : [];
    return this.#api.generateTokenFor(groupId, path, { accessLevel: "View", ...this.#common(datasets) });
  }

  #common(datasets: string[]): { identities?: Identity[]; lifetimeInMinutes?: number } {
    const { identity, lifetimeMinutes } = this.#settings;
    return {
      ...(identity &&
        datasets.length && {
          identities: [
            {
              username: identity.username,
              datasets,
              ...(identity.roles.length && { roles: identity.roles }),
              ...(identity.customData && { customData: identity.customData }),
            },
          ],
        }),
      ...(lifetimeMinutes && { lifetimeInMinutes: lifetimeMinutes }),
    };
  }
}

const unique = (items: { datasetId: string | null }[]) => [
  ...new Set(items.map(({ datasetId }) => datasetId).filter((id) => id !== null)),
];

/** Remembers what came of it, unless it failed. */
function once<Good>(work: () => Promise<Good>): () => Promise<Good> {
  let result: Promise<Good> | null = null;
  return () =>
    (result ??= work().catch((error: unknown) => {
      result = null;
      throw error;
    }));
}
