import assert from "node:assert/strict";
import type { LocalKms } from "../../../../local-kms/src/index";
import { KmsConnections } from "../../../../provider/kms/client/client";
import { startLocalKms } from "../../../world/localKms";

const QUOTA = 10;
const CALLS = 30;
/** The engine's, on two cores. */
const WORKERS = 8;

describe("two stacks in one account, at the local KMS's quotas", function () {
  this.timeout(60_000);
  let local: LocalKms;

  before(async () => {
    local = await startLocalKms({
      config: { quotas: { requestsPerSecond: { GetKeyPolicy: QUOTA } } },
    });
  });
  after(() => local.close());

  /** A process of its own would have this: connections and a limiter that know of no other. Gives the milliseconds that the calls took. */
  async function stack(KeyId: string): Promise<number> {
    const kms = new KmsConnections().open({
      keyCollection: "us-west-1",
      endpoint: local.url,
      credentials: { accessKey: "111122223333", secretKey: "secret" },
      quotas: { GetKeyPolicy: QUOTA },
    });
    const begun = Date.now();
    let left = CALLS;
    const worker = async () => {
      while (left-- > 0) await kms.call("GetKeyPolicy", { KeyId });
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    return Date.now() - begun;
  }

  it("share them", async () => {
    const kms = new KmsConnections().open({
      keyCollection: "us-west-1",
      endpoint: local.url,
      credentials: { accessKey: "111122223333", secretKey: "secret" },
    });
    const { KeyMetadata } = await kms.call("CreateKey", { Origin: "EXTERNAL" });
    local.resetCounts();
    const times = await Promise.all([stack(KeyMetadata!.KeyId!), stack(KeyMetadata!.KeyId!)]);
    const throttled = local.counts().GetKeyPolicy! - 2 * CALLS;
    const bound = (2000 * CALLS) / QUOTA;
    const found = `${throttled} throttled, ${times} ms of ${bound}`;
    if (process.env.SHOW) console.log(found);
    assert.ok(throttled <= (2 * CALLS) / 6, found);
    assert.ok(Math.max(...times) <= 1.5 * bound, found);
  });
});
