import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Report } from "./report.jsx";

/** A parent that renders all the time, and hands down another object with another token each time. */
function App({ config }) {
  const [renders, setRenders] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setRenders(renders + 1), 100);
    return () => clearTimeout(timer);
  }, [renders]);
  return <Report config={{ ...config, accessToken: renders ? `another ${renders}` : config.accessToken }} />;
}

const config = await (await fetch("/api/embed?kind=aad")).json();
createRoot(document.querySelector("#report")).render(
  <StrictMode>
    <App config={config} />
  </StrictMode>,
);
