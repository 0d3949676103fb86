// Lets the provider's process wait for a debugger on port 9229, and no other Node that `pulumi` starts (CONTRIBUTING.md).
if (process.argv[1]?.includes("dynamic-provider")) require("node:inspector").open(9229, "127.0.0.1", true);
