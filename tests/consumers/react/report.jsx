import { useEffect, useState } from "react";
import { PowerBIEmbed } from "powerbi-client-react";
import { TokenKeeper } from "powerbi-token-keeper";

export function Report({ config }) {
  const [embed, setEmbed] = useState(null);
  // the configuration of the first render for good: another accessToken in the props would load the report again
  const [embedConfig] = useState(config);

  useEffect(() => {
    if (!embed) return;
    const keeper = new TokenKeeper({ source: "/api/embed-token" });
    keeper.attach(embed);
    window.keeper = keeper; // for this project's test
    return () => keeper.stop();
  }, [embed]);

  return <PowerBIEmbed embedConfig={embedConfig} getEmbeddedComponent={setEmbed} />;
}
