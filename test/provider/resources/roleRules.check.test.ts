import assert from "node:assert/strict";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { mistakesOf } from "./goodInputs";

const ROLE = "arn:aws:iam::111122223333:role/keys";
const PATHS = "arn:aws:iam::111122223333:role/team/a-b_c/keys+=,.@-1";

/** What `check` has to say about roles of a KmsProvider in us-west-1 that has none but these. */
const check = (changes: Record<string, unknown>) =>
  mistakesOf("KmsProvider", {
    assumeRole: undefined,
    webIdentity: undefined,
    credentials: undefined,
    ...changes,
  });
const ofRole = (more: Record<string, unknown>) => check({ assumeRole: { roleArn: ROLE, ...more } });

/** One mistake, which shows nothing of `hush`. */
async function oneMistake(work: Promise<string[]>, expected: RegExp) {
  const mistakes = await work;
  assert.equal(mistakes.length, 1, mistakes.join("\n"));
  assert.match(mistakes[0]!, expected);
  assert.ok(!mistakes[0]!.includes("hush"), mistakes[0]);
}

const tagsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, "x"]));

describe("check of a KmsProvider's roles", () => {
  it("takes all that AWS takes, one role or a list", async () => {
    const role = {
      roleArn: PATHS,
      sessionName: "ci+=,.@-_1",
      externalId: "x:/2".padEnd(1224, "x"),
      durationSeconds: 43_200,
      tags: { ...tagsOf(49), ["k".repeat(128)]: "v".repeat(256) },
      transitiveTagKeys: ["TAG0"],
      sourceIdentity: "alice@example.com",
      policy: '{"Statement":[]}',
      policyArns: [
        "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
        "arn:aws:iam::111122223333:policy/own",
      ],
    };
    assert.deepEqual(await check({ assumeRole: role }), []);
    const next = {
      roleArn: ROLE,
      durationSeconds: 3_600,
      tags: { other: "é" },
      sourceIdentity: "alice@example.com",
    };
    assert.deepEqual(await check({ assumeRole: [role, next, { roleArn: ROLE }] }), []);
    assert.deepEqual(await check({ assumeRole: [] }), []);
  });

  it("takes what is not known yet, whole or in parts", async () => {
    assert.deepEqual(await check({ assumeRole: UNKNOWN, webIdentity: UNKNOWN }), []);
    assert.deepEqual(
      await check({ assumeRole: [UNKNOWN, { roleArn: UNKNOWN, tags: UNKNOWN, policy: UNKNOWN }] }),
      [],
    );
    assert.deepEqual(
      await ofRole({
        tags: { team: UNKNOWN },
        transitiveTagKeys: [UNKNOWN],
        policyArns: [UNKNOWN],
        sessionName: UNKNOWN,
        durationSeconds: UNKNOWN,
      }),
      [],
    );
    assert.deepEqual(await check({ webIdentity: { roleArn: UNKNOWN, tokenFile: UNKNOWN } }), []);
  });

  it("refuses what is no ARN of a role, without showing it", async () => {
    for (const roleArn of [
      "hush",
      "arn:aws:iam::111122223333:user/hush",
      "arn:aws:sts::1:role/hush",
      `${ROLE} hush`,
    ]) {
      await oneMistake(
        ofRole({ roleArn }),
        /^Expected `assumeRole\.roleArn` to be the ARN of a role, such as arn:aws:iam::/,
      );
      await oneMistake(
        check({ assumeRole: [{ roleArn: ROLE }, { roleArn }] }),
        /^Expected `assumeRole\.1\.roleArn` /,
      );
      await oneMistake(
        check({ webIdentity: { roleArn } }),
        /^Expected `webIdentity\.roleArn` to be the ARN of a role/,
      );
    }
  });

  it("refuses ARNs of another partition than the Region's", async () => {
    const cn = { roleArn: "arn:aws-cn:iam::111122223333:role/keys" };
    const expected = /in the AWS partition of `keyCollection` \(aws\), got an ARN of aws-cn/;
    await oneMistake(check({ assumeRole: cn }), expected);
    await oneMistake(check({ webIdentity: cn }), expected);
    await oneMistake(ofRole({ policyArns: ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"] }), expected);
    assert.deepEqual(await check({ keyCollection: "cn-north-1", assumeRole: cn, webIdentity: cn }), []);
    await oneMistake(
      check({ keyCollection: "us-gov-west-1", assumeRole: { roleArn: ROLE } }),
      /\(aws-us-gov\), got an ARN of aws:/,
    );
    assert.deepEqual(await check({ keyCollection: UNKNOWN, assumeRole: cn }), []);
  });

  it("refuses names of sessions, external ids and source identities that AWS does not take", async () => {
    for (const [property, most] of [
      ["sessionName", 64],
      ["externalId", 1224],
      ["sourceIdentity", 64],
    ] as const) {
      await oneMistake(
        ofRole({ [property]: "h" }),
        new RegExp(`\`assumeRole\\.${property}\` .* 2 to ${most} .* has 1\\.`),
      );
      await oneMistake(ofRole({ [property]: "" }), /has 0\./);
      await oneMistake(ofRole({ [property]: "h".repeat(most + 1) }), new RegExp(`has ${most + 1}\\.`));
      await oneMistake(ofRole({ [property]: "hush hush" }), /holds another one\./);
    }
    await oneMistake(ofRole({ sourceIdentity: "aws:hush" }), /holds another one\./);
  });

  it("refuses sessions that are too short or too long, of chained roles those beyond an hour, and says why", async () => {
    await oneMistake(ofRole({ durationSeconds: 899 }), /from 900 to 43200, got 899\.$/);
    await oneMistake(ofRole({ durationSeconds: 43_201 }), /from 900 to 43200/);
    const chained =
      /to be 3600 at the most, got 3601: .* \(role chaining\), .* an hour whatever the role's maximum is/;
    const long = { roleArn: ROLE, durationSeconds: 3_601 };
    await oneMistake(check({ assumeRole: [long, long] }), chained);
    await oneMistake(check({ assumeRole: long, webIdentity: { roleArn: ROLE } }), chained);
    const credentials = { accessKey: "A", secretKey: "s" };
    assert.deepEqual(await check({ assumeRole: long, webIdentity: { roleArn: ROLE }, credentials }), []);
  });

  it("refuses session tags that AWS does not take, and shows none", async () => {
    const cases: [tags: Record<string, string>, expected: RegExp][] = [
      [tagsOf(51), /50 tags at the most, got 51/],
      [{ "": "hush" }, /no key .* to be empty/],
      [{ ["hush".repeat(33)]: "x" }, /128 characters at the most, and values of 256; one is longer/],
      [{ team: "hush".repeat(65) }, /one is longer/],
      [{ team: "hush!" }, /only letters, digits, spaces .* another character/],
      [{ "hush*": "x" }, /another character/],
      [{ "aws:hush": "x" }, /begin with "aws:"/],
      [{ team: "aws:hush" }, /begin with "aws:"/],
      [{ hush: "x", Hush: "y" }, /differ in more than capital letters/],
    ];
    for (const [tags, expected] of cases) await oneMistake(ofRole({ tags }), expected);
  });

  it("refuses to hand on what is no tag, and to set again what was handed on", async () => {
    const expected = /`assumeRole\.transitiveTagKeys` to hold keys of `assumeRole\.tags` alone/;
    await oneMistake(ofRole({ tags: { team: "x" }, transitiveTagKeys: ["hush"] }), expected);
    await oneMistake(ofRole({ transitiveTagKeys: ["hush"] }), expected);
    const first = {
      roleArn: ROLE,
      tags: { Team: "hush" },
      transitiveTagKeys: ["team"],
      sourceIdentity: "hush",
    };
    await oneMistake(
      check({ assumeRole: [first, { roleArn: ROLE }, { roleArn: ROLE, tags: { TEAM: "other" } }] }),
      /^Expected `assumeRole\.2\.tags` without keys that an earlier role passes on/,
    );
    await oneMistake(
      check({ assumeRole: [first, { roleArn: ROLE, sourceIdentity: "other" }] }),
      /^Expected `assumeRole\.1\.sourceIdentity` to be that of the earlier role, or none/,
    );
  });

  it("refuses session policies that AWS does not take, and shows none", async () => {
    for (const policy of ["hush", "[]", '"hush"', ""])
      await oneMistake(ofRole({ policy }), /^Expected `assumeRole\.policy` to be a JSON document/);
    await oneMistake(ofRole({ policy: '{"Id":"hush→"}' }), /characters up to U\+00FF/);
    const long = (length: number) => `{"Id":"${"x".repeat(length - '{"Id":""}'.length)}"}`;
    assert.deepEqual(await ofRole({ policy: long(2048) }), []);
    await oneMistake(ofRole({ policy: long(2049) }), /2048 characters together at the most, got 2049/);
    const own = "arn:aws:iam::aws:policy/X";
    await oneMistake(ofRole({ policy: long(2048), policyArns: [own] }), /got 2073/);
    assert.deepEqual(await ofRole({ policyArns: Array(10).fill(own) }), []);
    await oneMistake(ofRole({ policyArns: Array(11).fill(own) }), /10 ARNs at the most, got 11/);
    await oneMistake(
      ofRole({ policyArns: ["hush"] }),
      /`assumeRole\.policyArns\.0` to be the ARN of a managed policy/,
    );
    await oneMistake(
      ofRole({ policyArns: ["arn:aws:iam::444455556666:policy/hush"] }),
      /of AWS's or of the role's account 111122223333; it is another account's/,
    );
  });

  it("refuses a token in the place of where it is, and an audience that nobody is asked for", async () => {
    const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from("hush").toString("base64url")}.hush`;
    const webIdentity = (more: Record<string, unknown>) => check({ webIdentity: { roleArn: ROLE, ...more } });
    await oneMistake(
      webIdentity({ tokenFile: jwt }),
      /^Expected `webIdentity\.tokenFile` to say where the token is, got a token/,
    );
    for (const tokenFile of ["env:hush", "env://hush hush", "file://hush", "exec:"])
      await oneMistake(
        webIdentity({ tokenFile }),
        /env:\/\/NAME, file:\/\/\/path \(absolute\) or "exec:command/,
      );
    await oneMistake(
      webIdentity({ tokenFile: "token", audience: "hush" }),
      /`webIdentity\.audience` without `tokenFile`/,
    );
    await oneMistake(webIdentity({ audience: "" }), /not to be empty/);
    for (const tokenFile of [
      "token.jwt",
      "/var/run/token",
      "env://GITLAB_OIDC_TOKEN",
      "file:///token",
      "exec:token -x",
    ])
      assert.deepEqual(await webIdentity({ tokenFile }), []);
    assert.deepEqual(await webIdentity({ audience: "sts.amazonaws.com.cn" }), []);
  });
});
