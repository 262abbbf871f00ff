// The clouds that Power BI runs in: where one signs in, whom the token is for, and where the frames come from. Names
// and hosts are those of src/diagnosis/cloud.rs; a test compares them.

export interface Cloud {
  /** Origin of the sign-in; null where Microsoft doesn't say in public, and a setting must. */
  authorityHost: string | null;
  /** Base of the REST API. */
  api: string;
  /** What the Entra token is for; with `/.default` it is the scope. */
  resource: string;
  /** Where embedUrls lie, which is what the page may show in a frame. */
  embedOrigin: string;
}

const GLOBAL_SIGN_IN = "https://login.microsoftonline.com";
const US_SIGN_IN = "https://login.microsoftonline.us";

const cloud = (authorityHost: string | null, api: string, analysis: string, embed: string): Cloud => ({
  authorityHost,
  api: `https://${api}`,
  resource: `https://${analysis}/powerbi/api`,
  embedOrigin: `https://${embed}`,
});

export const CLOUDS: Readonly<Record<string, Cloud>> = {
  global: cloud(GLOBAL_SIGN_IN, "api.powerbi.com", "analysis.windows.net", "app.powerbi.com"),
  usgov: cloud(GLOBAL_SIGN_IN, "api.powerbigov.us", "analysis.usgovcloudapi.net", "app.powerbigov.us"),
  "usgov-high": cloud(
    US_SIGN_IN,
    "api.high.powerbigov.us",
    "high.analysis.usgovcloudapi.net",
    "app.high.powerbigov.us",
  ),
  "usgov-dod": cloud(US_SIGN_IN, "api.mil.powerbigov.us", "mil.analysis.usgovcloudapi.net", "app.mil.powerbigov.us"),
  china: cloud("https://login.chinacloudapi.cn", "api.powerbi.cn", "analysis.chinacloudapi.cn", "app.powerbi.cn"),
  usnat: cloud(null, "api.powerbi.eaglex.ic.gov", "analysis.eaglex.ic.gov", "app.powerbi.eaglex.ic.gov"),
  ussec: cloud(null, "api.powerbi.microsoft.scloud", "analysis.microsoft.scloud", "app.powerbi.microsoft.scloud"),
  france: cloud(null, "api.powerbi.sovcloud-api.fr", "analysis.sovcloud-api.fr", "app.powerbi.sovcloud-api.fr"),
};
