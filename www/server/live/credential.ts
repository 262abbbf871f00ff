// How the service principal proves who it is: a client secret, or a certificate with its private key.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { Secret } from "./secret";

export type Credential =
  | { kind: "secret"; secret: Secret }
  | { kind: "certificate"; certificate: string; thumbprintSha256: string; privateKey: Secret };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The credential, or what is wrong with it. */
export function readSecret(text: string): Credential | string {
  // The portal shows both side by side, and Entra answers AADSTS7000215.
  if (GUID.test(text))
    return (
      "AZURE_CLIENT_SECRET is the secret's id: it must be its value, which the portal shows once, when the " +
      "secret is made."
    );
  return { kind: "secret", secret: new Secret(text) };
}

/** The credential, or what is wrong with it. The key may lie in the certificate's file or in one of its own. */
export function readCertificate(
  path: string,
  keyPath: string | undefined,
  password: string | undefined,
): Credential | string {
  const pem = read(path);
  if (pem === null) return "AZURE_CLIENT_CERTIFICATE_PATH names a file that can't be read.";
  const keyName = keyPath ? "AZURE_CLIENT_KEY_PATH" : "AZURE_CLIENT_CERTIFICATE_PATH";
  const keyPem = keyPath ? read(keyPath) : pem;
  if (keyPem === null) return "AZURE_CLIENT_KEY_PATH names a file that can't be read.";
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return "AZURE_CLIENT_CERTIFICATE_PATH names a file that holds no certificate in PEM form.";
  }
  try {
    const key = createPrivateKey({ key: keyPem, ...(password && { passphrase: password }) });
    if (!certificate.checkPrivateKey(key)) return `${keyName} names a file whose private key is not the certificate's.`;
    const privateKey = new Secret(key.export({ type: "pkcs8", format: "pem" }).toString());
    return {
      kind: "certificate",
      certificate: certificate.toString(),
      thumbprintSha256: certificate.fingerprint256.replaceAll(":", ""),
      privateKey,
    };
  } catch {
    return (
      `${keyName} names a file that holds no private key in PEM form, or one that ` +
      "AZURE_CLIENT_CERTIFICATE_PASSWORD doesn't open."
    );
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
