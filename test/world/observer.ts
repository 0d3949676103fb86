import { Agent, request } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../local-kms/src/http/sha256";
import { isStrict, SECRET } from "./localKms";

/** A KMS key as DescribeKey shows it. */
export interface Described {
  KeyId: string;
  KeyState: string;
  CurrentKeyMaterialId?: string;
}

/** What an application has encrypted; `keyId` is that of the KMS key. */
export interface Sealed {
  text: string;
  ciphertext: string;
  keyId: string;
}

/** Sees what there is in one Region. Thousands of questions are asked: plain HTTP costs a tenth of an SDK's call. */
export class Observer {
  private readonly agent = new Agent({ keepAlive: true });
  /** Without a valid signature, which takes as long to make as the rest of a question. */
  private readonly authorization: string;
  private readonly signer: SignatureV4;

  constructor(
    private readonly local: { url: string },
    readonly region: string,
    account = "111122223333",
  ) {
    const credentials = { accessKeyId: account, secretAccessKey: SECRET };
    this.signer = new SignatureV4({ region, service: "kms", credentials, sha256: Sha256 });
    const scope = `${account}/20261124/${region}/kms/aws4_request`;
    this.authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
  }

  /** Every KMS key. */
  async keys(): Promise<Described[]> {
    const { Keys } = await this.ask("ListKeys", {});
    return Promise.all((Keys as { KeyId: string }[]).map(({ KeyId }) => this.describe(KeyId)));
  }

  /** By its id or an alias. */
  async describe(KeyId: string): Promise<Described> {
    return (await this.ask("DescribeKey", { KeyId })).KeyMetadata;
  }

  async tags(KeyId: string): Promise<Record<string, string>> {
    const { Tags } = await this.ask("ListResourceTags", { KeyId });
    return Object.fromEntries(
      (Tags as { TagKey: string; TagValue: string }[]).map(({ TagKey, TagValue }) => [TagKey, TagValue]),
    );
  }

  /** Ids of the KMS keys that aliases of this project point to, by alias. */
  async aliases(): Promise<Record<string, string>> {
    const { Aliases } = await this.ask("ListAliases", {});
    const ours = (Aliases as { AliasName: string; TargetKeyId: string }[]).filter(({ AliasName }) =>
      AliasName.startsWith("alias/hashicorp/"),
    );
    return Object.fromEntries(ours.map(({ AliasName, TargetKeyId }) => [AliasName, TargetKeyId]));
  }

  /** Encrypts as an application does, which keeps what it gets. */
  async seal(alias: string, text: string): Promise<Sealed> {
    const Plaintext = Buffer.from(text).toString("base64");
    const { CiphertextBlob, KeyId } = await this.ask("Encrypt", { KeyId: alias, Plaintext });
    return { text, ciphertext: CiphertextBlob, keyId: KeyId.split("/")[1] };
  }

  async decrypt(CiphertextBlob: string): Promise<string> {
    return Buffer.from((await this.ask("Decrypt", { CiphertextBlob })).Plaintext, "base64").toString();
  }

  /** What does not decrypt here any more, in words. */
  async lost(sealed: readonly Sealed[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const { text, ciphertext } of sealed) {
      const found = await this.decrypt(ciphertext).catch(String);
      if (found !== text) wrong.push(`"${text}" does not decrypt in ${this.region}: ${found}`);
    }
    return wrong;
  }

  // biome-ignore lint/suspicious/noExplicitAny: an answer of whichever operation
  private async ask(operation: string, input: object): Promise<any> {
    const body = JSON.stringify(input);
    const type = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `TrentService.${operation}`,
    };
    const headers = isStrict ? await this.signed(type, body) : { ...type, authorization: this.authorization };
    return new Promise((resolve, reject) => {
      const sent = request(this.local.url, { method: "POST", agent: this.agent, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("error", reject);
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${operation}: ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  private async signed(type: Record<string, string>, body: string): Promise<Record<string, string>> {
    const { host, hostname, protocol } = new URL(this.local.url);
    const request = { method: "POST", protocol, hostname, path: "/", headers: { ...type, host }, body };
    return (await this.signer.sign(request)).headers;
  }
}
