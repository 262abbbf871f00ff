// What the real embed() of several versions throws, diagnose() names as an error; what diagnose() names config-invalid,
// the real embed() throws. Over generated configurations of every type: healthy ones, and ones with up to three faults.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "./packed.mjs";
import { realClient } from "./real-client.mjs";

const COUNT = 2_000;
const NOW = 1_700_000_000_000;
const id = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
const group = "99999999-8888-7777-6666-555555555555";
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = {
  aud: "https://analysis.windows.net/powerbi/api",
  exp: NOW / 1000 + 3600,
  tid: group,
  scp: "Report.Read.All",
};
const token = `${part({ typ: "JWT", alg: "RS256" })}.${part(claims)}.${"A".repeat(342)}`;
const cluster = part({ clusterUrl: "https://WABI-WEST-EUROPE-redirect.analysis.windows.net" });
const url = (query) => `https://app.powerbi.com/${query}&config=${cluster}`;

/** A generator of numbers from a seed (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const column = { table: "Sales", column: "Region" };
const command = {
  name: "c",
  title: "C",
  extend: { visualContextMenu: { title: "C", menuLocation: 0 }, visualOptionsMenu: { groupName: "g" } },
  selector: { $schema: "http://powerbi.com/product/schema#visualTypeSelector", visualType: "map" },
};
/** What a report may have besides: everything that powerbi-models declares for one, once. */
const report = {
  groupId: group,
  permissions: 7,
  viewMode: 0,
  pageName: "p",
  contrastMode: 1,
  bookmark: { name: "b" },
  theme: { themeJson: { name: "t" } },
  datasetBinding: { datasetId: id },
  uniqueId: "u",
  filters: [
    {
      $schema: "s",
      target: column,
      operator: "In",
      values: ["a", 1, true],
      filterType: 1,
      requireSingleSelection: true,
    },
    { target: column, logicalOperator: "And", conditions: [{ value: 1, operator: "Is" }], filterType: 0 },
    { target: column, operator: "Top", itemCount: 5, orderBy: { table: "t", measure: "m" }, filterType: 5 },
    { target: column, operator: 0, timeUnitsCount: 3, timeUnitType: 1, includeToday: true, filterType: 4 },
    { target: column, operator: 0, timeUnitsCount: 3, timeUnitType: 7, filterType: 7 },
    { target: column, message: "m", notSupportedTypeName: "n", filterType: 2 },
    { target: column, isExclude: true, values: [1], filterType: 3, displaySettings: { displayName: "d" } },
  ],
  settings: {
    filterPaneEnabled: true,
    navContentPaneEnabled: false,
    bookmarksPaneEnabled: false,
    useCustomSaveAsDialog: false,
    hideErrors: true,
    layoutType: 3,
    background: 1,
    hyperlinkClickBehavior: 2,
    personalBookmarksEnabled: true,
    persistentFiltersEnabled: true,
    visualRenderedEvents: true,
    authoringHintsEnabled: true,
    printSettings: { browserPrintAdjustmentsMode: 1 },
    localeSettings: { language: "en", formatLocale: "en-US" },
    extensions: { commands: [command], groups: [{ name: "g", title: "G", menuLocation: 1 }] },
    commands: [{ exportData: { displayOption: 1, selector: { visualName: "v" } }, sort: { displayOption: 0 } }],
    visualSettings: { visualHeaders: [{ settings: { visible: false }, selector: { visualName: "v" } }] },
    bars: { actionBar: { visible: true }, statusBar: { visible: true } },
    panes: {
      bookmarks: { visible: true },
      fields: { expanded: true },
      filters: { visible: true, expanded: false },
      pageNavigation: { visible: true, position: 1 },
      selection: { visible: true },
      syncSlicers: { visible: true },
      visualizations: { expanded: true },
    },
    customLayout: {
      pageSize: { type: 5, width: 1600, height: 900 },
      displayOption: 1,
      pagesLayout: {
        p: {
          defaultLayout: { displayState: { mode: 1 } },
          visualsLayout: { v: { x: 1, y: 1, z: 1, width: 2, height: 2, displayState: { mode: 0 } } },
        },
      },
    },
  },
};
const base = { tokenType: 0, accessToken: token };
const KINDS = [
  { ...base, ...report, type: "report", id, embedUrl: url(`reportEmbed?reportId=${id}`) },
  {
    ...base,
    type: "report",
    id,
    embedUrl: url(`rdlEmbed?reportId=${id}`),
    settings: { commands: { parameterPanel: { expanded: true, enabled: true } } },
    parameterValues: [{ name: "p", value: "v" }],
    datasetBindings: [{ sourceDatasetId: id, targetDatasetId: id }],
  },
  { ...base, ...report, type: "visual", id, visualName: "v", embedUrl: url(`reportEmbed?reportId=${id}`) },
  { ...base, type: "dashboard", id, pageView: "oneColumn", embedUrl: url(`dashboardEmbed?dashboardId=${id}`) },
  {
    ...base,
    type: "tile",
    id,
    dashboardId: group,
    width: 300,
    height: 200,
    pageView: "fitToWidth",
    embedUrl: url(`embed?dashboardId=${group}&tileId=${id}`),
  },
  {
    ...base,
    type: "qna",
    datasetIds: [id],
    question: "q",
    viewMode: 1,
    settings: { filterPaneEnabled: true, hideErrors: false, panes: { filters: { visible: true } } },
    embedUrl: url(`qnaEmbed?groupId=${group}`),
  },
  { ...base, type: "create", datasetId: id, theme: { themeJson: {} }, embedUrl: url(`reportEmbed?datasetId=${id}`) },
  { ...base, type: "quickCreate", datasetCreateConfig: { locale: "en" }, embedUrl: url("quickCreate?x=1") },
];
/** What may stand anywhere by mistake. */
const WRONG = ["", "x", "All", "true", 0, 1, 2, 3, 7, -1, 1.5, true, false, null, [], {}, ["x"], [1], [{}], { a: 1 }];
const inUrl = (from, to) => (config) => {
  if (typeof config.embedUrl === "string") config.embedUrl = config.embedUrl.replace(from, to);
};
/** Mistakes that people make with whole members. */
const MISTAKES = [
  (config) => delete config.type,
  (config) => (config.type = String(config.type).toUpperCase()),
  (config) => (config.type = ` ${config.type}`),
  (config) => (config.type = "paginatedReport"),
  (config) => (config.tokenType = "Embed"),
  (config) => (config.tokenType = 5),
  (config) => delete config.accessToken,
  (config) => delete config.embedUrl,
  (config) => delete config.id,
  (config) => delete config.dashboardId,
  (config) => delete config.datasetId,
  (config) => delete config.datasetIds,
  (config) => (config.id = { id }),
  inUrl("https:", "http:"),
  inUrl("app.powerbi.com", "reports.contoso.example"),
  inUrl("app.powerbi.com", "app.powerbi.com:99999"),
  inUrl(/$/, "&autoAuth=true"),
  inUrl(/$/, "&x=%"),
  (config) => (config.embedUrl = [config.embedUrl]),
  (config) => (config.eventHooks = { accessTokenProvider: () => null }),
  (config) => (config.eventHooks = { accessTokenProvider: "f" }),
  (config) => (config.eventHooks = { applicationContextProvider: () => null }),
  (config) => (config.eventHooks = { another: 1 }),
  (config) => (config.viewMode = 1),
];

