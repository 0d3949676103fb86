import assert from "node:assert/strict";
import type { LocalKms } from "../../../local-kms/src/index";
import { clientsOr } from "../../compat/support";
import { startLocalKms } from "../../world/localKms";
import { follow } from "./page/follow";
import { Operator } from "./page/operator";
import { sectionsOf } from "./page/page";

const ORDER = "two boxes of tea";

describe("README.md, block by block", function () {
  this.timeout(200_000);
  let local: LocalKms;
  let operator: Operator;

  before(async function () {
    const { python } = await clientsOr(this);
    local = await startLocalKms({ config: { replicaCreatingMillis: 50 } });
    operator = await Operator.begin(python, {
      language: "typescript",
      env: { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "any", AWS_ENDPOINT_URL: local.url },
    });
  });
  after(async () => {
    await operator?.project.close();
    await local?.close();
  });

  it("its program gives both Regions a key, under the alias that its commands use (quickstart.test.ts has the first block)", async () => {
    const blocks = sectionsOf("README.md").flatMap((section) =>
      section.title === "Try it" ? [] : section.blocks,
    );
    const use = {
      before: async () => {
        await operator.paste("pulumi up");
        await operator.write("program/order.txt", ORDER);
      },
      after: async (printed: string) => assert.equal(printed, ORDER),
    };
    await follow(operator, blocks, [use]);
  });
});
