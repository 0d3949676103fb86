import assert from "node:assert/strict";
import { credentialsByAccount } from "../../cli/accountCredentials";
import { Aws } from "../../cli/aws";
import { UsageError } from "../../cli/exitCodes";
import type { KmsProviderState } from "../../cli/state/kmsProvider";
import { isKeymgmtError } from "../../provider/errors";
import { setEnvironment } from "../provider/kms/loopback";

const [FIRST, SECOND] = ["111122223333", "444455556666"];
const ROLE = `arn:aws:iam::${FIRST}:role/ops/keymgmt`;

describe("--as", () => {
  const of = (name: string, accountId?: string): KmsProviderState => ({
    name,
    accountId,
    keyCollection: "us-west-1",
  });
  const providers = [of("prod", FIRST), of("eu", FIRST), of("test", SECOND), of("new")];
  const given = (...as: string[]) => Object.fromEntries(credentialsByAccount(as, providers));

  it("gives a profile or a role for the account of a KmsProvider, or for an account by its id", () => {
    assert.deepEqual(given("prod=ops", `test=${ROLE}`), {
      [FIRST]: { profile: "ops" },
      [SECOND]: { assumeRole: { roleArn: ROLE } },
    });
    assert.deepEqual(given(`${SECOND}=ops`), { [SECOND]: { profile: "ops" } });
    assert.deepEqual(given(`prod=${ROLE}=x`), { [FIRST]: { assumeRole: { roleArn: `${ROLE}=x` } } });
  });

  for (const [as, message] of [
    [["prod"], /Expected --as KMSPROVIDER=PROFILE or KMSPROVIDER=ROLE-ARN/],
    [["prod=arn:aws:iam::1:user/x"], /Expected --as KMSPROVIDER=PROFILE or/],
    [["prod=a", "eu=b"], /Expected --as once for account 111122223333/],
    [["pord=a"], /got "pord"\. There are: prod \(account 111122223333\), eu \(account 111122223333\), test/],
    [["new=a"], /Expected --as to name a KmsProvider/],
    [["777777777777=a"], /Expected --as to name a KmsProvider of the states, or its account's id/],
  ] as const)
    it(`is a mistake of the command line: ${as.join(" ")}`, () => {
      assert.throws(
        () => given(...as),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      );
    });

  it("names a KmsProvider once, also where its distributions do not say its name", () => {
    const nameless = { ...of("prod", FIRST), name: undefined };
    assert.throws(() => credentialsByAccount(["pord=a"], [of("prod", FIRST), nameless]), {
      message: /There are: prod \(account 111122223333\)\.$/,
    });
  });

  it("wants the account's id where a name stands for two", () => {
    const both = [of("prod", FIRST), of("prod", SECOND)];
    assert.throws(
      () => credentialsByAccount(["prod=a"], both),
      /"prod" are in 111122223333, 444455556666\. Give/,
    );
    assert.equal(credentialsByAccount([`${SECOND}=a`], both).size, 1);
  });
});

describe("a connection of the command", () => {
  const kmsProvider: KmsProviderState = {
    name: "prod",
    keyCollection: "us-west-1",
    accountId: FIRST,
    by: `role "${ROLE}"`,
    endpoint: '"http://127.0.0.1:4599"',
  };
  const names = { names: [], formerNames: [], title: "" };
  const state = { ...names, isEmpty: false, keys: [], regions: [] };
  const aws = (options: object) => new Aws(options, [{ ...state, providers: [kmsProvider] }]);
  let restore = () => {};
  afterEach(() => restore());

  it("is made of what the caller says, a role taken with the profile's credentials", () => {
    const endpoint = "https://kms.us-west-1.amazonaws.com";
    const options = { as: [`prod=${ROLE}`], profile: "ops", endpoint };
    assert.deepEqual(aws(options).connection(kmsProvider, "us-west-1"), {
      keyCollection: "us-west-1",
      accountId: FIRST,
      quotas: undefined,
      profile: "ops",
      endpoint,
      assumeRole: { roleArn: ROLE },
    });
  });

  it("needs --endpoint, or the environment's, where the state has one", () => {
    restore = setEnvironment({});
    assert.throws(
      () => aws({}).connection(kmsProvider, "us-west-1"),
      (error) =>
        isKeymgmtError(error, "InvalidInput") &&
        /^Expected --endpoint: the state says that KmsProvider "prod" \(account 111122223333\) has the endpoint "http:\/\/127\.0\.0\.1:4599"/.test(
          error.message,
        ),
    );
    restore();
    restore = setEnvironment({ AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:4599" });
    assert.equal(aws({}).connection(kmsProvider, "us-west-1").endpoint, undefined);
  });

  it("names the flag, and what the state asks for, where no credentials are found", async () => {
    restore = setEnvironment({ AWS_EC2_METADATA_DISABLED: "true", HOME: "/nonexistent" });
    await assert.rejects(
      aws({ endpoint: "http://127.0.0.1:9" }).reach(kmsProvider, "us-west-1"),
      (error: Error) => {
        assert.ok(isKeymgmtError(error, "MissingCredentials"));
        assert.ok(
          error.message.endsWith(
            `For KmsProvider "prod" (account ${FIRST}) give --as prod=PROFILE, or =ROLE-ARN. The state says role "${ROLE}", which is not used: check whether that is yours.`,
          ),
          error.message,
        );
        return true;
      },
    );
  });
});
