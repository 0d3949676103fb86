import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { type Claimed, isClaimOf, makeClaim } from "../../../../provider/lifecycle/claims/claim";

const CLAIMED: Claimed = {
  partition: "aws",
  accountId: "111122223333",
  primaryRegion: "us-west-1",
  key: "orders",
  distribution: "orders-1700000000",
  version: 2,
};
const secret = randomBytes(32);

describe("the claim of a KMS key", () => {
  it("has a nonce of its own each time, and fits the value of a tag", () => {
    const claims = Array.from({ length: 50 }, () => makeClaim(secret, CLAIMED));
    assert.equal(new Set(claims).size, 50);
    for (const claim of claims) {
      assert.match(claim, /^v1:[\w-]{22}:[\w-]{22}$/);
      assert.ok(isClaimOf(secret, CLAIMED, claim));
    }
  });

  it("is HMAC-SHA-256, cut to 128 bits, over what it says, as anybody can compute it", () => {
    const claim = makeClaim(secret, CLAIMED);
    const [, nonce, mac] = claim.split(":");
    const text = `["keymgmt claim v1","aws","111122223333","us-west-1","orders","orders-1700000000",2,"${nonce}"]`;
    const expected = createHmac("sha256", secret).update(text).digest().subarray(0, 16);
    assert.equal(mac, expected.toString("base64url"));
  });

  for (const [what, other] of Object.entries({
    partition: "aws-cn",
    accountId: "444455556666",
    primaryRegion: "eu-west-1",
    key: "orders2",
    distribution: "orders-1700000001",
    version: 3,
  }))
    it(`is not right for another ${what}`, () =>
      assert.equal(isClaimOf(secret, { ...CLAIMED, [what]: other }, makeClaim(secret, CLAIMED)), false));

  it("cannot be read as another's: the parts do not run into one another", () => {
    const claim = makeClaim(secret, { ...CLAIMED, key: "a", distribution: "b-1700000000" });
    assert.equal(isClaimOf(secret, { ...CLAIMED, key: 'a","b', distribution: "1700000000" }, claim), false);
  });

  it("is not right under another secret", () =>
    assert.equal(isClaimOf(randomBytes(32), CLAIMED, makeClaim(secret, CLAIMED)), false));

  const [version, nonce, mac] = makeClaim(secret, CLAIMED).split(":") as [string, string, string];
  for (const [what, claim] of Object.entries({
    "an empty text": "",
    "another version": `v2:${nonce}:${mac}`,
    "another nonce": `${version}:${randomBytes(16).toString("base64url")}:${mac}`,
    "no MAC": `${version}:${nonce}:`,
    "half a MAC": `${version}:${nonce}:${mac.slice(0, 11)}`,
    "a MAC and more": `${version}:${nonce}:${mac}AAAA`,
    "another part": `${version}:${nonce}:${mac}:${mac}`,
  }))
    it(`is not right with ${what}`, () => assert.equal(isClaimOf(secret, CLAIMED, claim), false));
});
