import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkflowTemplate } from "@actions/workflow-parser";
import { checkout } from "../../tools/toolchain";

const folder = join(checkout, "examples", "ci", ".github", "workflows");

/** Reads a workflow with GitHub's own parser, which knows every key and every expression's context. */
async function workflow(name: string): Promise<{ text: string; template: WorkflowTemplate }> {
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await import(
    "@actions/workflow-parser"
  );
  const text = readFileSync(join(folder, name), "utf8");
  const { context, value } = parseWorkflow({ name, content: text }, new NoOperationTraceWriter());
  assert.deepEqual(context.errors.getErrors().map(String), []);
  const template = await convertWorkflowTemplate(context, value!);
  assert.deepEqual(template.errors ?? [], []);
  return { text, template };
}

describe("the workflows of examples/ci", () => {
  for (const name of readdirSync(folder)) {
    it(`${name} is a workflow by GitHub's own parser and with short-lived credentials`, async () => {
      const { text, template } = await workflow(name);
      assert.equal(template.jobs.length, 1);
      assert.match(text, /id-token: write/);
      assert.match(text, /run: npm ci --ignore-scripts\n/);
      assert.doesNotMatch(text, /AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|aws-access-key-id/);
    });
  }

  for (const name of ["preview", "up"])
    it(`${name}.yml looks at the code in the state before it runs it`, async () => {
      const { text } = await workflow(`${name}.yml`);
      const looks = text.indexOf('run: npx --no-install keymgmt doctor --offline --stack "$PULUMI_STACK"\n');
      assert.ok(looks > 0 && looks < text.indexOf(`command: ${name}\n`));
    });

  it("preview.yml comments the diff on pull requests, and does not run for forks: a preview decrypts the state", async () => {
    const { text, template } = await workflow("preview.yml");
    assert.deepEqual(Object.keys(template.events), ["pull_request"]);
    assert.match(text, /if: github\.event\.pull_request\.head\.repo\.full_name == github\.repository/);
    assert.match(text, /pull-requests: write/);
    assert.match(text, /command: preview\n/);
    assert.match(text, /diff: true\n\s+comment-on-pr: true/);
  });

  it("up.yml updates with a refresh on main and every day, one at a time and never cut off", async () => {
    const { text, template } = await workflow("up.yml");
    assert.deepEqual(Object.keys(template.events).sort(), ["push", "schedule", "workflow_dispatch"]);
    assert.deepEqual(template.events.push?.branches, ["main"]);
    assert.match(text, /command: up\n\s+pulumi-version: \S+\n\s+refresh: true/);
    assert.match(text, /cancel-in-progress: false/);
  });
});
