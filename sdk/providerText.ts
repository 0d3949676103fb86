/**
 * The text of `__provider`: code that the engine's process for dynamic resources runs. It is one constant line that requires the
 * installed package. Never rename what it requires: users' states store the line, and the engine runs it from there for deletes and
 * refreshes.
 */
export function providerText(type: string): string {
  return `exports.handler = () => require("pulumi-keymgmt/dynamic").${type};`;
}
