import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { ACCOUNT } from "../../support.js";
import type { Verdict } from "./verdict.js";
import type { Region } from "./world.js";

/** biome-ignore lint/suspicious/noExplicitAny: an answer as it came, which `watchAnswers` holds against AWS's model. */
export type Output = any;

/** Requests as they go over the wire: an SDK would be most of the time that a run takes. */
export class Requests {
  constructor(private readonly url: () => string) {}

  /** Fails where the answer is outside of the verdict. Undefined where it is a refusal. */
  async attempt(
    verdict: Verdict,
    operation: string,
    region: Region,
    body: object,
  ): Promise<Output | undefined> {
    const { refusal, output } = await this.send(operation, region, body);
    try {
      verdict.check(refusal);
    } catch (error) {
      const asked = JSON.stringify(body, (_, value) =>
        typeof value === "string" && value.length > 100 ? "…" : value,
      );
      throw new Error(`${operation} ${asked} in ${region}: ${(error as Error).message}`);
    }
    return refusal === undefined ? (output ?? {}) : undefined;
  }

  private async send(
    operation: string,
    region: Region,
    body: object,
  ): Promise<{ refusal?: string; output: Output }> {
    const { status, text } = await post(this.url(), operation, region, JSON.stringify(body));
    const output = text === "" ? undefined : JSON.parse(text);
    if (status === 200) return { output };
    if (status !== 400) throw new Error(`${operation} in ${region}: ${status} ${text}`);
    return { refusal: output.__type, output };
  }
}

const agent = new Agent({ keepAlive: true });

function post(url: string, operation: string, region: Region, body: string) {
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20270101/${region}/kms/aws4_request, SignedHeaders=host, Signature=00`,
    "content-type": "application/x-amz-json-1.1",
    "content-length": Buffer.byteLength(body),
    "x-amz-target": `TrentService.${operation}`,
  };
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const sent = request(url, { method: "POST", headers, agent }, (response) => {
      text(response).then((whole) => resolve({ status: response.statusCode, text: whole }), reject);
    });
    sent.on("error", reject).end(body);
  });
}

export const arnOf = ({ id }: { id: string }, region: Region) => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`;

/** Wraps a material of 32 bytes that are all its number. */
export function wrapped(publicKey: string, material: number): string {
  const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash: "sha256" }, Buffer.alloc(32, material + 1)).toString(
    "base64",
  );
}
