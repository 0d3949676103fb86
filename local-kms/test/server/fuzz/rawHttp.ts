import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a connection sends: parts apart in time. It then keeps silent, ends (FIN) or resets (RST). */
export interface Sent {
  readonly parts: readonly (string | Uint8Array)[];
  readonly afterwards?: "silent" | "end" | "reset";
}

/** Everything that the server sent until it closed the connection; undefined where it has not within the time. */
export async function converse(
  port: number,
  { parts, afterwards = "silent" }: Sent,
  millis = 3000,
): Promise<string | undefined> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  socket.setEncoding("latin1").on("data", (text) => {
    received += text;
  });
  const closed = new Promise<string>((resolve) => {
    socket.on("end", () => resolve(received));
    socket.on("error", () => resolve(received));
    socket.on("close", () => resolve(received));
  });
  await new Promise<void>((resolve) => socket.once("connect", resolve).once("error", () => resolve()));
  for (const part of parts) {
    if (socket.writable) socket.write(part);
    await sleep(1);
  }
  if (afterwards === "end") socket.end();
  if (afterwards === "reset") socket.resetAndDestroy();
  const answer = await Promise.race([closed, sleep(millis, undefined, { ref: false })]);
  socket.destroy();
  return answer;
}

/** The statuses of the answers in what a server sent. */
export const statusesOf = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
