import assert from "node:assert/strict";
import { ListKeysCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../local-kms/src/index";
import { Application } from "../../world/application";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project, type Result } from "../support";
import { ABROAD, HOME } from "./programs";

interface Resource {
  urn: string;
  id?: string;
  inputs?: object;
  outputs?: object;
}

interface InUse {
  alias: string;
  keyId: string;
  regions: string[];
  ciphertext: Uint8Array;
}

/** What takes something away from those who use a key. */
const TAKES_AWAY = [
  "ScheduleKeyDeletion",
  "DeleteAlias",
  "UpdateAlias",
  "DisableKey",
  "DeleteImportedKeyMaterial",
];
const ONLY_READS = /^(Describe|List|Get(?!ParametersForImport))/;

let accounts = 0;

/** A stack whose keys applications use, in an AWS account of its own: each alias and a ciphertext are known from the start. */
export class Stack {
  private inUse: InUse[] = [];
  /** The resources that the right program makes, as they are in the state. */
  private resources: Resource[] = [];
  private readonly applications: Record<string, Application>;

  private constructor(
    private readonly local: LocalKms,
    readonly project: Project,
    /** The program that is right: what the stack was brought up with. */
    readonly program: string,
    account: string,
  ) {
    const inRegion = (region: string) => [region, new Application(local, region, account)];
    this.applications = Object.fromEntries([HOME, ABROAD].map(inRegion));
  }

