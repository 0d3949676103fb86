import { Agent, request } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../local-kms/src/http/sha256";
import { AES_256 } from "../../provider/keys/keyTypes";
import { isStrict, SECRET } from "./localKms";
import { type Use, useOf } from "./uses";

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A KMS key as DescribeKey shows it. */
export interface Described {
  KeyId: string;
  KeyState: string;
  CurrentKeyMaterialId?: string;
}

/** What an application has made of a text by a KMS key, such as a ciphertext or a signature; `keyId` is that of the KMS key. */
export interface Sealed {
  text: string;
  made: string;
  keyId: string;
  use: Use;
}

const ENCRYPTING = useOf(AES_256);

/** Sees what there is in one Region. Thousands of questions are asked: plain HTTP costs a tenth of an SDK's call. */
export class Observer {
  private readonly agent = new Agent({ keepAlive: true });
  /** Without a valid signature, which takes as long to make as the rest of a question. */
  private readonly authorization: string;
  private readonly signer: SignatureV4;

  /** @param isSigned whether questions have a valid signature, which a local KMS with `iam` asks for */
  constructor(
    private readonly local: { url: string },
    readonly region: string,
    account = "111122223333",
    private readonly isSigned = isStrict,
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

  /** SubjectPublicKeyInfo in DER, base64. */
  async publicKey(KeyId: string): Promise<string> {
    return (await this.ask("GetPublicKey", { KeyId })).PublicKey;
  }

  async tags(KeyId: string): Promise<Record<string, string>> {
    const { Tags } = await this.ask("ListResourceTags", { KeyId });
    return Object.fromEntries(
      (Tags as { TagKey: string; TagValue: string }[]).map(({ TagKey, TagValue }) => [TagKey, TagValue]),
    );
  }

  /** Ids of the KMS keys that aliases point to, by alias; without AWS's own. */
  async aliases(): Promise<Record<string, string>> {
    const { Aliases } = await this.ask("ListAliases", {});
    const theirs = (Aliases as { AliasName: string; TargetKeyId: string }[]).filter(
      ({ AliasName }) => !AliasName.startsWith("alias/aws/"),
    );
    return Object.fromEntries(theirs.map(({ AliasName, TargetKeyId }) => [AliasName, TargetKeyId]));
  }

  /** Uses a KMS key as an application does, which keeps what it gets. */
  async seal(alias: string, text: string, use = ENCRYPTING): Promise<Sealed> {
    const { operation, input, output } = use.make(base64(text));
    const answer = await this.ask(operation, { ...input, KeyId: alias });
    return { text, made: answer[output], keyId: answer.KeyId.split("/")[1], use };
  }

  /** What does not decrypt or verify here any more, in words. */
  async lost(sealed: readonly Sealed[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const one of sealed) {
      const answer = await this.check(one).catch(String);
      if (answer !== true)
        wrong.push(`"${one.text}" does not decrypt or verify in ${this.region}: ${answer}`);
    }
    return wrong;
  }

  /** Whether it decrypts or verifies here. */
  async check({ text, made, keyId: KeyId, use }: Sealed): Promise<boolean> {
    const message = base64(text);
    const { operation, input } = use.check(message, { made, KeyId });
    return use.holds(await this.ask(operation, input), message, made);
  }

  // biome-ignore lint/suspicious/noExplicitAny: an answer of whichever operation
  private async ask(operation: string, input: object): Promise<any> {
    const body = JSON.stringify(input);
    const type = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `TrentService.${operation}`,
    };
    const headers = this.isSigned
      ? await this.signed(type, body)
      : { ...type, authorization: this.authorization };
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
