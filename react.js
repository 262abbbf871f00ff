// For tools that do not read `exports` (Parcel, TypeScript's node10).
export * from "./dist/react.js";
