import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Reports } from "./reports.jsx";

/** A parent that gets the configurations late, renders all the time, and hands down other objects each time. */
function App() {
  const [reports, setReports] = useState([]);
  const [, setRenders] = useState(0);

  useEffect(() => {
    const load = async (name) => ({ name, config: await (await fetch(`/api/embed?kind=aad&report=${name}`)).json() });
    Promise.all(["sales", "stock"].map(load)).then(setReports);
    const timer = setInterval(() => setRenders((renders) => renders + 1), 100);
    return () => clearInterval(timer);
  }, []);
  return <Reports reports={structuredClone(reports)} />;
}

window.expected = 2;
createRoot(document.querySelector("#reports")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
