// Starts the demo's server: `npm start`, or `npm start -- --live`. README.md and .env.example say what it reads.
import { SettingError } from "./live/problem";
import { createServer } from "./server";
import { isLoopback, readStart, type Start } from "./start";

const TRIES = 20;
// Answers that are under way when the server is told to stop have so long.
const STOP_MS = 3_000;

/** The first free port from the wished one on: two demos may run side by side. */
async function listen({ host, port, ...options }: Start) {
  for (let offset = 0; ; offset += 1) {
    const app = createServer({ loopback: isLoopback(host), ...options });
    try {
      const address = await app.listen({ host, port: port === 0 ? 0 : port + offset });
      return { app, address };
    } catch (error) {
      await app.close();
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken || offset >= TRIES) throw error;
    }
  }
}

async function main() {
  const start = readStart(process.argv.slice(2), process.env);
  const { app, address } = await listen(start);
  // Entra takes a plain http redirect URI at `localhost` alone.
  console.log(
    `powerbi-token-keeper demo: ${start.live?.signIn ? address.replace("127.0.0.1", "localhost") : address}/`,
  );
  if (start.live) {
    const { reportIds, groupId, cloudName } = start.live;
    const content = reportIds.length > 1 ? `${reportIds.length} reports` : "the report";
    console.log(`live: ${content} of workspace ${groupId}, cloud ${cloudName}`);
    // Asked for now, so that a refusal is in the log before anybody opens the page.
    void fetch(`${address}/api/config`).catch(() => {});
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      setTimeout(() => app.server.closeAllConnections(), STOP_MS).unref();
      void app.close().then(() => process.exit(0));
    });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
