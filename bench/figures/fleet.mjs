// A fleet: a million pages that all got a token of an hour in the same second, at 9:00, and the requests that their
// backend gets. By the real core, in simulation; "without jitter" is the same core with the same random numbers in
// every page.

import { svg } from "../lib/chart.mjs";
import { count, table } from "../lib/numbers.mjs";
import { simulated } from "../lib/rust.mjs";

const PAGES = 1_000_000;
export const bar = { peak: 3 };
const STRATEGIES = {
  keeper: "**powerbi-token-keeper**",
  unjittered: "the same without jitter",
  microsoft: "Microsoft's loop",
};
const COLOURS = { keeper: "#1f6feb", unjittered: "#d1242f", microsoft: "#9a6700" };
/** Requests that are further apart than this, in seconds, belong to another wave. */
const WAVE_GAP = 600;

/** The waves of `[second, requests]`, each in the order of time. */
function waves(counted) {
  const found = [];
  for (const one of counted) {
    if (one[0] - (found.at(-1)?.at(-1)[0] ?? -Infinity) > WAVE_GAP) found.push([]);
    found.at(-1).push(one);
  }
  return found;
}

const long = (wave) => wave.at(-1)[0] - wave[0][0] + 1;

/**
 * The mean is over the duration of the keeper's wave, for every strategy: a wave of one second would be its own mean.
 */
export function measure(pages = PAGES) {
  const { pages: _, ...curve } = simulated("fleet", pages);
  const spans = waves(curve.keeper).map(long);
  const describe = (wave, i) => {
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
    waves: Object.fromEntries(
      Object.keys(STRATEGIES).map((strategy) => [strategy, waves(curve[strategy]).map(describe)]),
    ),
    curve,
  };
}

const clock = (second) => new Date((9 * 3600 + second) * 1000).toISOString().slice(11, 19);

export function tables({ pages, waves: all }) {
  const rows = Object.entries(STRATEGIES).flatMap(([strategy, name]) =>
    all[strategy].map(({ from, seconds, peak, overWave, overHour }, i) => [
      i === 0 ? name : "",
      clock(from),
      `${count(seconds)} s`,
      count(peak),
      `${overWave < 10 ? overWave.toFixed(1) : count(overWave)} ×`,
      `${count(overHour)} ×`,
    ]),
  );
  const head = [
    `${count(pages)} pages, token at 9:00`,
    "wave from",
    "lasts",
    "peak, requests/s",
    "over the mean of our wave",
    "of an hour",
  ];
  return `${table(head, rows)}
Bar: at most ${bar.peak} × the mean of the wave, which lasts as long as the keeper's jitter spreads it: two minutes, \
a fifth of the lead, then two more in each
further wave. Over the mean of an hour every fleet that begins in one second is uneven; three times it would need a \
jitter of 20 minutes.
`;
}

/** The seconds of each wave that are drawn, and the smallest value drawn: a logarithm has no zero. */
const DRAWN_SECONDS = 600;
const MIN_DRAWN = 10;

/** A panel for each wave, on one scale. */
export function pictures({ pages, waves: all, curve }) {
  const begins = all.keeper.map(
    (_, i) => Math.floor(Math.min(...Object.keys(STRATEGIES).map((strategy) => all[strategy][i].from)) / 60) * 60 - 60,
  );
  const left = 78;
  const width = 176;
  const panels = begins.map((_, i) => ({ left: left + i * (width + 16), width, top: 96, bottom: 36 }));
  const drawn = (strategy, from) => {
    const requests = new Map(curve[strategy]);
    const some = (second) => [second - 1, second, second + 1].some((near) => requests.has(near));
    const seconds = Array.from({ length: DRAWN_SECONDS }, (_, i) => from + i).filter(some);
    return seconds.map((second) => [second * 1000 + 9 * 3_600_000, Math.max(requests.get(second) ?? 0, MIN_DRAWN)]);
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
        max: (from + DRAWN_SECONDS) * 1000 + 9 * 3_600_000,
        minInterval: 300_000,
        axisLabel: { formatter: "{HH}:{mm}", hideOverlap: true },
        splitLine: { show: false },
      })),
      yAxis: begins.map((_, gridIndex) => ({
        gridIndex,
        type: "log",
        min: MIN_DRAWN,
        max: pages,
        axisLabel: { show: gridIndex === 0, formatter: (value) => count(value) },
        splitLine: { lineStyle: { color: "#e5e9f0" } },
      })),
      series: Object.keys(STRATEGIES).flatMap((strategy) =>
        begins.map((from, i) => ({
          name: STRATEGIES[strategy].replaceAll("*", ""),
          xAxisIndex: i,
          yAxisIndex: i,
          type: "line",
          showSymbol: false,
          color: COLOURS[strategy],
          lineStyle: { width: strategy === "keeper" ? 1.2 : 1.6 },
          areaStyle: strategy === "keeper" ? { opacity: 0.25, origin: "start" } : undefined,
          data: drawn(strategy, from),
        })),
      ),
    }),
  };
}
