import type { KMSClient, KMSClientConfig } from "@aws-sdk/client-kms";
import type { Refuse } from "../endpoints/endpoint";
import { httpOptions, type TimeLimits } from "../endpoints/http";
import type { KmsInput, KmsOperation, KmsOutput } from "./operations";
import { isReading, isRepeatable } from "./retry";

/**
 * The AWS SDK's KMS client of one Region: sends a request once and throws what the SDK throws. The SDK is loaded by the
 * first call, so that a preview does not pay for it.
 */
export class SdkKms {
  readonly #clients = new Map<boolean, KMSClient>();
  /** An import that is made again is resolved again each time, which costs more than a call's own work where loaders are hooked in. */
  #sdk: Promise<typeof import("@aws-sdk/client-kms")> | undefined;

  constructor(
    private readonly config: KMSClientConfig,
    private readonly time: TimeLimits,
    private readonly refuse: Refuse,
  ) {}

  async send<Op extends KmsOperation>(operation: Op, input: KmsInput<Op>): Promise<KmsOutput<Op>> {
    this.#sdk ??= import("@aws-sdk/client-kms");
    const sdk = await this.#sdk;
    // Calls that must not be repeated go over a connection of their own: see httpOptions.
    const keepAlive = isRepeatable(operation);
    const client =
      this.#clients.get(keepAlive) ??
      new sdk.KMSClient({
        ...this.config,
        maxAttempts: 1, // retry.ts repeats, and knows what may be repeated
        customUserAgent: "pulumi-keymgmt",
        requestHandler: httpOptions(this.time, { keepAlive, refuse: this.refuse }),
      });
    this.#clients.set(keepAlive, client);
    // TypeScript cannot follow the operation's name to its class; operations.ts pairs names with inputs and outputs.
    const Command = sdk[`${operation}Command`] as unknown as new (
      input: KmsInput<Op>,
    ) => Parameters<KMSClient["send"]>[0];
    const { requestMs, readMs = requestMs } = this.time;
    const requestTimeout = isReading(operation) ? Math.min(readMs, requestMs) : requestMs;
    return (await client.send(new Command(input), { requestTimeout })) as KmsOutput<Op>;
  }
}
