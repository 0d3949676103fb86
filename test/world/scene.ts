import {
  DescribeKeyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type {
  InterceptedRequest,
  Interception,
  LocalKms,
  LocalKmsConfig,
  RequestLogEntry,
} from "../../local-kms/src/index";
import type { KmsKeyRecords } from "../../provider/state/types";
import { Application } from "./application";
import { lagging } from "./localKms";
import { Observer } from "./observer";
import { localKms, Program } from "./program";
import { type Blow, ProviderProcess, type Ran } from "./providerProcess";

export const HOME = "us-west-1";
export const ABROAD = "eu-west-1";
/** A third Region, which most tests do not use. */
export const FAR = "us-east-1";
export const REGIONS = [HOME, ABROAD];
export const DEV = "organization/shop/dev";
export const PROD = "organization/shop/prod";

/** A KMS key as people see it. */
export interface SeenKmsKey {
  keyId: string;
  keyArn: string;
  state: string;
  tags: Record<string, string>;
  aliases: string[];
}

/** A request that changes something, or asks to import. */
interface Write {
  operation: string;
  region: string;
  keyId?: string;
  aliasName?: string;
}

/** One that was done. */
type Change = Pick<Write, "operation" | "region" | "keyId">;

/** A scene that each test of a `describe` finds new, and a program whose stack is empty then. */
export function useScene(config: LocalKmsConfig = {}): { scene: Scene; program: Program } {
  const scene = new Scene();
  const program = scene.program();
  beforeEach(async () => {
    await scene.open(config);
    program.reset();
  });
  afterEach(() => scene.close());
  return { scene, program };
}

/** An account of a local KMS, what was asked of it, and what people see in it. Lines that are said are kept, not printed. */
export class Scene {
  /** What was tried: it may have been refused. */
  readonly writes: Write[] = [];
  intercept: (request: InterceptedRequest) => Interception | undefined = () => undefined;
  readonly changes: Change[] = [];
  local!: LocalKms;
  private readonly applications = new Map<string, Application>();
  private readonly observers = new Map<string, Observer>();
  private console!: sinon.SinonStub;
  private clock: sinon.SinonFakeTimers | undefined;
  /** The one that runs now. Other requests are those of applications and of people. */
  private process: ProviderProcess | undefined;

  /**
   * @param options.now when it begins; by default this machine's clock goes on
   * @param options.dataDir folder of the local KMS
   */
  async open(config: LocalKmsConfig = {}, options: { now?: Date; dataDir?: string } = {}): Promise<void> {
    const { now, dataDir } = options;
    if (now) this.clock = sinon.useFakeTimers({ now, toFake: ["Date"], shouldAdvanceTime: true });
    const intercept = (request: InterceptedRequest) => this.see(request);
    const log = (entry: RequestLogEntry) => {
      this.process?.carriedOut();
      const { operation, region, keyId, outcome } = entry;
      if (outcome === "ok" && !READS.test(operation) && operation !== "GetParametersForImport")
        this.changes.push({ operation, region, keyId: idOf(keyId) });
    };
    this.local = await localKms({ replicaCreatingMillis: 0, intercept, ...config }, { log, dataDir });
    this.console = sinon.stub(console, "error");
  }

  /** All is forgotten, so that it can be opened again. */
  async close(): Promise<void> {
    this.clock?.restore();
    this.console.restore();
    this.intercept = () => undefined;
    for (const kept of [this.writes, this.changes]) kept.length = 0;
    this.applications.clear();
    this.observers.clear();
    await this.local.close();
  }

  /** Time goes by, in a scene that has a clock of its own. */
  wait(days: number): void {
    this.clock!.setSystemTime(Date.now() + days * 24 * 60 * 60 * 1000);
  }

  /** A run in a provider process of its own. Where that is killed, the state is as the engine has last recorded it. */
  async run(program: Program, work: () => Promise<unknown>, blow?: Blow): Promise<Ran> {
    const process = new ProviderProcess(blow);
    program.settings = { connections: process };
    this.process = process;
    try {
      return await lagging(() => process.run(work));
    } finally {
      this.process = undefined;
      if (process.isDead) program.settings = {};
    }
  }

  program(stack = DEV): Program {
    return new Program(this, undefined, stack);
  }

  get url(): string {
    return this.local.url;
  }

  in(region: string): Application {
    const known = this.applications.get(region) ?? new Application(this.local, region);
    this.applications.set(region, known);
    return known;
  }

  /** Looks at a Region. */
  at(region: string): Observer {
    const known = this.observers.get(region) ?? new Observer(this.local, region);
    this.observers.set(region, known);
    return known;
  }

  /** What was said since the last time this was asked. */
  said(): string {
    const lines = this.lines.join("\n");
    this.console.resetHistory();
    return lines;
  }

  get lines(): string[] {
    return this.console.args.map(([line]) => String(line));
  }

  /** Every KMS key of a Region, or of those with these ids. */
  async kmsKeys(region = HOME, ids?: string[]): Promise<SeenKmsKey[]> {
    const application = this.in(region);
    const [{ Keys = [] }, { Aliases = [] }] = await Promise.all([
      application.send(new ListKeysCommand({})),
      application.send(new ListAliasesCommand({})),
    ]);
    const seen = Keys.filter(({ KeyId }) => !ids || ids.includes(KeyId!)).map(async ({ KeyId, KeyArn }) => {
      const { KeyMetadata } = await application.send(new DescribeKeyCommand({ KeyId }));
      const { Tags = [] } = await application.send(new ListResourceTagsCommand({ KeyId }));
      const aliases = Aliases.filter(({ TargetKeyId }) => TargetKeyId === KeyId).map(
        ({ AliasName }) => AliasName!,
      );
      return {
        keyId: KeyId!,
        keyArn: KeyArn!,
        state: KeyMetadata!.KeyState!,
        tags: Object.fromEntries(Tags.map(({ TagKey, TagValue }) => [TagKey!, TagValue!])),
        aliases: aliases.sort(),
      };
    });
    return (await Promise.all(seen)).sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
  }

  /** The same in every Region. */
  async everywhere(ids?: string[]): Promise<Record<string, SeenKmsKey[]>> {
    const seen = REGIONS.map(async (region) => [region, await this.kmsKeys(region, ids)] as const);
    return Object.fromEntries(await Promise.all(seen));
  }

  /** KeyStates by Region of the KMS keys with these ids. */
  async states(ids: string[]): Promise<Record<string, string[]>> {
    const seen = await this.everywhere(ids);
    return Object.fromEntries(
      REGIONS.map((region) => [
        region,
        ids.flatMap((id) => seen[region]!.filter(({ keyId }) => keyId === id).map(({ state }) => state)),
      ]),
    );
  }

  /** Calls of which one or more were made by the work; no STS. */
  async callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    this.local.resetCounts();
    await work();
    return this.local.counts();
  }

  private see(request: InterceptedRequest): Interception | undefined {
    const { operation, region } = request;
    if (!READS.test(operation)) {
      const { KeyId, TargetKeyId, AliasName } = request.input as Record<string, string | undefined>;
      const keyId = idOf(KeyId ?? TargetKeyId);
      this.writes.push({
        operation,
        region,
        ...(keyId && { keyId }),
        ...(AliasName && { aliasName: AliasName }),
      });
    }
    return this.process?.intercept(request) ?? this.intercept(request);
  }
}

