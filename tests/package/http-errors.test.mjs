// Errors of the HTTP and sign-in libraries that backends and pages use, as the libraries throw them: what the server
// said is found in each, and no part of the request, which has a token in it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import "@angular/compiler";
import { HttpErrorResponse, HttpHeaders } from "@angular/common/http";
import { InteractionRequiredAuthError as BrowserError } from "@azure/msal-browser";
import { ClientAuthError, InteractionRequiredAuthError as NodeError } from "@azure/msal-node";
import axios from "axios";
import got from "got";
import ky from "ky";
import { explain } from "../../dist/index.js";

const SECRET = "eyJhbGciOiJSUzI1NiJ9.canary-in-a-header";
const BODY = { error: { code: "GroupNotAccessible", message: "quoted-by-nobody" } };

let server, url;
before(async () => {
  server = createServer((request, response) => {
    const isEmpty = request.url === "/empty";
    response.writeHead(isEmpty ? 401 : 403, {
      "content-type": "application/json",
      ...(isEmpty && { "x-powerbi-error-info": "GroupNotAccessible" }),
    });
    response.end(isEmpty ? "" : JSON.stringify(BODY));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const headers = { Authorization: `Bearer ${SECRET}` };
const LIBRARIES = {
  axios: (path) => axios.post(url + path, {}, { headers }),
  got: (path) => got.post(url + path, { headers, retry: { limit: 0 } }),
  ky: (path) => ky.post(url + path, { headers, retry: 0 }).json(),
  "Angular's HttpErrorResponse": async (path) => {
    const response = await fetch(url + path, { headers });
    const { status, statusText } = response;
    throw new HttpErrorResponse({
      error: await response.json().catch(() => null),
      headers: new HttpHeaders(Object.fromEntries(response.headers)),
      status,
      statusText,
      url,
    });
  },
  "a cause": (path) =>
    axios.post(url + path, {}, { headers }).catch((cause) => {
      throw new Error("no token", { cause });
    }),
};

for (const [library, ask] of Object.entries(LIBRARIES)) {
  test(`${library}: the reason in the body is found, and nothing is quoted`, async () => {
    const error = await ask("/").then(
      () => assert.fail("it does not throw"),
      (thrown) => thrown,
    );
    const explanation = await explain(error);
    assert.equal(explanation.error, "GroupNotAccessible");
    assert.deepEqual(
      explanation.causes.filter(({ verdict }) => verdict === "confirmed").map(({ code }) => code),
      ["permission"],
    );
    assert.doesNotMatch(JSON.stringify(explanation), /canary|quoted-by-nobody|eyJ/);
  });
}

test("axios: the reason in a header of an empty answer is found", async () => {
  const { error } = await explain(await LIBRARIES.axios("/empty").catch((thrown) => thrown));
  assert.equal(error, "GroupNotAccessible");
});

for (const [name, error, code] of [
  ["MSAL in the browser", new BrowserError("interaction_required", "AADSTS50076"), "sign-in-required"],
  ["MSAL in Node", new NodeError("login_required", "x"), "sign-in-required"],
  ["MSAL's network", new ClientAuthError("network_error"), undefined],
]) {
  test(`${name}: its errors are explained`, async () => {
    const { causes, error: named } = await explain(error);
    assert.notEqual(named, "unknown");
    assert.equal(causes.find(({ verdict }) => verdict === "confirmed")?.code, code);
  });
}
