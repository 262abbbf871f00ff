import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { TokenKeeper } from "powerbi-token-keeper";
import { ClassReport } from "./class-report.jsx";
import { Report } from "./report.jsx";

// one token for both reports, and one keeper for the page
const keeper = new TokenKeeper({ source: "/api/embed-token" });
const config = await (await fetch("/api/embed")).json();
Object.assign(window, { keeper, expected: 2 }); // for the test

createRoot(document.querySelector("#root")).render(
  <StrictMode>
    <Report keeper={keeper} config={config} />
    <ClassReport keeper={keeper} config={config} />
  </StrictMode>,
);
