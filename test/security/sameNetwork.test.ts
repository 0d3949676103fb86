import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { LocalKms } from "../../local-kms/src/index";
import { startLocalKms } from "../world/localKms";
import { rawRequest } from "./support/rawRequest";

/** The attacker reaches a local KMS over the network: it was told to listen on more than loopback, in a container say. */
describe("an attacker on the network of a local KMS", () => {
  let local: LocalKms;
  let url: string;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    local = await startLocalKms({ host: "0.0.0.0", config: { control: true } });
    url = `http://127.0.0.1:${local.port}`;
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await local.close();
  });

  const control = (path: string, method: string, token?: string, body = "") =>
    rawRequest(`${url}/_local-kms/${path}`, {
      method,
      body,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(token !== undefined && { "x-local-kms-token": token }),
      },
    });
  /** Not `once`, which an error ends. */
  const closing = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
  const connected = async () => {
    const socket = connect({ host: "127.0.0.1", port: local.port });
    sockets.push(socket);
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };

  it("controls nothing without the token of its start", async () => {
    const token = String(local.controlToken);
    const fault = '[{"operation": "Decrypt", "drop": "hang"}]';
    for (const wrong of [
      undefined,
      "",
      "0",
      token.slice(1),
      `${token}0`,
      token.toUpperCase().replace(/\d/g, "x"),
    ])
      for (const [path, method, body] of [
        ["faults", "PUT", fault],
        ["clock", "POST", '{"advance": "P1D"}'],
        ["counts", "GET"],
        ["health", "GET"],
        ["nothing", "GET"],
      ] as const)
        assert.equal((await control(path, method, wrong, body)).status, 401, `${path} ${wrong}`);
    assert.deepEqual(local.faults(), []);
    assert.match(token, /^[0-9a-f]{64}$/);
    assert.equal((await control("faults", "PUT", token, fault)).status, 200);
    assert.equal(local.faults().length, 1);
  });

  it("finds another token at every start; on loopback none is asked for", async () => {
    const other = await startLocalKms({ host: "0.0.0.0", config: { control: true } });
    const loopback = await startLocalKms({ config: { control: true } });
    const without = await startLocalKms({ host: "0.0.0.0" });
    assert.notEqual(other.controlToken, local.controlToken);
    assert.deepEqual([loopback.controlToken, without.controlToken], [undefined, undefined]);
    for (const kms of [other, loopback, without]) await kms.close();
  });

  it("does not fill its memory by a request that does not end", async () => {
    const socket = await connected();
    const closed = closing(socket);
    socket.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `${(65_536).toString(16)}\r\n${"a".repeat(65_536)}\r\n`;
    let sent = 0;
    while (!socket.destroyed && sent < 64 * 1024 * 1024) {
      sent += 65_536;
      if (!socket.write(chunk))
        await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
    }
    assert.ok(socket.destroyed, "64 MB were taken");
  });

  it("nor by headers that do not", async () => {
    const socket = await connected();
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    socket.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ${"a".repeat(20_000)}`);
    await closing(socket);
    assert.match(answer, /^HTTP\/1\.1 431 /);
  });

  it("nor by connections: beyond a thousand each is closed, and those that are there go on", async function () {
    this.timeout(60_000);
    const first = await connected();
    let closed = 0;
    // A few at a time: what the system's own queue of connections has no place for, it drops without a word.
    for (let count = 0; count < 1100; count += 50) {
      const some = Array.from({ length: 50 }, () => {
        const socket = connect({ host: "127.0.0.1", port: local.port });
        sockets.push(socket);
        socket
          .on("error", () => {})
          .on("close", () => {
            closed += 1;
          });
        return new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
      });
      await Promise.all(some);
    }
    const answered = once(first, "data");
    first.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert.match(String((await answered)[0]), /^HTTP\/1\.1 404 /);
    const deadline = Date.now() + 50_000;
    while (closed < 101 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(closed, 101);
  });
});
