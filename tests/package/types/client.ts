// How the declarations go with powerbi-client's own, without a cast. Compiled, never run, with each version of
// powerbi-client under the name of the package.

import type { Dashboard, Embed, Qna, Report, Tile, Visual, models, service } from "powerbi-client";
import { TokenKeeper, diagnose, explain, keepFresh, type EmbedConfigLike, type EmbedLike } from "powerbi-token-keeper";

declare const powerbi: service.Service;
declare const element: HTMLElement;
declare const keeper: TokenKeeper;

// whatever powerbi.embed() gives, and the classes behind it
const embedded = powerbi.embed(element, { type: "report" });
export const fresh: TokenKeeper = keepFresh(embedded, { source: "/api/embed-token" });
export const attached = (
  ...all: (Embed | Report | Dashboard | Tile | Qna | Visual | EmbedLike | HTMLElement)[]
): (() => void)[] => all.map((one) => keeper.attach(one));
export const detached = (report: Report): void => keeper.detach(report);
export const bootstrapped: () => void = keeper.attach(powerbi.bootstrap(element, { type: "report" }));

// every configuration goes in, and comes out as what it was
export const configured = (
  report: models.IReportEmbedConfiguration,
  loaded: models.IReportLoadConfiguration,
  paginated: models.IPaginatedReportLoadConfiguration,
  dashboard: models.IDashboardEmbedConfiguration,
  tile: models.ITileEmbedConfiguration,
  qna: models.IQnaEmbedConfiguration,
  visual: models.IVisualEmbedConfiguration,
  create: models.IReportCreateConfiguration,
): unknown[] => {
  const again: models.IReportEmbedConfiguration = keeper.configure(report);
  powerbi.embed(element, keeper.configure(again));
  powerbi.load(element, keeper.configure(loaded));
  const others: EmbedConfigLike[] = [report, loaded, paginated, dashboard, tile, qna, visual, create];
  return [
    keeper.configure(paginated),
    keeper.configure(dashboard),
    keeper.configure(tile),
    keeper.configure(qna),
    keeper.configure(visual),
    keeper.configure(create),
    ...others,
  ];
};

// a literal with powerbi-client's enumerations, and the hook where powerbi-client wants it
export const literal = (Aad: models.TokenType.Aad, Embed: models.TokenType.Embed): Embed => {
  const config: models.IReportEmbedConfiguration = {
    type: "report",
    tokenType: Aad,
    embedUrl: "",
    id: "",
    eventHooks: { accessTokenProvider: keeper.accessTokenProvider },
  };
  new TokenKeeper({ source: "/api/aad-token", tokenType: Aad });
  new TokenKeeper({ source: "/api/embed-token", tokenType: Embed });
  diagnose(config);
  diagnose({ type: "report", tokenType: Embed, embedUrl: "", viewMode: 0 });
  return powerbi.embed(element, config);
};

// an error event's detail
export const explained = (
  event: service.ICustomEvent<models.IError>,
  config: models.IReportEmbedConfiguration,
): unknown => explain(event.detail, config);
