/** Verifies a token and prints its header and claims: node verify.mjs <jwks_uri> <issuer> <token> */
import { createRemoteJWKSet, jwtVerify } from "jose";

const [uri, issuer, token] = process.argv.slice(2);
if (!uri || !issuer || !token) {
  console.error("usage: node verify.mjs <jwks_uri> <issuer> <token>");
  process.exit(2);
}

const jwks = createRemoteJWKSet(new URL(uri));
try {
  const { protectedHeader, payload } = await jwtVerify(token, jwks, {
    issuer,
    algorithms: ["ES256"],
  });
  console.log(JSON.stringify({ ...protectedHeader, ...payload }));
} catch (error) {
  console.error(`refused: ${error.code}: ${error.message}`);
  process.exit(1);
}
