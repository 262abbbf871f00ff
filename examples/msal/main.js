import { PublicClientApplication, loadExternalTokens } from "@azure/msal-browser";
import { factories, models, service } from "powerbi-client";
import { aadKeeper } from "./keeper.js";
import { signedIn } from "./signed-in.js";

const configuration = {
  auth: {
    clientId: "5d9c4b5a-3333-4aaa-8bbb-000000000003",
    authority: "https://login.microsoftonline.com/7d1c0de0-5eed-4a11-9b0b-0c0ffee00001",
  },
};
const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);

const show = async () => {
  const msal = new PublicClientApplication(configuration);
  await msal.initialize();
  const keeper = aadKeeper(msal, await signedIn(loadExternalTokens, configuration));
  window.keeper = keeper;
  const { embedUrl, id } = await (await fetch("/api/embed")).json();
  const config = keeper.configure({
    type: "report",
    tokenType: models.TokenType.Aad,
    embedUrl,
    id,
    accessToken: await keeper.getToken(),
  });
  keeper.attach(powerbi.embed(document.querySelector("#report"), config));
};

show();
