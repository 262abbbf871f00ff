// A page with two reports, of which one may go wrong and must not delay the other.

import { minutes } from "./time.mjs";

/** Two reports under one keeper. */
export async function two({ page, source, keeper }, options) {
  const token = source.mint();
  await page.embeds({ token });
  await page.embeds({ at: "second", token });
  await keeper.starts(options);
  await keeper.attaches("report", "second");
  await page.passes(minutes(1));
  return { first: page.frame("report"), second: page.frame("second") };
}
