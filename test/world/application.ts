import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { SECRET } from "./localKms";

/** An application that uses the keys: it knows only an alias, a Region and an account. */
export class Application {
  private readonly client: KMSClient;

  constructor(
    local: { url: string },
    readonly region: string,
    accountId = "111122223333",
  ) {
    const credentials = { accessKeyId: accountId, secretAccessKey: SECRET };
    this.client = new KMSClient({ endpoint: local.url, region, credentials, maxAttempts: 1 });
  }

  async encrypt(keyId: string, text: string): Promise<Uint8Array> {
    const { CiphertextBlob } = await this.client.send(
      new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from(text) }),
    );
    return CiphertextBlob!;
  }

  async decrypt(ciphertext: Uint8Array): Promise<{ text: string; keyArn: string }> {
    const { Plaintext, KeyId } = await this.client.send(new DecryptCommand({ CiphertextBlob: ciphertext }));
    return { text: Buffer.from(Plaintext!).toString(), keyArn: KeyId! };
  }

  async describe(keyId: string) {
    const { KeyMetadata } = await this.client.send(new DescribeKeyCommand({ KeyId: keyId }));
    return KeyMetadata!;
  }

  /** Any other command. */
  get send() {
    return this.client.send.bind(this.client);
  }
}
