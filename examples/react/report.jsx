import { useEffect, useState } from "react";
import { PowerBIEmbed } from "powerbi-client-react";
import { TokenKeeper } from "powerbi-token-keeper";

export function Report({ config }) {
  const [keeper] = useState(() => new TokenKeeper({ source: "/api/aad-token" }));
  // once and for good: another token or another hook in the props loads the report again
  const [embedConfig] = useState(() => keeper.configure(config));
  const [embed, setEmbed] = useState(null);

  useEffect(() => {
    window.keeper = keeper; // for the test
    // attach gives what detaches; with nothing attached a keeper does nothing
    return embed ? keeper.attach(embed) : undefined;
  }, [keeper, embed]);

  return <PowerBIEmbed embedConfig={embedConfig} getEmbeddedComponent={setEmbed} />;
}
