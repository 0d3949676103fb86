import type { LocalKms } from "../../local-kms/src/index";
import { startLocalKms } from "../world/localKms";
import { type Clients, checksOf, clientsOr, type Ministack, startMinistack } from "./support";

describe("the same material in the local KMS and in ministack, which others wrote", function () {
  this.timeout(120_000);
  let clients: Clients;
  let local: LocalKms;
  let ministack: Ministack;

  before(async function () {
    clients = await clientsOr(this);
    [local, ministack] = await Promise.all([startLocalKms(), startMinistack(clients.python)]);
  });
  after(async () => {
    await local?.close();
    await ministack?.stop();
  });

  checksOf("same_material_checks.py", async () => {
    const target = { endpoint: local.url, region: "us-east-1", accessKeyId: "111122223333" };
    return { clients, target, args: [local.url, ministack.endpoint] };
  });
});
