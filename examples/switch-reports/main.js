import { factories, service } from "powerbi-client";
import { ReportViewer } from "./viewer.js";

const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
const viewer = new ReportViewer(powerbi, document.querySelector("#report"));

for (const name of ["sales", "stock"]) document.querySelector(`#${name}`).onclick = () => viewer.show(name);
for (const role of ["viewer", "manager"]) document.querySelector(`#${role}`).onclick = () => viewer.changeRole(role);
document.querySelector("#other-user").onclick = () => viewer.changeUser();
Object.defineProperty(window, "keeper", { get: () => viewer.keeper }); // for the test
viewer.show("sales");
