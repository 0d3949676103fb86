/**
 * Encrypts in one Region and decrypts in another: node consumer.mjs <alias> <from> <to>
 * An application needs kms:Encrypt and kms:Decrypt, and nothing of Pulumi.
 */
import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";

const [alias, from, to] = process.argv.slice(2);
if (!alias || !from || !to) {
  console.error("usage: node consumer.mjs <alias> <Region to encrypt in> <Region to decrypt in>");
  process.exit(2);
}

const kmsIn = (region) => new KMSClient({ region });

const encrypted = await kmsIn(from).send(
  new EncryptCommand({ KeyId: alias, Plaintext: Buffer.from("order 4711") }),
);
console.log(`encrypted in ${from} under ${encrypted.KeyId}`);

// No KeyId: the ciphertext itself names its KMS key. The alias would be wrong here as soon as the key has been rotated.
const decrypted = await kmsIn(to).send(new DecryptCommand({ CiphertextBlob: encrypted.CiphertextBlob }));
console.log(`decrypted in ${to} under ${decrypted.KeyId}`);
console.log(Buffer.from(decrypted.Plaintext).toString());
