import assert from "node:assert/strict";
import { eachStopped } from "./killed/lane";
import { World } from "./killed/world";

/** Who can be stopped, in the parts of a life. The fault matrix kills the provider at each call of each operation. */
describe("pulumi up is stopped, and run again until it is done", function () {
  this.timeout(300_000);
  let world: World;
  before(async () => {
    world = await World.open();
  });
  after(() => world?.close());

  eachStopped(
    () => world,
    [
      { step: "make", key: "orders", victim: "all", operation: "CreateKey" },
      { step: "rotate", key: "orders", victim: "Ctrl-C", operation: "CreateKey" },
      {
        step: "remove",
        key: "orders",
        victim: "provider",
        operation: "ScheduleKeyDeletion",
        region: "us-west-1",
        nth: 2,
      },
      {
        step: "bringBack",
        key: "orders",
        victim: "Ctrl-C twice",
        operation: "CancelKeyDeletion",
        region: "eu-west-1",
      },
      { step: "make", key: "invoices", victim: "pulumi alone", operation: "GetParametersForImport" },
    ],
  );

  it("leaves Pulumi's note of the creates under way, which a refresh clears; it finds no drift", async () => {
    assert.ok((await world.pendingCreates()) > 0);
    const { stdout } = await world.project.refresh({
      args: ["--clear-pending-creates", "--expect-no-changes"],
    });
    assert.equal(await world.pendingCreates(), 0);
    assert.doesNotMatch(stdout, /drift/);
  });

  it("the destruction of it all: pulumi and its provider killed at ScheduleKeyDeletion", async () => {
    await world.stoppedAndDestroyedAgain({ victim: "all", operation: "ScheduleKeyDeletion", nth: 3 });
  });
});
