/** A private key in PEM (RFC 7468; RFC 1421 where it is encrypted by a traditional tool). */
import type { KeyObject } from "node:crypto";
import type { Came } from "./came";
import { openEncrypted, readDer } from "./readDer";

/** Undefined where there is no PEM. Text around it is ignored, as OpenSSL does. */
export function readPem(text: string, passphrase: string | undefined): KeyObject | Came | undefined {
  if (!text.includes("-----BEGIN ")) return undefined;
  const found = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*(?:-(?!----)[^-]*)*)-----END \1-----/g)];
  // `openssl ecparam -genkey` writes the curve before the key, which names it too.
  const blocks = found.filter(([, label]) => label !== "EC PARAMETERS");
  if (found.length > 0 && blocks.length === 0) return { came: "the parameters of a curve, without a key" };
  if (blocks.length > 1) return { came: `${blocks.length} PEM blocks: leave only that of the private key` };
  const [[pem, label, body] = []] = blocks;
  if (pem === undefined || body === undefined || label === undefined)
    return { came: "PEM without its end, or with an end that is not that of its begin" };
  if (label.startsWith("PGP ")) return { came: "an OpenPGP key" };
  if (label === "TRUSTED CERTIFICATE") return { came: "a certificate" };
  if (label === "OPENSSH PRIVATE KEY")
    return {
      came: "a key in OpenSSH's own format. Convert a copy of an RSA or EC key with: ssh-keygen -p -m PKCS8 -f COPY; for Ed25519: python3 -c 'import sys; from cryptography.hazmat.primitives.serialization import *; print(load_ssh_private_key(sys.stdin.buffer.read(), None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())' < COPY",
    };
  if (body.includes("Proc-Type: 4,ENCRYPTED"))
    return openEncrypted({ key: `${pem}\n`, format: "pem" }, passphrase);
  if (body.includes("\\n"))
    return {
      came: "PEM in one line, with \\n in place of its line breaks. Write the breaks, for example with: printf '%b'",
    };
  const der = Buffer.from(body, "base64");
  try {
    return readDer(der, passphrase) ?? { came: "PEM that holds no DER" };
  } finally {
    der.fill(0);
  }
}
