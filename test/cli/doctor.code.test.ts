import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type CodeFinding, codeIn } from "../../cli/doctor/code";
import { providerText } from "../../sdk/providerText";
import { fileOf, keymgmt, secret } from "./support";

const KEY = "pulumi-nodejs:dynamic/keymgmt:ManagedKey";
const OTHER = "pulumi-nodejs:dynamic/shop:Coupon";
const LINE = providerText("ManagedKey");
const FOREIGN = "exports.handler = () => { throw new Error(process.env.HOME); };";
const SHA = createHash("sha256").update(FOREIGN).digest("hex");

const urn = (type: string) => `urn:pulumi:dev::shop::${type}::it`;
const resource = (type: string, inputs: unknown, outputs: unknown = inputs, more: object = {}) => ({
  urn: urn(type),
  type,
  propertyDependencies: { __provider: [] },
  inputs: inputs === undefined ? undefined : { a: 1, __provider: inputs },
  outputs: outputs === undefined ? undefined : { a: 1, __provider: outputs },
  ...more,
});
const key = (inputs: unknown, outputs: unknown = inputs, more: object = {}) =>
  resource(KEY, inputs, outputs, more);
const shown = (text: string) => ({ ...secret(""), ciphertext: undefined, plaintext: JSON.stringify(text) });
const state = (resources: object[], more: object = {}) =>
  JSON.stringify({ version: 3, deployment: { resources, ...more } });

