// The HTTP libraries and the sign-in library that pages use, bundled for a page: `window.clients`.

import { build } from "esbuild";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const ENTRY = `
import "@angular/compiler";
import { HttpClient, HttpErrorResponse, HttpHeaders } from "@angular/common/http";
import { BrowserAuthError, InteractionRequiredAuthError } from "@azure/msal-browser";
import axios from "axios";
import jQuery from "jquery";
import ky from "ky";
window.clients = { axios, jQuery, ky, HttpErrorResponse, HttpHeaders, InteractionRequiredAuthError, BrowserAuthError };
`;

/** Their bundle, made once. */
let bundle;
export const httpClients = () =>
  (bundle ??= build({
    stdin: { contents: ENTRY, resolveDir: path.join(root, "tests/browser/lib") },
    bundle: true,
    format: "iife",
    minify: true,
    target: "es2022",
    write: false,
    logLevel: "error",
  }).then(({ outputFiles }) => outputFiles[0].text));
