import assert from "node:assert/strict";
import sinon from "sinon";
import { type AwsCredentials, refreshed } from "../../../../provider/kms/credentials/refreshed";

describe("credentials that expire", () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });
  afterEach(() => clock.restore());

  const MINUTE = 60_000;
  let asked = 0;
  const lasting = (minutes?: number) => async (): Promise<AwsCredentials> => ({
    accessKeyId: `A${++asked}`,
    secretAccessKey: "s",
    expiration: minutes === undefined ? undefined : new Date(Date.now() + minutes * MINUTE),
  });
  beforeEach(() => {
    asked = 0;
  });

  it("are asked for once while they last, and by all callers together", async () => {
    const provider = refreshed(lasting(15));
    const both = await Promise.all([provider(), provider()]);
    clock.tick(9 * MINUTE);
    const later = await provider();
    assert.deepEqual(
      [...both, later].map(({ accessKeyId }) => accessKeyId),
      ["A1", "A1", "A1"],
    );
  });

  it("are replaced five minutes before they expire", async () => {
    const provider = refreshed(lasting(15));
    await provider();
    clock.tick(10 * MINUTE);
    assert.equal((await provider()).accessKeyId, "A2");
  });

  it("are kept where they do not expire", async () => {
    const provider = refreshed(lasting());
    await provider();
    clock.tick(24 * 60 * MINUTE);
    assert.equal((await provider()).accessKeyId, "A1");
  });

  it("serve to their end where a refresh fails, and no longer", async () => {
    let broken = false;
    const give = lasting(15);
    const provider = refreshed(async () => {
      if (broken) throw new Error("no metadata service");
      return give();
    });
    await provider();
    broken = true;
    clock.tick(12 * MINUTE);
    assert.equal((await provider()).accessKeyId, "A1");
    clock.tick(3 * MINUTE);
    await assert.rejects(provider(), /no metadata service/);
    broken = false;
    assert.equal((await provider()).accessKeyId, "A2");
  });
});
