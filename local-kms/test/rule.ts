import assert from "node:assert/strict";
import { API } from "../src/api/model.js";
import { sent } from "./sent.js";

/** What a rule stands on. */
export type Basis = "recording" | "documentation" | "guess";

export interface Rule {
  /** The address of AWS's page or of the recording, or words where a recording has none; of a guess why there is neither. */
  readonly source: string;
  readonly basis: Basis;
  /** The operations that the title names, and the one whose page is the source. */
  readonly operations: readonly string[];
}

/**
 * A test of what AWS KMS does, as AWS documents it or as it was recorded: its title is the rule, in a sentence that a user of AWS KMS
 * understands. docs/local-kms-fidelity.md is made of these (tools/fidelity). Behaviour that is not AWS's is tested by `it`.
 */
export function rule(title: string, source: string, run: Mocha.AsyncFunc): Mocha.Test {
  return testOf(title, { source, basis: isRecording(source) ? "recording" : "documentation" }, run);
}

/** A test of what the local KMS does where neither a document nor a recording says what AWS does: `why` says what is known. */
export function guess(title: string, why: string, run: Mocha.AsyncFunc): Mocha.Test {
  return testOf(title, { source: why, basis: "guess" }, run);
}

/** A recording is a file or a thread of a public repository, or told in words. AWS's pages and its protocol's stand elsewhere. */
const isRecording = (source: string) => !URL.canParse(source) || new URL(source).hostname === "github.com";

function testOf(title: string, from: Omit<Rule, "operations">, run: Mocha.AsyncFunc): Mocha.Test {
  const operations = operationsOf(title, from.source);
  const test = it(title, async function () {
    sent.clear();
    await run.call(this);
    // The table says that this operation was tried.
    for (const operation of operations) assert.ok(sent.has(operation), `The test sent no ${operation}`);
  });
  return Object.assign(test, { rule: { ...from, operations } satisfies Rule });
}

function operationsOf(title: string, source: string): string[] {
  const words: readonly string[] = title.match(/(?<!kms:)\b[A-Z]\w+/g) ?? [];
  const [, page] = /\/API_(\w+)\.html/.exec(source) ?? [];
  return Object.keys(API.operations).filter((name) => name === page || words.includes(name));
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
