/**
 * Loaded into every Node of a command. @pulumi/pulumi loads TypeScript and npm's tree of dependencies at once, a third of the time
 * that such a process takes to start, and needs them for TypeScript programs and serialized closures alone. Here they are loaded
 * when something asks for more of them than what is known without.
 */
const Module = require("node:module");

// A language host that was built (3.68) does not read `typescript: false` in Pulumi.yaml, which later ones do, and has each program
// load TypeScript and ts-node.
if (process.env.PROGRAM_LANGUAGE === "javascript") delete process.env.PULUMI_NODEJS_TYPESCRIPT;

const load = Module._load;

/** By request: what @pulumi/pulumi reads at its start. */
const KNOWN = {
  // @pulumi/pulumi says in its log which version it found.
  typescript: () => ({ version: load("typescript/package.json", module).version }),
  // Maps each stack trace, of which the runtime takes one for every promise.
  "source-map-support/register": () => ({}),
  "./closure/codePaths": (loaded) => ({ computeCodePaths: (...args) => loaded().computeCodePaths(...args) }),
};

Module._load = (request, ...rest) => {
  const loaded = () => load(request, ...rest);
  if (!Object.hasOwn(KNOWN, request)) return loaded();
  return new Proxy(KNOWN[request](loaded), { get: (known, name) => known[name] ?? loaded()[name] });
};
