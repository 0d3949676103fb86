/** Names of the distributions of this run. If another stack has the requested alias, a distribution takes the next name. */
export class DistributionNames {
  readonly #reserved = new Set<string>();
  readonly #actual = new Map<string, string>();
  readonly #returning = new Set<string>();

  /** False if this run has reserved the name for another distribution. */
  reserve(name: string): boolean {
    if (this.#reserved.has(name)) return false;
    this.#reserved.add(name);
    return true;
  }

  isReserved(name: string): boolean {
    return this.#reserved.has(name);
  }

  /** A new resource stands for a distribution that is in use, although its program asks for new KMS keys: it asked when that was made. */
  recordReturn(name: string): void {
    this.#returning.add(name);
  }

  isReturn(name: string): boolean {
    return this.#returning.has(name);
  }

  /** A distribution has another name than the requested one. */
  recordActual(requested: string, actual: string): void {
    this.#actual.set(requested, actual);
    this.reserve(actual);
  }

  /** The name that a distribution really has. */
  actualOf(requested: string): string {
    return this.#actual.get(requested) ?? requested;
  }
}
