// What the consumers without a framework do.
import * as client from "powerbi-client";
import { keepFresh } from "powerbi-token-keeper";

// powerbi-client is a script of an older kind, which bundlers hand over with or without a default.
const { service, factories } = client.service ? client : client.default;
const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);

async function show(element) {
  const config = await (await fetch("/api/embed")).json();
  const report = powerbi.embed(element, config);
  window.keeper = keepFresh(report, { source: "/api/embed-token" });
}

show(document.querySelector("#report"));
