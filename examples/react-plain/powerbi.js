import { factories, service } from "powerbi-client";

export const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
