import { fstatSync } from "node:fs";

/**
 * Ends this process when the Pulumi engine that started it is gone, for example by `kill -9`. Nothing would end it: it would keep material
 * in memory, and go on with work whose results nobody records. The next update finds what it has made, as after any other interruption.
 *
 * The engine holds the other ends of its pipes (execPlugin in sdk/go/common/resource/plugin/plugin.go). A line that nobody reads must not become an
 * uncaught error: @pulumi/pulumi/cmd/dynamic-provider answers each with another line, without end.
 */
export function endWithPulumi(): void {
  const end = () => process.exit(1);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on("end", end).on("error", end).resume().unref();
}
