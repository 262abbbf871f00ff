import { factories, service } from "powerbi-client";
import { showAll } from "./reports.js";

const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);

window.expected = 3;
fetch("/api/embed")
  .then((answer) => answer.json())
  .then((config) => {
    const containers = [...document.querySelectorAll(".report")];
    window.keeper = showAll(
      powerbi,
      containers.map((container) => ({ container, config })),
    );
  });
