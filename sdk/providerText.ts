/**
 * The text of `__provider`: code that the engine's process for dynamic resources runs. It is one constant line, which requires the
 * installed package. Never rename what it requires: it is stored in users' state and run from there for deletes and refreshes.
 */
export function providerText(type: string): string {
  return `exports.handler = () => require("pulumi-keymgmt/dynamic").${type};`;
}
