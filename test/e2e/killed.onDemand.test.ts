import { eachStopped } from "./killed/lane";
import { World } from "./killed/world";

describe("pulumi up is stopped while keys rotate on demand, and run again until it is done", function () {
  this.timeout(300_000);
  let world: World;
  before(async () => {
    world = await World.open("on-demand");
  });
  after(() => world?.close());

  eachStopped(
    () => world,
    [
      {
        step: "make",
        key: "orders",
        victim: "provider",
        operation: "ImportKeyMaterial",
        region: "us-west-1",
      },
      { step: "rotate", key: "orders", victim: "all", operation: "ImportKeyMaterial", region: "us-west-1" },
      {
        step: "rotate",
        key: "orders",
        victim: "provider",
        operation: "ImportKeyMaterial",
        region: "eu-west-1",
      },
      { step: "rotate", key: "orders", victim: "all", operation: "RotateKeyOnDemand" },
      { step: "rotate", key: "orders", victim: "Ctrl-C", operation: "RotateKeyOnDemand" },
      { step: "remove", key: "orders", victim: "all", operation: "ScheduleKeyDeletion", region: "eu-west-1" },
      {
        step: "bringBack",
        key: "orders",
        victim: "all",
        operation: "ImportKeyMaterial",
        region: "us-west-1",
      },
    ],
  );

  it("leaves nothing to do", async () => {
    await world.project.refresh({ args: ["--clear-pending-creates", "--expect-no-changes"] });
    await world.project.preview({ args: ["--expect-no-changes"] });
  });
});
