import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Report } from "./report.jsx";

const config = await (await fetch("/api/embed")).json();
createRoot(document.querySelector("#report")).render(
  <StrictMode>
    <Report config={config} />
  </StrictMode>,
);
