import { ConfidentialClientApplication } from "@azure/msal-node";
import express from "express";

const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, POWERBI_WORKSPACE_ID, POWERBI_REPORT_ID } = process.env;
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

/** What Power BI answers; a refusal is thrown, for the error handler below. */
async function askPowerBi(path, body) {
  // an embed token ends with the Entra token that it is made with: never one from the cache
  const { accessToken } = await entra.acquireTokenByClientCredential({ scopes, skipCache: true });
  const answer = await fetch(`${API}/v1.0/myorg${path}`, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw Object.assign(new Error("Power BI refused"), { answer });
  return answer.json();
}

const readReport = () => askPowerBi(`/groups/${POWERBI_WORKSPACE_ID}/reports/${POWERBI_REPORT_ID}`);
const generateToken = ({ id, datasetId }) =>
  askPowerBi("/GenerateToken", { reports: [{ id }], datasets: [{ id: datasetId }] });

const app = express();
app.set("view engine", "ejs");
app.use("/scripts", express.static("node_modules/powerbi-client/dist"));
app.use("/scripts", express.static("node_modules/powerbi-token-keeper/dist"));

// here, in front of both routes: who asks, and may they see the report?

app.get("/", async (_request, response) => {
  const report = await readReport();
  const { token } = await generateToken(report);
  const config = { type: "report", tokenType: 1, id: report.id, embedUrl: report.embedUrl, accessToken: token };
  response.set("Cache-Control", "no-store").render("report", { config });
});

app.post("/api/embed-token", async (_request, response) => {
  response.set("Cache-Control", "no-store").json(await generateToken(await readReport()));
});

/** The keeper reads when to come back, and explains what Microsoft said. */
const PASSED_ON = ["Content-Type", "Retry-After", "RequestId", "X-PowerBI-Error-Info"];

app.use(async (error, _request, response, _next) => {
  const { answer, errorCode, errorMessage } = error;
  if (!answer)
    return response.status(502).json({ error: { code: errorCode ?? error.name, message: errorMessage ?? "" } });
  for (const name of PASSED_ON) if (answer.headers.has(name)) response.set(name, answer.headers.get(name));
  response.status(answer.status).end(await answer.text());
});

app.listen(process.env.PORT ?? 3000, "127.0.0.1");