function generate(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const config = structuredClone(pick(KINDS));
  // Members that every kind has and may leave out, so that what fails is not always the same.
  for (const key of Object.keys(config)) if (!(key in base) && random() < 0.25 && key !== "type") delete config[key];
  const faults = Math.floor(random() * 4);
  for (let n = 0; n < faults; n += 1) {
    if (random() < 0.3) pick(MISTAKES)(config);
    else replaceSomewhere(config, pick, random);
  }
  return config;
}

/** Replaces a value at any depth, or deletes it. A function stays one: it is not JSON. */
function replaceSomewhere(config, pick, random) {
  let place = config;
  for (;;) {
    const keys = Object.keys(place).filter((key) => typeof place[key] !== "function");
    if (!keys.length) return;
    const key = pick(keys);
    if (typeof place[key] === "object" && place[key] !== null && random() < 0.75) {
      place = place[key];
      continue;
    }
    if (random() < 0.2) delete place[key];
    else place[key] = structuredClone(pick(WRONG));
    // In both forms of a menu entry the other's name must be undefined, which null is not: diagnosis can't tell them.
    if (place.groupName === null) delete place.groupName;
    if (place.menuLocation === null) delete place.menuLocation;
    if (place.operation === 0 && place.filters === null) delete place.filters;
    return;
  }
}

const text = (value) =>
  JSON.stringify(value, (_, member) =>
    typeof member === "function" ? "(function)" : member === token ? "(token)" : member,
  );
const loaded = process.env.DIAGNOSE ?? pathToFileURL(path.join(root, "dist/index.js")).href;

for (const name of ["powerbi-client", "powerbi-client-2.22", "powerbi-client-2.19"]) {
  test(`${name}: embed() and diagnose() agree over ${COUNT} configurations`, async () => {
    const { diagnose } = await import(loaded);
    const client = realClient(name);
    const random = seeded(20_231_114);
    const wrong = [];
    let thrown = 0;
    let named = 0;
    for (let n = 0; n < COUNT; n += 1) {
      const config = generate(random);
      const error = client.embed(config);
      const found = await diagnose(config, { now: NOW, sdkVersion: client.version });
      const errors = found.filter(({ severity }) => severity === "error");
      const invalid = errors.filter(({ code }) => code === "config-invalid");
      const said = errors.map(({ code, message }) => `${code}: ${message}`).join(" | ") || "nothing";
      const why = error && (error.message ?? text(error));
      thrown += error === undefined ? 0 : 1;
      named += invalid.length ? 1 : 0;
      if (error !== undefined && !errors.length) wrong.push(`throws (${why}), and said is ${said}: ${text(config)}`);
      if (error === undefined && invalid.length) wrong.push(`does not throw, and said is ${said}: ${text(config)}`);
    }
    assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} of ${COUNT}`);
    // Neither side is empty: some are healthy, many are refused, and many of these by the validation alone.
    assert.ok(thrown > COUNT / 4 && thrown < (COUNT * 9) / 10, `${thrown} throw`);
    assert.ok(named > COUNT / 8, `${named} are named config-invalid`);
    console.log(
      `${client.version}: ${COUNT} configurations, ${thrown} refused by embed(), ${named} named config-invalid`,
    );
  });
}
