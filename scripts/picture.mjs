// `npm run picture`: makes two pictures of the built demo (`npm run demo:build`), of its first story at a moment when
// the two pages differ: docs/images/demo.png for the README, and www/public/social-card.png, which social networks show
// beside a link to the demo. The script moves the time, so that the moment is the same each time.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UserError, fromRoot, runIfMain } from "./lib/run.mjs";
import { launch } from "../tests/browser/lib/browser.mjs";
import { serveSite } from "../tests/demo/lib/site.mjs";

/** Of the story, in minutes. */
const MOMENT = 46;
/** The story's pace: so many minutes in one second. */
const PACE = 60;
const MAX_BYTES = 300_000;
const MARGIN = 20;

/** What the social card has beside the picture. Its size is what the networks ask for. */
const CARD = { width: 1200, height: 630 };
const card = (picture) => `<!doctype html>
<style>
  body { margin: 0; width: 1200px; height: 630px; overflow: hidden; background: #f4f6f8; color: #1d232b;
    font-family: system-ui, "DejaVu Sans", sans-serif; }
  h1 { margin: 40px 60px 6px; font-size: 54px; letter-spacing: -0.02em; }
  p { margin: 0 60px 28px; font-size: 28px; color: #596573; }
  img { display: block; width: 1080px; margin: 0 60px; }
</style>
<h1>powerbi-token-keeper</h1>
<p>Fresh tokens for embedded Power BI. One line.</p>
<img src="data:image/png;base64,${picture.toString("base64")}" alt="">`;

async function playUntil(page, site, moment) {
  await page.goto(`${site.url}index.html?time=by-hand`);
  await page.waitForFunction(
    () => "step" in window && !document.querySelector("#caption").textContent.startsWith("Starting"),
  );
  for (let minute = 0; minute < moment; minute += 1) await page.evaluate((ms) => window.step(ms), 60_000 / PACE);
}

async function take(moment) {
  const site = await serveSite();
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
    await playUntil(page, site, moment);
    // from its heading to the counters of both panes
    const [{ x, y, width }, panes] = await Promise.all(
      ["#compare", ".panes"].map((part) => page.locator(part).boundingBox()),
    );
    const clip = {
      x: x - MARGIN,
      y: y - MARGIN,
      width: width + 2 * MARGIN,
      height: panes.y + panes.height - y + 1.4 * MARGIN,
    };
    const demo = await page.screenshot({ fullPage: true, clip });
    const beside = await page.locator(".panes").screenshot();
    await page.setViewportSize(CARD);
    await page.goto("about:blank");
    await page.setContent(card(beside));
    return { demo, social: await page.screenshot() };
  } finally {
    await browser.close();
    await site.close();
  }
}

function keep(file, picture) {
  if (picture.length > MAX_BYTES) throw new UserError(`${file} has ${picture.length} bytes, at most ${MAX_BYTES}.`);
  mkdirSync(path.dirname(fromRoot(file)), { recursive: true });
  writeFileSync(fromRoot(file), picture);
  console.log(`${file}: ${picture.length} bytes`);
}

await runIfMain(import.meta, async ([moment]) => {
  const { demo, social } = await take(moment === undefined ? MOMENT : Number(moment));
  keep("docs/images/demo.png", demo);
  keep("www/public/social-card.png", social);
});
