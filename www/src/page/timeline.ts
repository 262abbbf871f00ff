// A pane's timeline: what its embeds held as a band, what they showed as a thin one, each request as a tick, and the
// faults as shaded spans. Apache ECharts draws on a canvas: it needs no inline style, which the page's policy forbids.
import { CustomChart, type CustomSeriesOption } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { PaneStatus } from "../pane/api";
import { clockShort, weekday } from "./format";
import type { FaultSpan } from "./fault-spans";

echarts.use([CustomChart, GridComponent, MarkAreaComponent, MarkLineComponent, CanvasRenderer]);

const MINUTE = 60_000;
/** Of what is shown, what lies ahead: how long the token has left is seen there. */
const AHEAD_MS = 20 * MINUTE;
const DAY = 24 * 60 * MINUTE;

// Heights of the three rows, in pixels of the drawing.
const LABEL = 14;
const LETTER_PX = 6.5;
const TOP = 2 * LABEL;
const ROWS = {
  token: { y: TOP + 6, height: 18 },
  report: { y: TOP + 29, height: 5 },
  request: { y: TOP + 40, height: 14 },
} as const;
const HEIGHT = TOP + 40 + 14 + 26;

type Row = keyof typeof ROWS;
const PAINTS = ["good", "goodSoft", "bad", "asleep", "ink", "warn", "error"] as const;
type Paint = (typeof PAINTS)[number];
interface Mark {
  /** From, to: the same for a tick. ECharts wants numbers here. */
  value: [number, number];
  row: Row;
  paint: Paint;
}
type Colours = Record<Paint | "line" | "soft" | "fault" | "faultText", string>;

/** What of the time is on show. */
export interface TimeSpan {
  start: number;
  now: number;
  shownMs: number;
}

export class Timeline {
  readonly #chart: echarts.ECharts;
  readonly #place: HTMLElement;
  #colours: Colours;

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#chart = echarts.init(place, null, { renderer: "canvas", height: HEIGHT });
    this.#colours = coloursOf(place);
    new ResizeObserver(() => this.#chart.resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.#colours = coloursOf(place)));
  }

  show(reading: PaneStatus, spans: readonly FaultSpan[], { start, now, shownMs }: TimeSpan): void {
    const from = Math.max(start, now + AHEAD_MS - shownMs);
    const to = from + shownMs;
    const colours = this.#colours;
    const marks = marksOf(reading, from, to, now);
    this.#chart.setOption(
      {
        animation: false,
        grid: { left: 2, right: 2, top: TOP, bottom: 22, height: 58 },
        xAxis: {
          type: "time",
          min: from,
          max: to,
          splitNumber: shownMs > DAY ? 7 : 5,
          axisLine: { lineStyle: { color: colours.line } },
          axisTick: { show: false },
          splitLine: { show: false },
          axisLabel: {
            color: colours.soft,
            fontSize: 11,
            hideOverlap: true,
            showMinLabel: false,
            showMaxLabel: false,
            formatter: (at: number) => (shownMs > DAY ? weekday(at) : clockShort(at)),
          },
        },
        yAxis: { type: "value", min: 0, max: 1, show: false },
        series: [
          {
            type: "custom",
            silent: true,
            clip: true,
            renderItem: renderMark(marks, colours),
            encode: { x: [0, 1] },
            data: marks.map(({ value }) => value),
            markArea: {
              silent: true,
              itemStyle: { color: colours.fault },
              label: { align: "left", color: colours.faultText, fontSize: 11 },
              data: spansWithin(spans, from, now, shownMs / this.#chart.getWidth()),
            },
            markLine: {
              silent: true,
              symbol: "none",
              label: { show: false },
              lineStyle: { color: colours.ink, width: 1, type: "solid" },
              data: [{ xAxis: now }],
            },
          },
        ],
      },
      { lazyUpdate: true },
    );
  }

  /** What a person who can't see the drawing is told. */
  describe(text: string): void {
    if (this.#place.getAttribute("aria-label") !== text) this.#place.setAttribute("aria-label", text);
  }
}

function marksOf(reading: PaneStatus, from: number, to: number, now: number): Mark[] {
  const { tokens, broken, requests, errors, expiresAt } = reading;
  const mark = (row: Row, paint: Paint, at: number, until = at): Mark => ({ row, paint, value: [at, until] });
  return [
    ...tokens.map((one) =>
      mark("token", one.kind === "valid" ? "good" : one.kind === "none" ? "bad" : "asleep", one.from, one.to),
    ),
    ...(expiresAt !== null && expiresAt > now ? [mark("token", "goodSoft", now, Math.min(expiresAt, to))] : []),
    ...broken.map((one) => mark("report", "bad", one.from, one.to)),
    ...requests.map(({ at, outcome }) => mark("request", outcome === "refused" ? "warn" : "ink", at)),
    ...errors.map((at) => mark("request", "error", at)),
  ].filter(({ value }) => value[1] >= from);
}

function spansWithin(spans: readonly FaultSpan[], from: number, now: number, msPerPixel: number) {
  // how far the names in the two rows above the drawing reach
  const taken = [-Infinity, -Infinity];
  return spans
    .filter(({ to }) => (to ?? now) >= from)
    .map((span) => {
      const left = Math.max(from, span.from);
      // a name that would run into the one before goes above it; where there is no place either it is left out
      const row = taken.findIndex((until) => left >= until);
      if (row >= 0) taken[row] = left + (span.label.length + 1) * LETTER_PX * msPerPixel;
      const label = { show: row >= 0, position: [0, row === 1 ? 3 - 2 * LABEL : 2 - LABEL] };
      return [{ name: span.label, xAxis: left, label }, { xAxis: span.to ?? now }];
    });
}

function renderMark(marks: readonly Mark[], colours: Colours): CustomSeriesOption["renderItem"] {
  return (params, api) => {
    const mark = marks[params.dataIndex];
    if (!mark) return null;
    const {
      value: [from, to],
      row,
      paint,
    } = mark;
    const { y, height } = ROWS[row];
    const area = params.coordSys as unknown as { x: number; width: number };
    const x = Math.max(area.x, (api.coord([from, 0]) as number[])[0] ?? 0);
    const end = Math.min(area.x + area.width, (api.coord([to, 0]) as number[])[0] ?? 0);
    const fill = colours[paint];
    if (paint === "error") return { type: "circle", shape: { cx: x, cy: y + height, r: 2 }, style: { fill } };
    // refused ones are shorter as well: colour alone would not do
    if (row === "request")
      return {
        type: "rect",
        shape: { x, y, width: 1.5, height: paint === "warn" ? height / 2 : height },
        style: { fill },
      };
    return {
      type: "rect",
      shape: { x, y, width: Math.max(0.5, end - x), height, r: row === "token" ? 2 : 0 },
      style: { fill },
    };
  };
}

function coloursOf(place: HTMLElement): Colours {
  const style = getComputedStyle(place);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    good: of("--good-band"),
    goodSoft: of("--good-tint"),
    bad: of("--bad"),
    asleep: of("--line"),
    ink: of("--soft"),
    warn: of("--busy"),
    error: of("--bad"),
    line: of("--line"),
    soft: of("--soft"),
    fault: of("--fault"),
    faultText: of("--busy"),
  };
}
