import assert from "node:assert/strict";
import sinon from "sinon";
import { keyTypeOf } from "../../../provider/keys/keyTypes";
import { resourcesOf } from "../../../provider/resources";
import { Run } from "../../../provider/run";
import { inputsOf } from "./goodInputs";

describe("a key that takes long to generate", () => {
  afterEach(() => sinon.restore());

  const create = async (generate: () => Promise<Buffer>) => {
    const { material } = keyTypeOf("rsa-2048");
    const own = material.generate.bind(material);
    sinon.stub(material, "generate").callsFake(async () => {
      await generate();
      return own();
    });
    const said = sinon.stub(console, "error");
    const managedKey = resourcesOf(new Run()).ManagedKey;
    const inputs = { type: "rsa-2048", material: undefined, rotationTrigger: undefined };
    const { inputs: checked, mistakes } = await managedKey.check(undefined, inputsOf("ManagedKey", inputs));
    assert.deepEqual(mistakes, []);
    await managedKey.create(checked);
    return said.args.map(([line]) => String(line));
  };

  it("is said to, once, while it is generated", async () => {
    const clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const lines = await create(() => clock.tickAsync(10_000) as unknown as Promise<Buffer>);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /is still being generated; a key of type rsa-2048 may take long/);
  });

  it("and no other is", async () => assert.deepEqual(await create(async () => Buffer.alloc(0)), []));
});
