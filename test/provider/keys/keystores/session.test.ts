import assert from "node:assert/strict";
import { withoutKms } from "./withoutKms";

describe("a session of keystores", () => {
  it("makes one key to try wrappings with, and shares it with no other session", async () => {
    const [session, other] = [withoutKms(), withoutKms()];
    assert.equal((await session.probeKeyPair()).publicKey, (await session.probeKeyPair()).publicKey);
    assert.notEqual((await session.probeKeyPair()).publicKey, (await other.probeKeyPair()).publicKey);
  });
});
