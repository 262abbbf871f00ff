import { PublicClientApplication, loadExternalTokens } from "@azure/msal-browser";
import { factories, models, service } from "powerbi-client";
import { TokenKeeper } from "powerbi-token-keeper";
import { signedIn } from "./signed-in.js";

const scopes = ["https://analysis.windows.net/powerbi/api/.default"];
const configuration = { auth: { clientId: "5d9c4b5a-3333-4aaa-8bbb-000000000003", authority: "https://login.microsoftonline.com/7d1c0de0-5eed-4a11-9b0b-0c0ffee00001" } };

const show = async () => {
  const msal = new PublicClientApplication(configuration);
  await msal.initialize();
  const account = await signedIn(loadExternalTokens, configuration);

  const keeper = new TokenKeeper({
    tokenType: models.TokenType.Aad,
    // MSAL hands its own copy out until five minutes before its end; a keeper that asks again wants a new one
    source: ({ reason }) => msal.acquireTokenSilent({ scopes, account, forceRefresh: reason !== "initial" }),
  });
  window.keeper = keeper; // for this project's test

  const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
  const { embedUrl, id } = await (await fetch("/api/embed")).json();
  const config = keeper.configure({ type: "report", tokenType: models.TokenType.Aad, embedUrl, id, accessToken: await keeper.getToken() });
  keeper.attach(powerbi.embed(document.querySelector("#report"), config));
};

show();
