import { createServer } from "node:http";
import { ConfidentialClientApplication } from "@azure/msal-node";

const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, POWERBI_REPORT_ID, POWERBI_DATASET_ID } = process.env;
const LOGIN = process.env.AZURE_AUTHORITY_HOST ?? "https://login.microsoftonline.com";
const API = process.env.POWERBI_API_URL ?? "https://api.powerbi.com";
const scopes = ["https://analysis.windows.net/powerbi/api/.default"];

const entra = new ConfidentialClientApplication({
  auth: {
    clientId: AZURE_CLIENT_ID,
    clientSecret: AZURE_CLIENT_SECRET,
    authority: `${LOGIN}/${AZURE_TENANT_ID}`,
    knownAuthorities: [new URL(LOGIN).host],
  },
});

async function generateToken() {
  // an embed token ends with the Entra token that it is made with: never one from the cache
  const { accessToken } = await entra.acquireTokenByClientCredential({ scopes, skipCache: true });
  return fetch(`${API}/v1.0/myorg/GenerateToken`, {
    method: "POST",
    headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" },
    body: JSON.stringify({ reports: [{ id: POWERBI_REPORT_ID }], datasets: [{ id: POWERBI_DATASET_ID }] }),
    signal: AbortSignal.timeout(20_000),
  });
}

/** The keeper reads when to come back, and explains what Microsoft said. */
const PASSED_ON = ["Content-Type", "Retry-After", "RequestId", "X-PowerBI-Error-Info"];

createServer(async (request, response) => {
  if (request.method !== "POST" || request.url !== "/api/embed-token") return response.writeHead(404).end();
  // here: who asks, and may they see the report?
  try {
    const answer = await generateToken();
    for (const name of PASSED_ON) if (answer.headers.has(name)) response.setHeader(name, answer.headers.get(name));
    response.writeHead(answer.status, { "Cache-Control": "no-store" }).end(await answer.text());
  } catch (error) {
    response
      .writeHead(502, { "Content-Type": "application/json" })
      .end(JSON.stringify({ error: { code: error.errorCode ?? error.name, message: error.errorMessage ?? "" } }));
  }
}).listen(process.env.PORT ?? 3000, "127.0.0.1");
