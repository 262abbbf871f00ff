import { models } from "powerbi-client";
import { TokenKeeper } from "powerbi-token-keeper";

const scopes = ["https://analysis.windows.net/powerbi/api/.default"];

export const aadKeeper = (msal, account) =>
  new TokenKeeper({
    tokenType: models.TokenType.Aad,
    // MSAL hands out what it has until five minutes before its end; a keeper that asks again wants a new one
    source: ({ reason }) => msal.acquireTokenSilent({ scopes, account, forceRefresh: reason !== "initial" }),
  });
