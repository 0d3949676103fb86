import { KmsError } from "../api/errors.js";
import { authorizeSimulation } from "../iam/authorize.js";
import type { Caller } from "../iam/caller.js";
import type { Iam } from "../iam/config.js";
import { type Simulated, simulate } from "../iam/simulate.js";
import { escaped } from "./query.js";

/**
 * IAM SimulatePrincipalPolicy, of the policies that the settings give to users and roles. Without further policies in the request, and
 * without pages. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export const IAM = "https://iam.amazonaws.com/doc/2010-05-08/";

export function simulatePrincipalPolicy(iam: Iam, caller: Caller, form: URLSearchParams): string {
  const arn = form.get("PolicySourceArn") ?? "";
  const actions = listIn(form, "ActionNames");
  if (arn === "" || actions.length === 0)
    throw new KmsError("ValidationError", "PolicySourceArn and ActionNames must not be null", 400);
  authorizeSimulation(caller, arn);
  const source = iam.callers.get(arn);
  if (source?.policies === undefined || source.account !== caller.account)
    throw new KmsError("NoSuchEntity", `The entity ${arn} cannot be found.`, 404);
  const resources = listIn(form, "ResourceArns");
  const asked = resources.length === 0 ? ["*"] : resources;
  const context = contextIn(form);
  const results = actions.map((action) => {
    const found = asked.map((resource) => simulate(source, action, resource, context));
    const rank = ["explicitDeny", "implicitDeny", "allowed"] as const;
    const decision = rank.find((each) => found.some((one) => one.decision === each))!;
    const missing = [...new Set(found.flatMap((one) => one.missing))];
    const each = found.map(
      (one, index) =>
        `<member><EvalResourceName>${escaped(asked[index]!)}</EvalResourceName><EvalResourceDecision>${one.decision}</EvalResourceDecision>${missingXml(one)}</member>`,
    );
    return (
      `<member><MatchedStatements/>${missingXml({ missing })}<EvalResourceName>${escaped(asked[0]!)}</EvalResourceName><EvalDecision>${decision}</EvalDecision>` +
      `<EvalActionName>${escaped(action)}</EvalActionName><ResourceSpecificResults>${each.join("")}</ResourceSpecificResults></member>`
    );
  });
  return `<IsTruncated>false</IsTruncated><EvaluationResults>${results.join("")}</EvaluationResults>`;
}

const missingXml = ({ missing }: Pick<Simulated, "missing">) =>
  `<MissingContextValues>${missing.map((key) => `<member>${escaped(key)}</member>`).join("")}</MissingContextValues>`;

/** `<name>.member.1`, `.2`, … */
const listIn = (form: URLSearchParams, name: string) =>
  [...form].filter(([key]) => key.startsWith(`${name}.member.`)).map(([, value]) => value);

function contextIn(form: URLSearchParams): Map<string, readonly string[]> {
  const context = new Map<string, readonly string[]>();
  for (let n = 1; ; n++) {
    const name = form.get(`ContextEntries.member.${n}.ContextKeyName`);
    if (name === null) return context;
    context.set(name.toLowerCase(), listIn(form, `ContextEntries.member.${n}.ContextKeyValues`));
  }
}
