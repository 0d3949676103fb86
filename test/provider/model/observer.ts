import { Agent, request } from "node:http";

/** Sees what there is in one Region. Thousands of questions are asked: plain HTTP costs a tenth of an SDK's call. */
export class Observer {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly authorization: string;

  constructor(
    private readonly local: { url: string },
    region: string,
    account = "111122223333",
  ) {
    const scope = `${account}/20261124/${region}/kms/aws4_request`;
    this.authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
  }

  /** Ids of every KMS key, with its state. */
  async keys(): Promise<Map<string, string>> {
    const { Keys } = await this.ask("ListKeys", {});
    const seen = await Promise.all((Keys as { KeyId: string }[]).map(({ KeyId }) => this.describe(KeyId)));
    return new Map(seen.map(({ KeyId, KeyState }) => [KeyId, KeyState]));
  }

  async describe(KeyId: string): Promise<{ KeyId: string; KeyState: string; CurrentKeyMaterialId?: string }> {
    return (await this.ask("DescribeKey", { KeyId })).KeyMetadata;
  }

  /** The ciphertext, in base64. */
  async encrypt(KeyId: string, text: string): Promise<string> {
    return (await this.ask("Encrypt", { KeyId, Plaintext: Buffer.from(text).toString("base64") }))
      .CiphertextBlob;
  }

  async decrypt(CiphertextBlob: string): Promise<string> {
    return Buffer.from((await this.ask("Decrypt", { CiphertextBlob })).Plaintext, "base64").toString();
  }

  // biome-ignore lint/suspicious/noExplicitAny: an answer of whichever operation
  private ask(operation: string, input: object): Promise<any> {
    const headers = {
      authorization: this.authorization,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `TrentService.${operation}`,
    };
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
      sent.end(JSON.stringify(input));
    });
  }
}
