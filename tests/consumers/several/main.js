import { factories, service } from "powerbi-client";
import { TokenKeeper } from "powerbi-token-keeper";

const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
const keeper = new TokenKeeper({ source: "/api/embed-token" });

const show = async () => {
  const config = await (await fetch("/api/embed")).json();
  for (const container of document.querySelectorAll(".report")) keeper.attach(powerbi.embed(container, config));
};

// for this project's test
window.keeper = keeper;
window.expected = 3;
show();