  static async open(local: LocalKms, program: string): Promise<Stack> {
    const account = String(100_000_000_000 + ++accounts);
    const env = { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "secret" };
    const stack = new Stack(local, await openProject({ program, env }), program, account);
    try {
      await stack.project.up();
      const aliases: Record<string, string> = await stack.project.outputs();
      stack.inUse = await Promise.all(Object.values(aliases).map((alias) => stack.used(alias)));
      stack.resources = await stack.inState();
      return stack;
    } catch (error) {
      await stack.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.project.close();
  }

  private async used(alias: string): Promise<InUse> {
    const home = this.in(HOME);
    const { KeyId, MultiRegion } = await home.describe(alias);
    const ciphertext = await home.encrypt(alias, `kept under ${alias}`);
    return { alias, keyId: KeyId!, regions: MultiRegion ? [HOME, ABROAD] : [HOME], ciphertext };
  }

  in(region: string): Application {
    return this.applications[region]!;
  }

  /** Of the key with this name, what applications use. */
  of(key: string): InUse {
    return this.inUse.find(({ alias }) => alias.includes(`/${key}-`))!;
  }

  /** In every Region each alias points to the KMS key that it pointed to at the start, it is Enabled, and all decrypts. */
  async isInUse(): Promise<void> {
    for (const { alias, keyId, regions, ciphertext } of this.inUse)
      for (const region of regions) {
        const { KeyId, KeyState } = await this.in(region).describe(alias);
        assert.deepEqual([KeyId, KeyState], [keyId, "Enabled"], `${alias} in ${region}`);
        const fresh = await this.in(region).encrypt(alias, `of ${region}`);
        for (const other of regions) {
          assert.equal((await this.in(other).decrypt(ciphertext)).text, `kept under ${alias}`);
          assert.equal((await this.in(other).decrypt(fresh)).text, `of ${region}`);
        }
      }
  }

  /** State of a key's first KMS key, by Region. */
  async statesOf(key: string): Promise<(string | undefined)[]> {
    const { keyId, regions } = this.of(key);
    const states = regions.map(async (region) => (await this.in(region).describe(keyId)).KeyState);
    return Promise.all(states);
  }

  /** The Regions in which a key's alias is there. */
  async aliasesOf(key: string): Promise<string[]> {
    const { alias, regions } = this.of(key);
    const there = regions.map(async (region) => {
      const found = await this.in(region).describe(alias).catch(notFound);
      return found ? [region] : [];
    });
    return (await Promise.all(there)).flat();
  }

  /** KMS keys of the account, those on which no deletion is pending. */
  async kmsKeys(): Promise<string[]> {
    const inRegion = async (region: string) => {
      const { Keys = [] } = await this.in(region).send(new ListKeysCommand({}));
      const found = await Promise.all(Keys.map(({ KeyId }) => this.in(region).describe(KeyId!)));
      return found.filter(
        ({ DeletionDate, KeyState }) => !DeletionDate && KeyState !== "PendingReplicaDeletion",
      );
    };
    const found = (await Promise.all([HOME, ABROAD].map(inRegion))).flat();
    return found.map(({ Arn }) => Arn!).sort();
  }

  /** Of a resource of the right program. */
  urn(type: string, name: string): string {
    const resource = this.resources.find(({ urn }) => urn.endsWith(`:${type}::${name}`));
    assert.ok(resource, `the program has no ${type} ${name}`);
    return resource.urn;
  }

  /**
   * Every resource in the state, but for the stack itself and Pulumi's own provider, which a destroy takes in any case.
   */
  private async inState(): Promise<Resource[]> {
    const resources: Resource[] = (await this.project.state()).resources;
    return resources
      .filter(({ urn }) => !/::pulumi:(pulumi:Stack|providers:[^:]+)::/.test(urn))
      .map(({ urn, id, inputs, outputs }) => ({ urn, id, inputs, outputs }))
      .sort((a, b) => (a.urn < b.urn ? -1 : 1));
  }

  /** What a run said, and the operations that it called: all, and those that change something in AWS. */
  async changes(run: () => Promise<Result>): Promise<{ said: string; calls: string[]; changes: string[] }> {
    this.local.resetCounts();
    const { stdout, stderr } = await run();
    const calls = Object.keys(this.local.counts());
    return {
      said: `${stdout}\n${stderr}`,
      calls,
      changes: calls.filter((operation) => !ONLY_READS.test(operation)),
    };
  }

  /** A run that must be refused: it changes nothing in AWS, the state says the same as before, and all is in use. */
  async refuses(run: () => Promise<Result>): Promise<{ said: string; calls: string[] }> {
    const { said, calls, changes } = await this.changes(run);
    assert.deepEqual(changes, []);
    assert.deepEqual(await this.inState(), this.resources);
    await this.isInUse();
    await this.project.setProgram(this.program);
    return { said, calls };
  }

  /** An update finds nothing to change, and calls AWS for nothing. */
  async hasNothingToDo(): Promise<void> {
    const { calls } = await this.changes(() => this.project.up({ args: ["--expect-no-changes"] }));
    assert.deepEqual(calls, []);
  }

  /** A run that may make something, and takes nothing away. */
  async takesNothingAway(run: () => Promise<Result>): Promise<string> {
    const { said, changes } = await this.changes(run);
    assert.deepEqual(
      changes.filter((operation) => TAKES_AWAY.includes(operation)),
      [],
    );
    await this.isInUse();
    return said;
  }
}

/** A local KMS for all tests of a describe. */
export function useLocalKms(): () => LocalKms {
  let local: LocalKms;
  before(async () => {
    local = await startLocalKms({ config: { replicaCreatingMillis: 0 } });
  });
  after(() => local?.close());
  return () => local;
}

/** A stack of its own, for a test that changes it. */
export async function onStack(
  local: LocalKms,
  program: string,
  test: (stack: Stack) => Promise<void>,
): Promise<void> {
  const stack = await Stack.open(local, program);
  try {
    await test(stack);
  } finally {
    await stack.close();
  }
}

/** One stack for all tests of a describe, as what is refused leaves it as it was. After a test that failed the next one gets a new one. */
export function sharedStack(local: () => LocalKms, program: (url: string) => string): () => Stack {
  let stack: Stack | undefined;
  const close = async () => {
    await stack?.close();
    stack = undefined;
  };
  beforeEach(async () => {
    stack ??= await Stack.open(local(), program(local().url));
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed") await close();
  });
  after(close);
  return () => stack!;
}

/** The sentence in which a delete was refused: it names the ways on. */
export function assertNamesWaysOn(said: string): void {
  const errors = said.split("\n").map((line) => line.trim());
  const refusals = errors.filter((line) => /^error: .*deletionAllowed/.test(line));
  assert.ok(refusals.length > 0, said);
  for (const refusal of refusals) {
    for (const way of ["deletionAllowed: true", "retainOnDelete", "aliases"])
      assert.ok(refusal.includes(way), `${way} is not in: ${refusal}`);
    assert.match(refusal, /\.$/);
    assert.doesNotMatch(refusal, /[.!?] [A-Z]/);
  }
}

function notFound(error: Error): undefined {
  assert.equal(error.name, "NotFoundException");
}
