import { Socket } from "node:net";

/**
 * Ends this process when the Pulumi engine that started it is gone, for example by `kill -9`. Nothing else would end it: it would keep
 * material in memory, and go on with work whose results nobody records. The next update finds what it has made, as after any other interruption.
 *
 * The engine holds the other ends of its pipes (execPlugin in sdk/go/common/resource/plugin/plugin.go). A line that nobody reads must not become an
 * uncaught error: @pulumi/pulumi/cmd/dynamic-provider answers each with another line, without end.
 */
export function endWithPulumi(): void {
  const { stdin, stdout, stderr } = process;
  const end = () => process.exit(1);
  const endIfClosed = ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" || code === "EOF") end(); // EOF on Windows
  };
  for (const stream of [stdout, stderr]) stream.on("error", endIfClosed);
  // A pipe; a terminal or a file is not the engine's.
  if (stdin instanceof Socket && !stdin.isTTY) stdin.on("end", end).on("error", end).resume().unref();
}
