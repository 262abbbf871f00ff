// What the demo embeds: made-up ids in addresses of the form that Power BI's API hands out.
import type { IEmbedConfiguration } from "powerbi-client";
import { contentId } from "../../backend/content";
import type { EmbedKind, EmbedSpec } from "./api";

const GROUP = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00011";
const DASHBOARD = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00012";
const CLUSTER = {
  clusterUrl: "https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net",
  embedFeatures: { modernEmbed: true },
};

function address(path: string, query: Record<string, string>): string {
  const config = btoa(JSON.stringify(CLUSTER));
  return `https://app.powerbi.com/${path}?${new URLSearchParams({ ...query, groupId: GROUP, w: "2", config })}`;
}

const CONFIGS: Record<EmbedKind, (id: string) => Record<string, unknown>> = {
  report: (id) => ({ type: "report", id, groupId: GROUP, embedUrl: address("reportEmbed", { reportId: id }) }),
  dashboard: (id) => ({
    type: "dashboard",
    id,
    groupId: GROUP,
    embedUrl: address("dashboardEmbed", { dashboardId: id }),
  }),
  tile: (id) => ({
    type: "tile",
    id,
    dashboardId: DASHBOARD,
    groupId: GROUP,
    embedUrl: address("embed", { dashboardId: DASHBOARD, tileId: id }),
  }),
};

export function configOf({ kind, key, live }: EmbedSpec): IEmbedConfiguration {
  if (!live) return CONFIGS[kind](contentId(key)) as IEmbedConfiguration;
  const { id: itsId, groupId, embedUrl, dashboardId } = live;
  return { type: kind, id: itsId, groupId, embedUrl, ...(dashboardId && { dashboardId }) } as IEmbedConfiguration;
}
