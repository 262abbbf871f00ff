// A fleet: a million pages that all got a token of an hour in the same second, at 9:00, and what their backend sees. By the real core,
// in simulation; "without jitter" is the same core with the same draw for every page.

import { svg } from "../lib/chart.mjs";
import { count, table } from "../lib/numbers.mjs";
import { simulated } from "../lib/rust.mjs";

const PAGES = 1_000_000;
export const bar = { peak: 3 };
const WAYS = { ours: "**powerbi-token-keeper**", unjittered: "the same without jitter", microsoft: "Microsoft's loop" };
const COLOURS = { ours: "#1f6feb", unjittered: "#d1242f", microsoft: "#9a6700" };
/** Requests that are further apart than this, in seconds, belong to another wave. */
const CALM = 600;

/** The waves of `[second, requests]`, each in the order of time. */
function waves(counted) {
  const found = [];
  for (const one of counted) {
    if (one[0] - (found.at(-1)?.at(-1)[0] ?? -Infinity) > CALM) found.push([]);
    found.at(-1).push(one);
  }
  return found;
}

const long = (wave) => wave.at(-1)[0] - wave[0][0] + 1;

/** The mean is that of the time in which our pages ask, for all ways alike: a wave of one second is its own mean. */
export function measure(pages = PAGES) {
  const { pages: _, ...curve } = simulated("fleet", pages);
  const spans = waves(curve.ours).map(long);
  const judge = (wave, i) => {
    const peak = Math.max(...wave.map(([, requests]) => requests));
    return {
      from: wave[0][0],
      seconds: long(wave),
      peak,
      overWave: peak / (pages / spans[i]),
      overHour: peak / (pages / 3_600),
    };
  };
  return {
    pages,
    waves: Object.fromEntries(Object.keys(WAYS).map((way) => [way, waves(curve[way]).map(judge)])),
    curve,
  };
}

const clock = (second) => new Date((9 * 3600 + second) * 1000).toISOString().slice(11, 19);

export function tables({ pages, waves: all }) {
  const rows = Object.entries(WAYS).flatMap(([way, name]) =>
    all[way].map(({ from, seconds, peak, overWave, overHour }, i) => [
      i === 0 ? name : "",
      clock(from),
      `${count(seconds)} s`,
      count(peak),
      `${overWave < 10 ? overWave.toFixed(1) : count(overWave)} ×`,
      `${count(overHour)} ×`,
    ]),
  );
  return `${table([`${count(pages)} pages, token at 9:00`, "wave from", "lasts", "peak, requests/s", "over the mean of our wave", "of an hour"], rows)}
Bar: at most ${bar.peak} × the mean of the wave, the time in which the keeper's jitter lets the fleet ask: two minutes, a fifth of the lead, then two more in each
further wave. Over the mean of an hour every fleet that begins in one second is uneven; three times it would need a jitter of 20 minutes.
`;
}

/** How much of each wave is drawn, in seconds, and the least that is: a logarithm has no zero. */
const DRAWN = 600;
const LEAST = 10;

/** A panel for each wave, on one scale. */
export function pictures({ pages, waves: all, curve }) {
  const begins = all.ours.map(
    (_, i) => Math.floor(Math.min(...Object.keys(WAYS).map((way) => all[way][i].from)) / 60) * 60 - 60,
  );
  const left = 78;
  const width = 176;
  const panels = begins.map((_, i) => ({ left: left + i * (width + 16), width, top: 96, bottom: 36 }));
  const drawn = (way, from) => {
    const requests = new Map(curve[way]);
    const some = (second) => [second - 1, second, second + 1].some((near) => requests.has(near));
    const seconds = Array.from({ length: DRAWN }, (_, i) => from + i).filter(some);
    return seconds.map((second) => [second * 1000 + 9 * 3_600_000, Math.max(requests.get(second) ?? 0, LEAST)]);
  };
  return {
    fleet: svg({
      title: [
        {
          text: `${count(pages)} pages that all got a token of an hour at 9:00:00: requests in each second`,
          left: 8,
          top: 6,
          textStyle: { fontSize: 15, fontWeight: 600 },
        },
        ...panels.map(({ left: x }, i) => ({
          text: `refresh ${i + 1}`,
          left: x - 4,
          top: 68,
          textStyle: { fontSize: 12, fontWeight: 400 },
        })),
      ],
      legend: { top: 36, left: 8, itemWidth: 22, itemGap: 40, icon: "roundRect", itemHeight: 3 },
      grid: panels,
      useUTC: true,
      xAxis: begins.map((from, gridIndex) => ({
        gridIndex,
        type: "time",
        min: from * 1000 + 9 * 3_600_000,
        max: (from + DRAWN) * 1000 + 9 * 3_600_000,
        minInterval: 300_000,
        axisLabel: { formatter: "{HH}:{mm}", hideOverlap: true },
        splitLine: { show: false },
      })),
      yAxis: begins.map((_, gridIndex) => ({
        gridIndex,
        type: "log",
        min: LEAST,
        max: pages,
        axisLabel: { show: gridIndex === 0, formatter: (value) => count(value) },
        splitLine: { lineStyle: { color: "#e5e9f0" } },
      })),
      series: Object.keys(WAYS).flatMap((way) =>
        begins.map((from, i) => ({
          name: WAYS[way].replaceAll("*", ""),
          xAxisIndex: i,
          yAxisIndex: i,
          type: "line",
          showSymbol: false,
          color: COLOURS[way],
          lineStyle: { width: way === "ours" ? 1.2 : 1.6 },
          areaStyle: way === "ours" ? { opacity: 0.25, origin: "start" } : undefined,
          data: drawn(way, from),
        })),
      ),
    }),
  };
}
