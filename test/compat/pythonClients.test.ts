import type { LocalKms } from "../../local-kms/src/index";
import { startLocalKms } from "../world/localKms";
import { type Clients, checksOf, clientsOr } from "./support";

/** What AWS has added to KMS since the pinned botocore, and shows in answers. */
const NEWER_THAN_BOTOCORE: string[] = [];

describe("AWS's own Python clients on the local KMS", function () {
  this.timeout(120_000);
  let clients: Clients;
  let local: LocalKms;

  before(async function () {
    clients = await clientsOr(this);
    local = await startLocalKms({ config: { replicaCreatingMillis: 0, intercept: badWeather() } });
  });
  after(() => local?.close());

  const target = () => ({ endpoint: local.url, region: "us-east-1", accessKeyId: "111122223333" });

  describe("boto3", () => {
    checksOf("boto3_checks.py", async () => ({ clients, target: target(), args: NEWER_THAN_BOTOCORE }));
  });

  describe("the AWS CLI", () => {
    checksOf("aws_cli_checks.py", async () => ({ clients, target: target() }));
  });
});

/** In one Region CreateKey is throttled twice, ListAliases always, and the answer to the first ListKeys is lost. */
function badWeather() {
  let creations = 0;
  let lists = 0;
  const throttled = { error: { name: "ThrottlingException", message: "Rate exceeded" } };
  return ({ operation, region }: { operation: string; region: string }) => {
    if (region !== "ap-south-1") return undefined;
    if (operation === "CreateKey") return ++creations <= 2 ? throttled : undefined;
    if (operation === "ListKeys") return ++lists === 1 ? ({ drop: "close" } as const) : undefined;
    return operation === "ListAliases" ? throttled : undefined;
  };
}
