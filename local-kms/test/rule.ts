/** A rule of AWS KMS and AWS's page that says so. */
export interface Rule {
  readonly source: string;
}

/**
 * A test of a rule that AWS documents: its title is the rule, in a sentence that a user of AWS KMS understands. The
 * fidelity table of docs/local-kms.md is made of these (tools/fidelity). Behaviour that is not AWS's is tested by `it`.
 */
export function rule(title: string, source: string, run: Mocha.AsyncFunc): Mocha.Test {
  return Object.assign(it(title, run), { rule: { source } satisfies Rule });
}

/** The API reference's page of an operation or type: `api("CreateAlias")`. */
export const api = (name: string) =>
  `https://docs.aws.amazon.com/kms/latest/APIReference/${name === "CommonErrors" ? name : `API_${name}`}.html`;

/** A page of the developer guide: `guide("key-state", "key-state-table")`. */
export const guide = (page: string, section?: string) =>
  `https://docs.aws.amazon.com/kms/latest/developerguide/${page}.html${section ? `#${section}` : ""}`;

/** A page of the IAM user guide. */
export const iamGuide = (page: string, section?: string) =>
  `https://docs.aws.amazon.com/IAM/latest/UserGuide/${page}.html${section ? `#${section}` : ""}`;
