import { factories, service } from "powerbi-client";
import { TokenKeeper } from "powerbi-token-keeper";
import { powerBi } from "./api.js";

const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
const keeper = new TokenKeeper({ source: "/api/aad-token", tokenType: 0 });
window.keeper = keeper;

const show = async () => {
  const config = await (await fetch("/api/embed?kind=aad")).json();
  keeper.attach(powerbi.embed(document.querySelector("#report"), keeper.configure(config)));
  document.querySelector("#list").addEventListener("click", async () => {
    const { value } = await powerBi(keeper, `/groups/${config.groupId}/reports`);
    document.querySelector("#names").textContent = value.map(({ name }) => name).join(", ");
  });
};

show();
