import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "../support";
import { changeState, script, useExamples, whileServing } from "./examples/stage";

const HOME = "us-west-1";
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

describe("the examples that sign", function () {
  this.timeout(300_000);
  const stage = useExamples();

  const ISSUER = "https://issuer.example";
  const signs = (project: Project, alias: string, AWS_REGION = HOME) =>
    script(project, ["sign.mjs", alias, ISSUER, "alice"], { AWS_REGION });
  const verifies = (project: Project, jwksUri: string, token: string) =>
    project.run(process.execPath, ["verify.mjs", jwksUri, ISSUER, token]);

  it("jwt-issuer: AWS KMS signs by the alias, and jose verifies with the published keys, before, during and after a rotation", async () => {
    await stage.onExample("jwt-issuer", async (project, { alias }) => {
      /** Every stage publishes its JWK set; the verifiers have the same address throughout. */
      const publish = async () => {
        const { jwks } = await project.outputs();
        writeFileSync(join(project.folder.program, "jwks.json"), jwks);
        return JSON.parse(jwks).keys as { kid: string; alg: string; d?: string }[];
      };
      const [first] = await publish();
      await whileServing(project, ["serve.mjs", "jwks.json"], {}, async (jwksUri) => {
        const verified = async (token: string) => {
          const { stdout, stderr } = await verifies(project, jwksUri, token);
          assert.equal(stderr, "");
          const { kid, alg, sub } = JSON.parse(stdout);
          assert.deepEqual({ alg, sub }, { alg: "ES256", sub: "alice" });
          return kid;
        };
        const old = await signs(project, alias!);
        assert.equal(await verified(old), first!.kid);

        await project.configSet({ rotationTrigger: "2026-12" });
        await project.up();
        const keys = await publish();
        assert.equal(keys.length, 2);
        assert.deepEqual(keys[0], first);
        assert.equal(await verified(await signs(project, alias!)), first!.kid);

        await changeState(project, ({ type, outputs }) => {
          if (type.endsWith(":KeyDistribution")) outputs.versions["2"].publishedAt = hoursAgo(25);
        });
        await project.up();
        assert.deepEqual(await publish(), keys);
        const young = await signs(project, alias!);
        assert.equal(await verified(young), keys[1]!.kid);
        assert.equal(await verified(old), first!.kid);

        await project.configSet({ minEnabledVersion: "2", deletionAllowed: "true" });
        await project.up();
        assert.deepEqual(await publish(), [keys[1]]);
        assert.equal(await verified(young), keys[1]!.kid);
        assert.match((await verifies(project, jwksUri, old)).stderr, /^refused: ERR_JWKS_NO_MATCHING_KEY/);
        const [header, , signature] = young.split(".");
        const claims = Buffer.from(JSON.stringify({ iss: ISSUER, sub: "mallory" })).toString("base64url");
        const forged = `${header}.${claims}.${signature}`;
        assert.match((await verifies(project, jwksUri, forged)).stderr, /^refused: ERR_JWS_SIGNATURE_/);
      });
    });
  });

  it("webhooks: AWS KMS signs, and the receiver verifies with its copies of the key, before, during and after a rotation", async () => {
    const [one, two] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
    await stage.onExample(
      "webhooks",
      async (project) => {
        /** The status that a receiver with these keys answers. */
        const sent = (keys: string[]) =>
          whileServing(project, ["receive.mjs"], { WEBHOOK_KEYS: keys.join(" ") }, async (url) => {
            const { stdout, stderr } = await project.run(
              process.execPath,
              ["send.mjs", "alias/webhooks-dev", url, '{"type":"order.paid"}'],
              { AWS_REGION: HOME },
            );
            return Number(stdout || stderr);
          });
        const all = async () => [await sent([one]), await sent([one, two]), await sent([two])];
        assert.deepEqual(await all(), [204, 204, 401]);
        await project.configSet({ material: { secret: two } });
        await project.up();
        assert.deepEqual(await all(), [401, 204, 204]);
        await project.configSet({ minEnabledVersion: "2", deletionAllowed: "true" });
        await project.up();
        assert.deepEqual(await all(), [401, 204, 204]);
      },
      { material: { secret: one } },
    );
  });
});
