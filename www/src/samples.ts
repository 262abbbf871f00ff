// Fake tokens, made in this page: they have the form of Microsoft's, and open nothing. What Microsoft encrypts or
// signs is random bytes here.

const CLUSTER = "https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net";
const REPORT = "5d9c4b5a-1111-4aaa-8bbb-000000000001";
const GROUP = "5d9c4b5a-2222-4aaa-8bbb-000000000002";
const TENANT = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00001";
const PERSON = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00002";
const POWER_BI = "https://analysis.windows.net/powerbi/api";
const MINUTE = 60;

export interface Sample {
  label: string;
  make: () => Promise<{ subject: string; error?: string }>;
}

const now = () => Math.floor(Date.now() / 1000);
const url = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function noise(length: number): string {
  return base64(crypto.getRandomValues(new Uint8Array(length)));
}

async function embedToken({ minutes }: { minutes: number }): Promise<string> {
  const envelope = { Payload: noise(1920), CryptoKey: noise(256), CypherIV: noise(16), Signature: noise(256) };
  const zipping = new Blob([JSON.stringify(envelope)]).stream().pipeThrough(new CompressionStream("gzip"));
  const zipped = new Uint8Array(await new Response(zipping).arrayBuffer());
  // Bytes 8 and 9 say how it was zipped, and on what; Microsoft's tokens say 4 and 0.
  zipped.set([4, 0], 8);
  const exp = now() + minutes * MINUTE;
  const metadata = { clusterUrl: CLUSTER, exp, allowAccessOverPublicInternet: true };
  return `${url(base64(zipped))}.${btoa(JSON.stringify(metadata))}`;
}

function entraToken({ app = false, audience = POWER_BI }: { app?: boolean; audience?: string }): string {
  const part = (value: unknown) => url(btoa(JSON.stringify(value)));
  const iat = now() - 5 * MINUTE;
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${TENANT}/`,
    iat,
    nbf: iat,
    exp: iat + 70 * MINUTE,
    appid: "7d1c0de0-5eed-4a11-9b0b-0c0ffee00003",
  };
  const user = { name: "Jo Doe", scp: "Report.Read.All Dataset.Read.All", upn: "jo.doe@contoso.example" };
  const principal = app
    ? { idtyp: "app", oid: PERSON, sub: PERSON }
    : { oid: PERSON, sub: "c2FuZGJveC1zdWJqZWN0", ...user };
  return [
    part({ typ: "JWT", alg: "RS256", kid: "sandbox" }),
    part({ ...claims, ...principal, tid: TENANT, ver: "1.0" }),
    url(noise(256)),
  ].join(".");
}

function config(accessToken: string, tokenType: "Embed" | "Aad"): string {
  const cluster = btoa(JSON.stringify({ clusterUrl: CLUSTER }));
  const address = `https://app.powerbi.com/reportEmbed?reportId=${REPORT}&groupId=${GROUP}&w=2&config=${cluster}`;
  return `const config = {
  type: 'report',
  tokenType: models.TokenType.${tokenType},
  accessToken: '${accessToken}',
  embedUrl: '${address}',
  id: '${REPORT}',
  settings: { panes: { filters: { visible: false } } },
};`;
}

const CLUSTER_ERROR = `{
  message: 'LoadReportFailed',
  detailedMessage: 'Could not resolve cluster',
  errorCode: '403',
}`;

export const SAMPLES: Sample[] = [
  { label: "All well", make: async () => ({ subject: config(await embedToken({ minutes: 55 }), "Embed") }) },
  { label: "Expired", make: async () => ({ subject: config(await embedToken({ minutes: -20 }), "Embed") }) },
  { label: "Wrong tokenType", make: async () => ({ subject: config(await embedToken({ minutes: 55 }), "Aad") }) },
  { label: "Service principal", make: async () => ({ subject: config(entraToken({ app: true }), "Aad") }) },
  {
    label: "Truncated",
    make: async () => ({ subject: config((await embedToken({ minutes: 55 })).slice(0, 2000), "Embed") }),
  },
  { label: "Graph token", make: async () => ({ subject: entraToken({ audience: "https://graph.microsoft.com" }) }) },
  {
    label: "LoadReportFailed",
    make: async () => ({ subject: config(entraToken({ app: true }), "Aad"), error: CLUSTER_ERROR }),
  },
];
