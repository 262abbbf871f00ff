"use client";

import { useEffect, useRef, useState } from "react";
import { TokenKeeper } from "powerbi-token-keeper";

export function Report() {
  const container = useRef(null);
  // constructed while the server renders, too: there it does nothing
  const [keeper] = useState(() => new TokenKeeper({ source: "/api/embed-token" }));

  useEffect(() => {
    const element = container.current;
    const show = async () => {
      // powerbi-client needs a browser to be imported at all
      const { service, factories } = await import("powerbi-client");
      const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
      const config = await (await fetch("/api/embed")).json();
      keeper.attach(powerbi.embed(element, config));
    };
    show();
    window.keeper = keeper; // for the test
    return () => keeper.detach(element);
  }, [keeper]);

  return <div ref={container} style={{ height: 300 }} />;
}
