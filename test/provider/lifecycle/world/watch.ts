/** What must hold at every moment of a run: it is looked at before and after each write. */
import type { Watcher, Write } from "./aws/connection";
import { type Aws, keyIn } from "./aws/model";
import { signsAfter } from "./publication";
import { declares } from "./stack/program";
import { decrypts, versionIn, type World, withUse } from "./world";

export class Violation extends Error {}

/** Watches a run of one side, and remembers what it makes. */
export class Watch implements Watcher {
  owners: World["owners"];
  used: World["used"];
  /** What failed to hold: it may be swallowed on its way up. */
  violation?: Violation;
  readonly #usable: [region: string, id: string][];
  readonly #aliases: [region: string, name: string][];
  /** The version that aliases may be put on. */
  readonly #signs: number;

  constructor(
    private readonly before: World,
    private readonly of: number,
  ) {
    this.owners = before.owners;
    this.used = before.used;
    this.#signs = signsAfter(before, of);
    const { aws } = before;
    const { program } = before.sides[of]!;
    const regions = Object.keys(aws.regions).filter((region) => declares(program, region));
    this.#usable = regions.flatMap((region) =>
      before.used
        .filter(
          (id) =>
            this.#owns(region, id) &&
            decrypts(aws, region, id) &&
            versionIn(keyIn(aws, region, id)!) >= program.minimum,
        )
        .map((id): [string, string] => [region, id]),
    );
    this.#aliases = regions.flatMap((region) =>
      Object.entries(aws.regions[region]!.aliases)
        .filter(([name, id]) => this.#owns(region, name) && decrypts(aws, region, id))
        .map(([name]): [string, string] => [region, name]),
    );
  }

  attempted({ operation, input, region }: Write, aws: Aws): void {
    const { KeyId, TargetKeyId, AliasName } = input as Record<string, string | undefined>;
    const id = KeyId ?? TargetKeyId;
    if (id !== undefined && keyIn(aws, region, id) && !this.#owns(region, id))
      this.#fail(`${operation} touches ${id} in ${region}, which is not this stack's`);
    if (operation === "CreateAlias" || AliasName === undefined) return;
    if (aws.regions[region]!.aliases[AliasName] !== undefined && !this.#owns(region, AliasName))
      this.#fail(`${operation} touches ${AliasName} in ${region}, which is not this stack's`);
  }

  done(write: Write, before: Aws, after: Aws): void {
    const { operation, input, region } = write;
    const id = (input.KeyId ?? input.TargetKeyId) as string | undefined;
    switch (operation) {
      case "CreateKey": {
        const made = Object.keys(after.regions[region]!.keys).find((one) => !keyIn(before, region, one));
        this.#own(`${region}/${made}`);
        break;
      }
      case "ReplicateKey":
        this.#own(`${input.ReplicaRegion}/${id}`);
        break;
      case "CreateAlias":
      case "UpdateAlias":
        this.#own(`${region}/${input.AliasName}`);
        this.#aliasPoints(after, region, id!, operation === "CreateAlias");
        break;
      case "DeleteAlias": {
        const { [`${region}/${input.AliasName}`]: _, ...owners } = this.owners;
        this.owners = owners;
        break;
      }
      case "ScheduleKeyDeletion":
        this.#scheduled(region, id!);
        break;
      case "DeleteImportedKeyMaterial":
        this.#fail(`the material of ${id} in ${region} is deleted`);
    }
    this.used = withUse(this.used, after, this.owners);
    this.#nothingIsLost(after);
  }

  #nothingIsLost(aws: Aws): void {
    for (const [region, id] of this.#usable)
      if (!decrypts(aws, region, id)) this.#fail(`${id} in ${region} no longer decrypts, during an update`);
    for (const [region, name] of this.#aliases) {
      const id = aws.regions[region]!.aliases[name];
      if (id === undefined) this.#fail(`${name} in ${region} is gone, during an update`);
      else if (!decrypts(aws, region, id))
        this.#fail(`${name} in ${region} does not encrypt, during an update`);
    }
  }

  /** What is encrypted through it now can be decrypted wherever the stack's alias works. */
  #aliasPoints(aws: Aws, region: string, id: string, isNew: boolean): void {
    const key = keyIn(aws, region, id)!;
    // What others have done since the last refresh is not seen: then no more is asked than that nothing gets worse.
    if (this.before.isDisturbed) return;
    if (!decrypts(aws, region, id))
      this.#fail(`the alias in ${region} is put on ${id}, which is not Enabled`);
    if (versionIn(key) !== this.#signs)
      this.#fail(`the alias in ${region} is put on version ${versionIn(key)}, not ${this.#signs}`);
    if (isNew) return; // nobody used it, and a KeyReplica that is made with it comes after it
    for (const [there] of this.#aliases)
      if (!decrypts(aws, there, id))
        this.#fail(`the alias in ${region} is put on ${id}, which does not decrypt in ${there}`);
  }

  /**
   * Nothing that the program wants is given up. A rotation on demand takes back a replica that waits for its deletion, and
   * gives it up again; where the program wants it, its KeyReplica takes it back after that (settled.ts looks at the end).
   */
  #scheduled(region: string, id: string): void {
    const { program, strategy } = this.before.sides[this.of]!;
    if (strategy === "on-demand" && !decrypts(this.before.aws, region, id)) return;
    if (this.used.includes(id) && declares(program, region))
      this.#fail(`the deletion of ${id} in ${region} is scheduled, which the program declares`);
  }

  #owns(region: string, what: string): boolean {
    return this.owners[`${region}/${what}`] === this.of;
  }

  #own(what: string): void {
    this.owners = { ...this.owners, [what]: this.of };
  }

  #fail(message: string): void {
    this.violation ??= new Violation(message);
  }
}
