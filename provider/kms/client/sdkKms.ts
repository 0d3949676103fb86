import type { KMSClient, KMSClientConfig } from "@aws-sdk/client-kms";
import { clientKms } from "../awsSdk";
import type { Refuse } from "../endpoints/endpoint";
import { httpOptions, INVOCATION, type TimeLimits } from "../endpoints/http";
import type { KmsInput, KmsOperation, KmsOutput } from "./operations";
import { isReading, isRepeatable } from "./retry";

/** The AWS SDK's KMS client for one Region. It sends a request once and throws what the SDK throws. */
export class SdkKms {
  readonly #clients = new Map<boolean, KMSClient>();
  /** What to run when a request is put on the wire, by the AWS SDK's id of the call. */
  readonly #sent = new Map<string, () => void>();

  constructor(
    private readonly config: KMSClientConfig,
    private readonly time: TimeLimits,
    private readonly refuse: Refuse,
  ) {}

  /** @param sent is called when the request is put on the wire */
  async send<Op extends KmsOperation>(
    operation: Op,
    input: KmsInput<Op>,
    sent: () => void,
  ): Promise<KmsOutput<Op>> {
    const sdk = clientKms();
    // Calls that must not be repeated use a new connection each: see httpOptions.
    const keepAlive = isRepeatable(operation);
    const client =
      this.#clients.get(keepAlive) ??
      new sdk.KMSClient({
        ...this.config,
        maxAttempts: 1, // retry.ts repeats calls: it knows which may be repeated
        customUserAgent: "pulumi-keymgmt",
        requestHandler: httpOptions(this.time, {
          keepAlive,
          refuse: this.refuse,
          onWire: (invocation) => this.#sent.get(invocation),
        }),
      });
    this.#clients.set(keepAlive, client);
    // TypeScript cannot derive the class from the operation's name. operations.ts pairs names with inputs and outputs.
    const Command = sdk[`${operation}Command`] as unknown as new (
      input: KmsInput<Op>,
    ) => Parameters<KMSClient["send"]>[0];
    const requestTimeout = timeoutOf(operation, this.time);
    const command = new Command(input);
    // The last step before the request gets a connection: credentials are there, and it is signed.
    command.middlewareStack.add(
      (next) => async (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        const invocation = headers[INVOCATION] ?? "";
        this.#sent.set(invocation, sent);
        return next(args).finally(() => this.#sent.delete(invocation));
      },
      { step: "deserialize", priority: "low" },
    );
    return (await client.send(command, { requestTimeout })) as KmsOutput<Op>;
  }
}

/** Three answers to a read, or two to a change, are waited for in less than half a minute. AWS generates a key for GetParametersForImport. */
function timeoutOf(
  operation: KmsOperation,
  { requestMs, readMs = requestMs, changeMs = requestMs }: TimeLimits,
): number {
  if (isReading(operation)) return Math.min(readMs, requestMs);
  const mayTakeLong = !isRepeatable(operation) || operation === "GetParametersForImport";
  return mayTakeLong ? requestMs : Math.min(changeMs, requestMs);
}
