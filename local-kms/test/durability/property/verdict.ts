/** What AWS's documents let a request come to. They say which rules there are, and not which is looked at first. */
export class Verdict {
  private readonly names = new Set<string>();
  private mustFail = false;

  /** Refused by one of these errors where the condition holds. */
  refuse(condition: boolean, ...names: string[]): this {
    if (condition) this.mustFail = true;
    return this.open(condition, ...names);
  }

  /** Carried out or refused by one of these errors: the documents do not say, or say both. */
  open(condition: boolean, ...names: string[]): this {
    if (condition) for (const name of names) this.names.add(name);
    return this;
  }

  /** Fails where an answer is outside of it; `refusal` is the name of an error. */
  check(refusal: string | undefined): void {
    if (refusal === undefined ? !this.mustFail : this.names.has(refusal)) return;
    throw new Error(`Expected ${this}, got ${refusal ?? "that it is carried out"}`);
  }

  toString(): string {
    const errors = [...this.names].join(" or ");
    if (errors === "") return "that it is carried out";
    return this.mustFail ? errors : `that it is carried out, or ${errors}`;
  }
}
