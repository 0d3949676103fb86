/**
 * Loaded into every Node of a command. @pulumi/pulumi loads TypeScript and npm's tree of dependencies at once, a third of the time
 * that such a process takes to start, and needs them for TypeScript programs and serialized closures alone. Here they are loaded
 * when something asks for a part of them.
 */
const Module = require("node:module");

const SELDOM_NEEDED = ["typescript", "./closure/codePaths"];
const load = Module._load;

Module._load = (request, ...rest) => {
  const loaded = () => load(request, ...rest);
  return SELDOM_NEEDED.includes(request) ? new Proxy({}, { get: (_, name) => loaded()[name] }) : loaded();
};
