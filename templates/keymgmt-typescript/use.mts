// An application. It knows an alias and Regions, and nothing of Pulumi.
//   echo text | npx tsx use.mts encrypt us-west-1 FILE alias/${PROJECT}-dev
//   npx tsx use.mts decrypt eu-west-1 FILE
import { readFileSync, writeFileSync } from "node:fs";
import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";

const [action, region, file, alias] = process.argv.slice(2) as [string, string, string, string?];
const kms = new KMSClient({ region });
if (action === "encrypt") {
  const input = { KeyId: alias, Plaintext: readFileSync(0) };
  const { CiphertextBlob } = await kms.send(new EncryptCommand(input));
  writeFileSync(file, CiphertextBlob!);
} else {
  const input = { CiphertextBlob: readFileSync(file) }; // no KeyId: the ciphertext names its KMS key
  const { Plaintext } = await kms.send(new DecryptCommand(input));
  process.stdout.write(Plaintext!);
}
