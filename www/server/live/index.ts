// What tests use of live mode: scripts/server.mjs builds this file for Node.
export * from "./clouds";
export * from "./powerbi";
export * from "./problem";
export * from "./secret";
export * from "./settings";
export * from "./store";
export * from "./upstream";
