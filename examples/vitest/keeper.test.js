import { expect, test } from "vitest";
import { TokenKeeper } from "powerbi-token-keeper";

const HOUR = 3_600_000;

test("a keeper gives a token in jsdom, and sets the next one on an embed", async () => {
  let asked = 0;
  // made up, but as long as a token: a word would be refused
  const source = () => ({
    token: `${"T".repeat(100)}${++asked}`,
    expiration: new Date(Date.now() + HOUR * (1 + asked)),
  });
  const keeper = new TokenKeeper({ source, tokenType: 1 });
  const accessToken = await keeper.getToken();
  expect(keeper.status.engine).toBe("wasm");

  const config = { type: "report", tokenType: 1, accessToken };
  const element = document.body.appendChild(document.createElement("div"));
  const setAccessToken = async (token) => void (config.accessToken = token);
  keeper.attach({ element, config, iframeLoaded: true, setAccessToken });
  expect((await keeper.refresh()).ok).toBe(true);
  await expect.poll(() => config.accessToken).toBe(`${"T".repeat(100)}2`);
  keeper.stop();
});
