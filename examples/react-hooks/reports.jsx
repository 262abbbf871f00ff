import { PowerBIEmbed } from "powerbi-client-react";
import { useKeptEmbed, useTokenKeeper } from "powerbi-token-keeper/react";

function Report({ keeper, config }) {
  return <PowerBIEmbed {...useKeptEmbed(keeper, config)} />;
}

export function Reports({ reports }) {
  const keeper = useTokenKeeper({ source: "/api/aad-token" });
  window.keeper = keeper; // for the test
  return reports.map(({ name, config }) => <Report key={name} keeper={keeper} config={config} />);
}
