import { useEffect, useRef } from "react";
import { powerbi } from "./powerbi.js";

export function Report({ keeper, config }) {
  const container = useRef(null);

  useEffect(() => {
    const element = container.current;
    const detach = keeper.attach(powerbi.embed(element, config));
    return () => {
      detach();
      powerbi.reset(element);
    };
  }, [keeper, config]);

  return <div ref={container} style={{ height: 300 }} />;
}
