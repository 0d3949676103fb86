import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clients, clientsOr } from "../../../test/compat/support/index.js";
import { EXAMPLES, importsMaterial, onBoth } from "./support.js";

const SCRIPT = join(EXAMPLES, "boto3/import_key.py");

describe("the example for boto3", function () {
  this.timeout(120_000);
  let clients: Clients;
  before(async function () {
    clients = await clientsOr(this);
  });

  onBoth("imports material that encrypts and decrypts", (stage) =>
    importsMaterial(stage, [clients.python, SCRIPT], { cwd: tmpdir() }),
  );
});