describe("code in a state", () => {
  const found = (resources: object[], allowed: string[] = [], more = {}) =>
    codeIn(state(resources, more), "the state", allowed);
  const verdicts = (findings: CodeFinding[]) => findings.map(({ verdict }) => verdict);

  it("is this package's where it is its constant line, in every type, with or without --show-secrets", () => {
    const types = ["KmsProvider", "ManagedKey", "DistributionAlias", "KeyDistribution", "KeyReplica"];
    const own = types.map((type) => resource(`pulumi-nodejs:dynamic/keymgmt:${type}`, providerText(type)));
    assert.deepEqual(verdicts(found(own)), Array(5).fill("own"));
    assert.deepEqual(verdicts(found([key(shown(LINE))])), ["own"]);
  });

  it("is the line that release 0.1.0 wrote", () => {
    assert.equal(LINE, 'exports.handler = () => require("pulumi-keymgmt/dynamic").ManagedKey;');
  });

  for (const [title, one] of [
    ["other text in the inputs, which a refresh compares", key(FOREIGN, LINE)],
    ["other text in the outputs, which a delete runs", key(LINE, FOREIGN)],
    ["another type's line", key(providerText("KeyReplica"))],
    ["the line and more", key(`${LINE}\n`)],
    ["a secret", key(secret("v1:abc"))],
    ["a secret of other text", key(shown(FOREIGN))],
    ["no text", key([LINE])],
    ["a secret that is no JSON", key({ ...shown(""), plaintext: FOREIGN })],
    ["none in the outputs", key(LINE, undefined, { outputs: { a: 1 } })],
    ["none in the inputs", key(LINE, LINE, { inputs: { a: 1 } })],
    ["other text where it waits for its deletion", key(LINE, FOREIGN, { delete: true })],
    [
      "other text under a name that Go takes for the same",
      key(LINE, LINE, { Outputs: { __provider: FOREIGN } }),
    ],
  ] as const) {
    it(`of one of this package's types is refused, whatever is allowed: ${title}`, () => {
      const findings = found([one], [`${KEY}@${SHA}`]);
      const refused = findings.filter(({ verdict }) => verdict === "refused");
      assert.equal(refused.length, 1);
      assert.equal(refused[0]!.urn, urn(KEY));
      assert.match(refused[0]!.why!, /^Expected the text of its `__provider` to be this package's/);
    });
  }

  it("of this package's types is looked at in operations that were cut off", () => {
    const operation = { type: "creating", resource: key(FOREIGN, undefined) };
    assert.deepEqual(verdicts(found([], [], { pending_operations: [operation] })), ["refused"]);
    const own = { type: "creating", resource: key(LINE, undefined) };
    assert.deepEqual(verdicts(found([], [], { pending_operations: [own] })), ["own"]);
  });

  for (const type of [OTHER, "pulumi-python:dynamic/__main__:Coupon", "aws:s3/bucket:Bucket", "a:b:C"]) {
    it(`of any other type is refused until it is allowed by its hash: ${type}`, () => {
      const [refused] = found([resource(type, FOREIGN)]);
      assert.equal(refused!.verdict, "refused");
      assert.ok(refused!.why!.endsWith(`give --allow-dynamic ${type}@${SHA}`));
      assert.deepEqual(verdicts(found([resource(type, FOREIGN)], [`${type}@${SHA}`])), ["allowed"]);
      assert.deepEqual(verdicts(found([resource(type, `${FOREIGN} `)], [`${type}@${SHA}`])), ["refused"]);
      assert.deepEqual(verdicts(found([resource(type, FOREIGN)], [`${OTHER}x@${SHA}`])), ["refused"]);
    });
  }

  it("that is encrypted is refused, with the command that shows it", () => {
    const [encrypted] = found([resource(OTHER, secret("v1:abc"))]);
    assert.match(
      encrypted!.why!,
      /pulumi stack export --show-secrets \| keymgmt doctor --offline --state -$/,
    );
    assert.deepEqual(verdicts(found([resource(OTHER, shown(FOREIGN))], [`${OTHER}@${SHA}`])), ["allowed"]);
  });

  it("is not offered as a flag where its type would mean something to a shell", () => {
    const [finding] = found([resource("pulumi-nodejs:dynamic:$(touch it)", FOREIGN)]);
    assert.equal(finding!.verdict, "refused");
    assert.doesNotMatch(finding!.why!, /--allow-dynamic/);
  });

  const provider = (name: string, inputs: object = {}, type = `pulumi:providers:${name}`) => ({
    urn: urn(`pulumi:providers:${name}`),
    type,
    inputs,
  });

  it("is every plugin that the engine starts for a provider in the state, and where it comes from", () => {
    assert.deepEqual(found([provider("pulumi-nodejs", { "shop:region": "a" }), provider("pulumi")]), []);
    const [plain] = found([provider("command", { version: "1.0.0" })]);
    assert.equal(plain!.verdict, "refused");
    const flag = /--allow-dynamic (pulumi:providers:command@[\da-f]{64})$/.exec(plain!.why!)![1]!;
    assert.deepEqual(verdicts(found([provider("command", { version: "2.0.0" })], [flag])), ["allowed"]);
    for (const inputs of [
      { pluginDownloadURL: "https://example.com" },
      { __internal: { pluginDownloadURL: "https://example.com" } },
      { __internal: { name: "other" } },
      { __internal: { parameterization: { name: "other", version: "1.0.0", value: "" } } },
    ]) {
      assert.deepEqual(verdicts(found([provider("command", inputs)], [flag])), ["refused"]);
      assert.deepEqual(verdicts(found([provider("pulumi-nodejs", inputs)])), ["refused"]);
    }
    assert.deepEqual(verdicts(found([provider("command", {}, "a:b:C")])), ["refused"], "by its URN");
  });

  it("is every snippet that the engine evaluates", () => {
    const [finding] = found([], [], { snippets: [{ source: "resource x y {}" }] });
    assert.equal(finding!.verdict, "refused");
    assert.deepEqual(verdicts(found([], [], { snippets: [], extensions: {} })), []);
  });

  it("is none in the state of a new stack", () => {
    for (const deployment of [{}, { resources: null }, null])
      assert.deepEqual(codeIn(JSON.stringify({ version: 3, deployment }), "the state", []), []);
  });
});

describe("keymgmt doctor, with code in the state", function () {
  this.timeout(60_000);
  const NO_AWS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
  const doctor = (resources: object[], ...args: string[]) =>
    keymgmt(["doctor", "--state", "-", ...args], { input: state(resources), env: NO_AWS });

  it("needs no AWS, and ends with 0 where all is this package's or allowed", async () => {
    const { code, stdout } = await doctor(
      [key(LINE), resource(OTHER, FOREIGN)],
      "--offline",
      "--allow-dynamic",
      `${OTHER}@${SHA}`,
    );
    assert.equal(
      stdout,
      `code         1 of this package, 1 allowed, 0 refused
  allowed    ${urn(OTHER)}

Nothing to fix.
`,
    );
    assert.equal(code, 0);
  });

  it("names what it refuses, ends with 3, and asks AWS nothing, with or without --offline", async () => {
    for (const flags of [[], ["--offline"]]) {
      const { code, stdout } = await doctor([key(LINE, FOREIGN)], ...flags);
      assert.match(stdout, new RegExp(`! ${urn(KEY).replaceAll(/[/]/g, "\\/")}:`));
      assert.doesNotMatch(stdout, /credentials/);
      assert.equal(code, 3);
    }
  });

  it("prints it as JSON", async () => {
    const { stdout } = await doctor([key(LINE)], "--offline", "--json");
    const { code, problems } = JSON.parse(stdout);
    const sha256 = createHash("sha256").update(LINE).digest("hex");
    assert.deepEqual(code, [{ urn: urn(KEY), type: KEY, sha256, verdict: "own", why: null }]);
    assert.deepEqual(problems, []);
  });

  it("takes --offline with a state alone, and --allow-dynamic as it prints it", async () => {
    assert.equal((await keymgmt(["doctor", "--offline"])).code, 2);
    const { code, stderr } = await keymgmt([
      "doctor",
      "--state",
      await fileOf(state([])),
      "--allow-dynamic",
      OTHER,
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /Expected TYPE@SHA256/);
  });
});
