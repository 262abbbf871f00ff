// Ten thousand embeds, with one token for all and with a token each, and a thousand keepers on a page's main thread, in
// Node with embeds that settle at once: the longest task of each step, in processor time, since others use this machine
// as well.

import { randomBytes } from "node:crypto";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { ms, table } from "../lib/numbers.mjs";

export const bar = { ms: 50 };

/** Defines the globals of a page that the package needs. */
export function definePageGlobals() {
  globalThis.window ??= Object.assign(new EventTarget(), {
    location: { href: "https://host.test/" },
    setInterval,
    clearInterval,
  });
  globalThis.document ??= Object.assign(new EventTarget(), {
    visibilityState: "visible",
    baseURI: "https://host.test/",
  });
}

let serial = 0;
/** Each ends later than the one before. They are packed, since one that can't be unpacked is refused. */
const token = () => {
  const exp = Math.floor(Date.now() / 1000) + 3600 + ++serial;
  const metadata = Buffer.from(JSON.stringify({ clusterUrl: "https://x", exp })).toString("base64url");
  return `${gzipSync(randomBytes(1_100)).toString("base64")}.${metadata}`;
};

/** An embed as `powerbi.embed()` returns it, without a frame: it takes every token at once. */
function embed(accessToken, id = "r") {
  const element = Object.assign(new EventTarget(), { nodeType: 1, removeAttribute() {} });
  const config = { type: "report", id, groupId: "g", tokenType: 1, accessToken };
  const made = {
    element,
    config,
    sets: 0,
    setAccessToken: async (text) => {
      made.sets++;
      config.accessToken = text;
    },
  };
  element.powerBiEmbed = made;
  return made;
}

const turn = () => new Promise((next) => setImmediate(next));

/** The longest task of `work` and of what follows from it, until nothing happens any more. */
async function longest(name, work) {
  let [most, tasks, quiet, isSettled] = [0, 0, 0, false];
  let start = process.cpuUsage();
  const used = () => {
    const { user, system } = process.cpuUsage(start);
    start = process.cpuUsage();
    return (user + system) / 1000;
  };
  Promise.resolve(work()).then(() => {
    isSettled = true;
  });
  while (!isSettled || quiet < 50) {
    await turn();
    const spent = used();
    most = Math.max(most, spent);
    if (spent > 0.3) tasks++;
    quiet = spent > 0.3 ? 0 : quiet + 1;
  }
  return { name, longest: most, tasks };
}

async function round(TokenKeeper) {
  const source = () => ({ token: token() });
  const started = async (keeper) => {
    while (keeper.status.engine === "none") await turn();
  };
  const oneKeeper = async (name, embeds) => {
    const keeper = new TokenKeeper({ source });
    await started(keeper);
    const rows = [
      await longest(`10,000 embeds ${name}, attached in a row`, () => {
        for (const each of embeds) keeper.attach(each);
      }),
      await longest("the window gets the focus", () => window.dispatchEvent(new Event("focus"))),
      await longest("a refresh of all of them", () => keeper.refresh()),
    ];
    if (embeds.some(({ sets }) => sets !== 1)) throw new Error("not every embed got the token once");
    return [...rows, await longest("stop", () => keeper.stop())];
  };
  const first = token();
  const embeds = Array.from({ length: 10_000 }, () => embed(first));
  const own = Array.from({ length: 10_000 }, (_, n) => embed(token(), `r${n}`));
  const one = [...(await oneKeeper("with one token", embeds)), ...(await oneKeeper("with tokens of their own", own))];
  const keepers = Array.from({ length: 1_000 }, () => new TokenKeeper({ source }));
  await started(keepers.at(-1));
  return [
    ...one,
    await longest("1,000 keepers with an embed each", () => {
      for (const [i, each] of keepers.entries()) each.attach(embeds[i]);
    }),
    await longest("a refresh of all of them", () => Promise.all(keepers.map((each) => each.refresh()))),
    await longest("the window gets the focus", () => window.dispatchEvent(new Event("focus"))),
    await longest("stop", () => {
      for (const each of keepers) each.stop();
    }),
  ];
}

export async function measure() {
  definePageGlobals();
  const { TokenKeeper } = await import("../../dist/index.js");
  // warms up, since the optimising compiler's time does not count
  await round(TokenKeeper);
  return { rows: await round(TokenKeeper) };
}

export function tables({ rows }) {
  const cells = ({ name, longest: most, tasks }) => [name, ms(most), tasks];
  return `${table(["very many", "longest task", "tasks"], rows.map(cells))}
Bar: no task over ${bar.ms} ms.
`;
}
