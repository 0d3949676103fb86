/** A KMS client that tries each call once, and records the server's endpoint and clock. */
import { KMSClient } from "@aws-sdk/client-kms";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { clientKms } from "../../provider/kms/awsSdk.js";
import type { KmsConnections } from "../../provider/kms/client/client.js";
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import { kmsReach, refuseOtherHosts } from "../../provider/kms/endpoints/endpoint.js";
import { httpOptions } from "../../provider/kms/endpoints/http.js";

export interface Server {
  /** Origin of the last request. */
  endpoint?: string;
  /** Seconds by which the server's clock is ahead of this machine's, to about a second. */
  skewSeconds?: number;
}

export async function watchedClient(connections: KmsConnections, connection: KmsConnection, region: string) {
  const server: Server = {};
  const { provider } = await connections.credentials(connection);
  const options = httpOptions(connections.time, {
    keepAlive: true,
    refuse: refuseOtherHosts(connection, region),
  });
  const client = new KMSClient({
    ...kmsReach(connection, region),
    credentials: provider,
    maxAttempts: 1,
    customUserAgent: "pulumi-keymgmt",
    requestHandler: new WatchingHandler(options, server),
  });
  return { client, server };
}

class WatchingHandler extends NodeHttpHandler {
  constructor(
    options: ReturnType<typeof httpOptions>,
    private readonly server: Server,
  ) {
    super(options);
  }

  override async handle(...args: Parameters<NodeHttpHandler["handle"]>) {
    const [{ protocol, hostname, port }] = args;
    this.server.endpoint = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
    const sent = Date.now();
    const answer = await super.handle(...args);
    const shown = Date.parse(answer.response.headers.date ?? "");
    // The header has whole seconds; half a second is the best guess for the rest.
    if (!Number.isNaN(shown))
      this.server.skewSeconds = Math.round((shown + 500 - (sent + Date.now()) / 2) / 1000);
    return answer;
  }
}

/** Sends one call. Returns its error, or undefined where it succeeded. */
export function attempt(client: KMSClient, operation: string, input: object): Promise<Error | undefined> {
  const sdk = clientKms();
  const Command = sdk[`${operation}Command` as keyof typeof sdk] as unknown as new (
    input: object,
  ) => Parameters<KMSClient["send"]>[0];
  return client.send(new Command(input)).then(
    () => undefined,
    (error) => error,
  );
}
