// `node scripts/picture.mjs`: makes docs/images/demo.png, the README's picture, from the built demo (`npm run
// demo:build`): the first story at a moment when the two pages differ. The script moves the time, so that the moment is
// the same each time.

import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { UserError, fromRoot, runIfMain } from "./lib/run.mjs";
import { launch } from "../tests/browser/lib/browser.mjs";
import { serveSite } from "../tests/demo/lib/site.mjs";

/** Of the story, in minutes. */
const MOMENT = 46;
/** The story's pace: so many minutes in one second. */
const PACE = 60;
const MAX_BYTES = 300_000;
const FILE = fromRoot("docs/images/demo.png");

async function take(moment) {
  const site = await serveSite();
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
    await page.goto(`${site.url}index.html?time=by-hand`);
    await page.waitForFunction(
      () => "step" in window && !document.querySelector("#caption").textContent.startsWith("Starting"),
    );
    for (let minute = 0; minute < moment; minute += 1) await page.evaluate((ms) => window.step(ms), 60_000 / PACE);
    await page.evaluate(() => scrollTo(0, 0));
    return await page.screenshot();
  } finally {
    await browser.close();
    await site.close();
  }
}

await runIfMain(import.meta, async ([moment]) => {
  const picture = await take(moment === undefined ? MOMENT : Number(moment));
  if (picture.length > MAX_BYTES) throw new UserError(`The picture has ${picture.length} bytes, at most ${MAX_BYTES}.`);
  mkdirSync(fromRoot("docs/images"), { recursive: true });
  writeFileSync(FILE, picture);
  console.log(`docs/images/demo.png: ${statSync(FILE).size} bytes`);
});
