import * as client from "powerbi-client";
import { keepFresh } from "powerbi-token-keeper/csp";

const { service, factories } = client.service ? client : client.default;
const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);

async function show(element) {
  const config = await (await fetch("/api/embed")).json();
  window.keeper = keepFresh(powerbi.embed(element, config), { source: "/api/embed-token" });
}

show(document.querySelector("#report"));
