// Starts the demo's server: npm start, or node www/dist-server/main.js [PORT=5178] [HOST=127.0.0.1] [LOG=1]
import { createServer } from "./server";

const FIRST_PORT = 5178;
const TRIES = 20;

const host = process.env["HOST"] ?? "127.0.0.1";
const loopback = ["127.0.0.1", "localhost", "::1"].includes(host);
const log = process.env["LOG"] === "1";
const wished = Number(process.env["PORT"] ?? FIRST_PORT);
if (!Number.isInteger(wished) || wished < 0 || wished > 65_535) {
  console.error(`PORT must be a number from 0 to 65535, not "${process.env["PORT"]}".`);
  process.exit(1);
}

/** The first free port from the wished one on: two demos may run side by side. */
async function start() {
  for (let offset = 0; ; offset += 1) {
    const app = createServer({ loopback, log });
    try {
      const address = await app.listen({ host, port: wished === 0 ? 0 : wished + offset });
      return { app, address };
    } catch (error) {
      await app.close();
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken || offset >= TRIES) throw error;
    }
  }
}

const { app, address } = await start();
console.log(`powerbi-token-keeper demo: ${address}/`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void app.close().then(() => process.exit(0)));
}
