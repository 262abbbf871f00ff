import { factories, service } from "powerbi-client";
import { keepFresh } from "powerbi-token-keeper";

const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);

const config = await (await fetch("/api/embed")).json();
const report = powerbi.embed(document.querySelector("#report"), config);
window.keeper = keepFresh(report, { source: "/api/embed-token" });
