import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import {
  CreateAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { type LocalKms, startLocalKms } from "../../src/index.js";
import {
  clientFor,
  createExternalKey,
  createKey,
  getParameters,
  importMaterial,
  refusal,
  stateOf,
  temporaryFolder,
} from "../support.js";

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;

/** Within the seconds that a test may take on a busy machine. */
function assertSoonAfter(time: Date | undefined, expected: Date | number): void {
  const late = time!.getTime() - new Date(expected).getTime();
  assert.ok(late >= 0 && late < 30 * SECOND, `${time?.toISOString()} is ${late} ms late`);
}

describe("local KMS: the clock", () => {
  let kms: LocalKms;
  beforeEach(async () => {
    kms = await startLocalKms();
  });
  afterEach(() => kms.close());

  it("is the machine's, and ticks on from where it is moved to", async () => {
    assertSoonAfter(kms.time(), Date.now() - SECOND);
    const before = kms.time().getTime();
    assertSoonAfter(await kms.moveClock({ advance: "P30D" }), before + 30 * DAY);
    const moved = kms.time().getTime();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(kms.time().getTime() > moved);
    assertSoonAfter(
      await kms.moveClock({ time: "2090-02-28T12:00:00+02:00" }),
      new Date("2090-02-28T10:00:00Z"),
    );
    assertSoonAfter(await kms.moveClock({ advance: "P1M" }), new Date("2090-03-28T10:00:00Z"));
    assertSoonAfter(await kms.moveClock({ advance: "PT1H30M" }), new Date("2090-03-28T11:30:00Z"));
  });

  it("goes no further than AWS's clients read times, neither from where it is nor at its start", async () => {
    const message = "Expected the clock to go no further than 9000-01-01T00:00:00Z";
    const far = [{ advance: "P999999Y" }, { advance: "P7000Y" }, { time: "+275760-09-13T00:00:00Z" }];
    for (const move of far) await assert.rejects(kms.moveClock(move), { message });
    assertSoonAfter(kms.time(), Date.now() - SECOND);
    await assert.rejects(startLocalKms({ config: { startTime: "9001-01-01T00:00:00Z" } }), { message });
  });

  it("never goes back, and says what it does not understand", async () => {
    await kms.moveClock({ advance: "P1D" });
    const time = kms.time();
    for (const [move, message] of [
      [{ time: "2020-01-01T00:00:00Z" }, /^The clock never goes back/],
      [{ advance: "-P1D" }, /^The clock never goes back/],
      [
        { advance: "30d" },
        /^Expected `advance` to be an ISO 8601 duration such as `P30D` or `PT12H`, got `30d`$/,
      ],
      [
        { time: "soon" },
        /^Expected `time` to be an ISO 8601 time such as `2027-01-01T00:00:00Z`, got `soon`$/,
      ],
      [{}, /^Expected `clock` to be an object with either `advance` or `time`/],
      [{ time: "2090-01-01", advance: "P1D" }, /^Expected `clock` to be an object with either/],
    ] as const) {
      await assert.rejects(kms.moveClock(move as { time: string }), { message });
    }
    assertSoonAfter(kms.time(), time);
  });

  it("is what expiry, deletion and import tokens follow", async () => {
    const client = clientFor(kms.url);
    const { KeyId } = await createExternalKey(client);
    const parameters = await getParameters(client, KeyId);
    const ValidTo = new Date(kms.time().getTime() + 2 * DAY);
    await importMaterial(client, KeyId, undefined, { ValidTo }, parameters);
    assert.equal(await stateOf(client, KeyId), "Enabled");
    await kms.moveClock({ advance: "PT25H" });
    const late = await refusal(importMaterial(client, KeyId, undefined, {}, parameters));
    assert.equal(late.name, "ExpiredImportTokenException");
    await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") }));
    await kms.moveClock({ advance: "P1D" });
    assert.equal(await stateOf(client, KeyId), "PendingImport");
    await client.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await kms.moveClock({ advance: "P7D" });
    assert.equal((await refusal(client.send(new DescribeKeyCommand({ KeyId })))).name, "NotFoundException");
    assert.deepEqual((await client.send(new ListAliasesCommand({}))).Aliases, []);
  });
});

describe("local KMS: the clock's start", () => {
  it("is the configured time where the state is new; with a folder the clock goes on from where it was", async () => {
    const dataDir = await temporaryFolder();
    const first = await startLocalKms({ dataDir, config: { startTime: "2040-01-01T00:00:00Z" } });
    const { CreationDate } = await createKey(clientFor(first.url));
    assertSoonAfter(CreationDate, new Date("2040-01-01T00:00:00Z"));
    await first.moveClock({ advance: "P1Y" });
    await first.close();
    for (const startTime of [undefined, "2030-01-01T00:00:00Z", "2050-01-01T00:00:00Z"]) {
      const again = await startLocalKms({ dataDir, config: { startTime } });
      assertSoonAfter(again.time(), new Date("2041-01-01T00:00:00Z"));
      await again.close();
    }
    await rm(dataDir, { recursive: true });
  });

  it("may not be set for state that another clock has made", async () => {
    const dataDir = await temporaryFolder();
    await (await startLocalKms({ dataDir })).close();
    const kms = await startLocalKms({ dataDir, config: { startTime: "2020-01-01T00:00:00Z" } });
    assertSoonAfter(kms.time(), Date.now() - SECOND);
    await kms.close();
    await rm(dataDir, { recursive: true });
  });

  it("is refused where it is no time, and the data folder is free again", async () => {
    const dataDir = await temporaryFolder();
    await assert.rejects(startLocalKms({ dataDir, config: { startTime: "later" } }), {
      message: "Expected `startTime` to be an ISO 8601 time such as `2027-01-01T00:00:00Z`, got `later`",
    });
    await (await startLocalKms({ dataDir })).close();
    await rm(dataDir, { recursive: true });
  });
});
