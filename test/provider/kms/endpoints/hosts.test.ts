import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { KMSClient } from "@aws-sdk/client-kms";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";
import { isAwsHost, isThisMachine } from "../../../../provider/kms/endpoints/hosts";
import { partitionOf } from "../../../../provider/kms/endpoints/regions";

const nested = createRequire(require.resolve("@aws-sdk/credential-providers"));

/** The clients that a run makes, with the AWS SDK's own rules for their endpoints. */
const CLIENTS: Record<string, new (config: { region: string }) => { config: unknown }> = {
  kms: KMSClient,
  sts: STSClient,
  "service-quotas": ServiceQuotasClient,
  sso: nested("@aws-sdk/nested-clients/sso").SSOClient,
  "sso-oidc": nested("@aws-sdk/nested-clients/sso-oidc").SSOOIDCClient,
  signin: nested("@aws-sdk/nested-clients/signin").SigninClient,
};

const REGIONS =
  "us-east-1 ap-southeast-4 cn-north-1 us-gov-west-1 eusc-de-east-1 us-iso-east-1 us-isob-east-1 eu-isoe-west-1 us-isof-south-1".split(
    " ",
  );

describe("hosts of AWS", () => {
  for (const [service, Client] of Object.entries(CLIENTS))
    it(`are all that the AWS SDK calls for ${service}, in every partition, FIPS and dual-stack`, () => {
      for (const region of REGIONS)
        for (const [UseFIPS, UseDualStack] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ]) {
          const { endpointProvider } = new Client({ region }).config as {
            endpointProvider(settings: object): { url: URL };
          };
          const { url } = endpointProvider({ Region: region, UseFIPS, UseDualStack });
          assert.ok(isAwsHost(url.hostname, partitionOf(region)), url.href);
          const another = REGIONS.find((other) => partitionOf(other) !== partitionOf(region))!;
          assert.ok(!isAwsHost(url.hostname, partitionOf(another)), `${url.href} in ${another}`);
        }
    });

  it("are VPC endpoints too, and STS's and IAM's without a Region", () => {
    for (const [host, partition] of [
      ["vpce-0123abcd-ef45.kms.us-east-1.vpce.amazonaws.com", "aws"],
      ["vpce-0123abcd-ef45-us-east-1a.kms.us-east-1.vpce.amazonaws.com", "aws"],
      ["vpce-0123abcd-ef45.kms-fips.us-gov-west-1.vpce.amazonaws.com", "aws-us-gov"],
      ["vpce-0123abcd-ef45.sts.cn-north-1.vpce.amazonaws.com.cn", "aws-cn"],
      ["sts.amazonaws.com", "aws"],
      ["iam.amazonaws.com", "aws"],
      ["iam-fips.amazonaws.com", "aws"],
      ["iam.cn-north-1.amazonaws.com.cn", "aws-cn"],
      ["iam.us-gov.amazonaws.com", "aws-us-gov"],
    ] as const)
      assert.ok(isAwsHost(host, partition), host);
  });

  it("are none that only look so, and none where customers answer", () => {
    for (const host of [
      "kms.us-east-1.amazonaws.com.evil.com",
      "evil.com.kms.us-east-1.amazonaws.com",
      "evilkms.us-east-1.amazonaws.com",
      "kms.us-east-1.amazonaws.com.",
      "kms.us-east-1.amazonaws-com.evil",
      "kms.us-east-1xamazonaws.com",
      "kms.us-east-1.amazonawsxcom",
      "kms.us-east-1.apixaws",
      "kms.evil.amazonaws.com",
      "kms.us-gov-west-1.amazonaws.com",
      "bucket.s3.us-east-1.amazonaws.com",
      "kms.s3.us-east-1.amazonaws.com",
      "abc123.execute-api.us-east-1.amazonaws.com",
      "my.elb.us-east-1.amazonaws.com",
      "vpce-0123-abcd.vpce-svc-0f1e.us-east-1.vpce.amazonaws.com",
      "vpce-0123.evil.kms.us-east-1.vpce.amazonaws.com",
      "amazonaws.com",
      "iam.us-gov.amazonaws.com",
      "iam.us-east-1.amazonaws.com",
      "",
    ])
      assert.ok(!isAwsHost(host, "aws"), host);
    assert.ok(!isAwsHost("kms.us-east-1.amazonaws.com", "aws-none"));
  });
});

describe("this machine", () => {
  const hostOf = (url: string) => new URL(url).hostname;
  it("is loopback in each of its forms", () => {
    for (const url of [
      "http://localhost",
      "http://LOCALHOST",
      "http://127.0.0.1",
      "http://127.1.2.3",
      "http://2130706433",
      "http://0x7f.1",
      "http://[::1]",
      "http://[0:0:0:0:0:0:0:1]",
    ])
      assert.ok(isThisMachine(hostOf(url)), url);
  });

  it("is nothing that only looks so", () => {
    for (const url of [
      "http://127.0.0.1.evil.com",
      "http://localhost.evil.com",
      "http://localhost.",
      "http://0.0.0.0",
      "http://[::]",
      "http://[::ffff:127.0.0.1]",
      "http://10.0.0.1",
      "http://127.evil.com",
      "http://user@evil.com",
    ])
      assert.ok(!isThisMachine(hostOf(url)), url);
  });
});
