import assert from "node:assert/strict";
import { withoutKms } from "./withoutKms";

describe("a session of keystores", () => {
  it("makes one key to try wrappings with, and shares it with no other session", async () => {
    const [session, other] = [withoutKms(), withoutKms()];
    assert.equal((await session.nobodysKey()).publicKey, (await session.nobodysKey()).publicKey);
    assert.notEqual((await session.nobodysKey()).publicKey, (await other.nobodysKey()).publicKey);
  });
});