const idOf = (keyId: string | undefined) => keyId?.split("/").at(-1);

/** GetParametersForImport is not among them: it is the first half of an import. */
const READS = /^(Describe|List|GetKeyPolicy|GetPublicKey|Encrypt|Decrypt|sts:)/;

/** What there is but for the tag of the distribution, which may be the name that was asked for or the one that was given. */
export function untagged(everywhere: Record<string, SeenKmsKey[]>): Record<string, SeenKmsKey[]> {
  const without = (key: SeenKmsKey) => {
    const { "keymgmt:distribution": _, ...tags } = key.tags;
    return { ...key, tags };
  };
  return Object.fromEntries(Object.entries(everywhere).map(([region, keys]) => [region, keys.map(without)]));
}

/** `pulumi destroy`: what is in the state, in the order of dependence. */
export async function destroy(program: Program): Promise<void> {
  for (const [type, name] of [
    ["keyReplica", ABROAD],
    ["keyDistribution", "distribution"],
    ["managedKey", "key"],
  ] as const)
    if (program.states.has(name)) await program.destroy(type, name);
}

/** KMS keys by version, as the state has them. */
export function recordsOf(program: Program, name = "distribution"): KmsKeyRecords {
  return program.outputs(name).versions as KmsKeyRecords;
}

export function idsOf(program: Program, name = "distribution"): string[] {
  return [...new Set(Object.values(recordsOf(program, name)).map(({ keyId }) => keyId))];
}

export function aliasOf(program: Program, name = "distribution"): string {
  return String(program.outputs(name).aliasName);
}

/** The `adopt` that a refusal names, of KMS keys whose material the key holds. */
export function adoptIn(message: string): { aliasName?: string; versions: Record<string, string> } {
  const [, named] = /name them: `adopt: (\{.*?\})` of the KeyDistribution/.exec(message) ?? [];
  return JSON.parse(named!.replaceAll(/(\w+):/g, '"$1":'));
}
