/** What the owner of a key does with a copy of it, by OpenSSL's command. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../../temporaryFolders";

/** Material as `openssl genpkey` and `openssl rand -base64` print it. */
export type Copy = string;

/** How a KMS key is used: the input of the operation that makes something by it, bytes in base64. */
interface How {
  SigningAlgorithm?: string;
  MacAlgorithm?: string;
  PublicKey?: string;
}

interface Owner {
  /** Makes what AWS KMS makes by the same key. */
  make(copy: Copy, message: string, how: How): Promise<Buffer>;
  /** Whether this was made by the copy's key, of the message. */
  holds(copy: Copy, message: string, made: Buffer, how: How): Promise<boolean>;
}

const run = promisify(execFile);

/** Runs `openssl ARGS` in a folder with these files; answers what it prints. */
export async function openssl(args: string[], files: Record<string, string | Buffer> = {}): Promise<Buffer> {
  const cwd = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content);
  const { stdout } = await run("openssl", args, { cwd, encoding: "buffer" });
  return stdout;
}

const OAEP_SHA_256 = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"].flatMap(
  (option) => ["-pkeyopt", option],
);

/** Options of `openssl dgst` for an algorithm of AWS KMS, whose name ends with the hash's. */
function digest({ SigningAlgorithm, MacAlgorithm }: How): string[] {
  const algorithm = (SigningAlgorithm ?? MacAlgorithm)!;
  const pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
  return ["dgst", `-sha${algorithm.slice(-3)}`, ...(algorithm.startsWith("RSASSA_PSS") ? pss : [])];
}

const mac: Owner["make"] = (copy, message, how) => {
  const hexkey = `hexkey:${Buffer.from(copy, "base64").toString("hex")}`;
  return openssl([...digest(how), "-mac", "HMAC", "-macopt", hexkey, "-binary", "message"], { message });
};

const derive: Owner["make"] = (key, _, { PublicKey }) => {
  const files = { key, peer: Buffer.from(PublicKey!, "base64") };
  return openssl(["pkeyutl", "-derive", "-inkey", "key", "-peerkey", "peer", "-peerform", "DER"], files);
};

/** By KeyUsage. */
export const OWNERS: Record<string, Owner> = {
  SIGN_VERIFY: {
    make: (key, message, how) => openssl([...digest(how), "-sign", "key", "message"], { key, message }),
    holds: (key, message, signature, how) =>
      openssl([...digest(how), "-prverify", "key", "-signature", "signature", "message"], {
        key,
        message,
        signature,
      }).then(
        () => true,
        () => false,
      ),
  },
  ENCRYPT_DECRYPT: {
    async make(key, message) {
      const publicKey = await openssl(["pkey", "-in", "key", "-pubout"], { key });
      const args = ["pkeyutl", "-encrypt", "-pubin", "-inkey", "key", ...OAEP_SHA_256, "-in", "message"];
      return openssl(args, { key: publicKey, message });
    },
    holds: (key, message, ciphertext) =>
      openssl(["pkeyutl", "-decrypt", "-inkey", "key", ...OAEP_SHA_256, "-in", "ciphertext"], {
        key,
        ciphertext,
      }).then(
        (plaintext) => plaintext.equals(Buffer.from(message)),
        () => false,
      ),
  },
  GENERATE_VERIFY_MAC: {
    make: mac,
    holds: async (copy, message, made, how) => made.equals(await mac(copy, message, how)),
  },
  KEY_AGREEMENT: {
    make: derive,
    holds: async (copy, message, made, how) => made.equals(await derive(copy, message, how)),
  },
};
