import { TokenKeeper } from "powerbi-token-keeper";

/** One embed token that covers all reports, and one keeper for it. */
export function showAll(powerbi, reports) {
  const keeper = new TokenKeeper({ source: "/api/embed-token" });
  for (const { container, config } of reports) keeper.attach(powerbi.embed(container, config));
  return keeper;
}
