// What tests and scripts use of the backend: scripts/server.mjs builds this file for Node.
export * from "./responses";
export * from "./backend";
export * from "./clock";
export * from "./in-page";
export * from "./mint";
export * from "./switches";
