import assert from "node:assert/strict";
import { kmsEndpoint, stsEndpoint } from "../../../provider/awskms/endpoint";
import { isKeymgmtError } from "../../../provider/errors";
import { setEnvironment } from "./loopback";

describe("endpoints", () => {
  let restore = () => {};
  afterEach(() => restore());
  const set = (settings: Record<string, string>) => {
    restore();
    restore = setEnvironment(settings);
  };
  const connection = (endpoint?: string) => ({ keyCollection: "us-west-1", endpoint });
  const kms = (endpoint?: string) => kmsEndpoint(connection(endpoint), "eu-west-1");
  const sts = (endpoint?: string) => stsEndpoint(connection(endpoint), "eu-west-1");

  it("KMS: the input, then AWS_KMS_ENDPOINT, then the SDK's variables, then AWS's own", () => {
    const settings = {
      AWS_KMS_ENDPOINT: "http://vault:1",
      AWS_ENDPOINT_URL_KMS: "http://sdk-kms:1",
      AWS_ENDPOINT_URL: "http://sdk:1",
    };
    set(settings);
    assert.equal(kms("http://input:1"), "http://input:1");
    assert.equal(kms(), "http://vault:1");
    set({ AWS_ENDPOINT_URL_KMS: settings.AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL: settings.AWS_ENDPOINT_URL });
    assert.equal(kms(), "http://sdk-kms:1");
    set({ AWS_ENDPOINT_URL: settings.AWS_ENDPOINT_URL });
    assert.equal(kms(), "http://sdk:1");
    set({});
    assert.equal(kms(), undefined);
    set({ AWS_KMS_ENDPOINT: "", AWS_ENDPOINT_URL: "" });
    assert.equal(kms(), undefined);
  });

  it("leaves the SDK's variables alone where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS says so", () => {
    set({ AWS_ENDPOINT_URL: "http://sdk:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" });
    assert.equal(kms(), undefined);
    assert.equal(sts(), undefined);
  });

  it("put the Region in for {region}, each time it stands there", () => {
    set({ AWS_KMS_ENDPOINT: "https://kms.{region}.example.com/{region}/" });
    assert.equal(kms(), "https://kms.eu-west-1.example.com/eu-west-1");
  });

  it("STS: the SDK's variables, then an emulator that is set for KMS, then AWS's own", () => {
    set({ AWS_ENDPOINT_URL_STS: "http://sts:1", AWS_ENDPOINT_URL: "http://sdk:1" });
    assert.equal(sts("http://127.0.0.1:4599/x"), "http://sts:1");
    set({ AWS_ENDPOINT_URL: "http://sdk:1" });
    assert.equal(sts("http://127.0.0.1:4599/x"), "http://sdk:1");
    set({});
    assert.equal(sts("http://127.0.0.1:4599/{region}"), "http://127.0.0.1:4599");
    assert.equal(sts(), undefined);
    for (const host of [
      "kms.eu-west-1.amazonaws.com",
      "vpce-0123-abcd.kms.eu-west-1.vpce.amazonaws.com",
      "kms.eu-west-1.api.aws",
      "kms.cn-north-1.amazonaws.com.cn",
    ]) {
      assert.equal(sts(`https://${host}`), undefined, host);
    }
    assert.equal(sts("https://amazonaws.com.evil.example"), "https://amazonaws.com.evil.example");
    assert.equal(sts("https://notamazonaws.com"), "https://notamazonaws.com");
  });

  const refusals: [string, string][] = [
    ["localhost:4599", "that does not begin with http:// or https://"],
    ["ftp://x", "that does not begin with http:// or https://"],
    ["kms", "that cannot be read"],
    ["http://", "that cannot be read"],
    ["https://{Region}.x", "with another placeholder than {region}"],
    ["http://x?y=1", "with a query or fragment"],
    ["http://x#y", "with a query or fragment"],
    ["http://user@x", "with a user name or password"],
  ];
  for (const [value, wrong] of refusals) {
    it(`are refused ${wrong}, naming where they came from: ${value}`, () => {
      set({ AWS_KMS_ENDPOINT: value });
      assert.throws(
        () => kms(),
        (error) =>
          isKeymgmtError(error, "InvalidInput") &&
          error.message.startsWith("Expected AWS_KMS_ENDPOINT to be an http or https URL") &&
          error.message.includes(`got one ${wrong}.`),
      );
      set({});
      assert.throws(() => kms(value), /^KeymgmtError: Expected `endpoint` to be/);
    });
  }

  it("are not shown when they are refused: a password may be anywhere in what is no proper URL", () => {
    set({});
    for (const endpoint of [
      "https://user:hunter2@kms.example.com",
      "https://user:hunter2 @kms.example.com",
      "user:hunter2@kms.example.com",
      "https://user:hunter2@kms.example.com:port",
      "https://kms.example.com?password=hunter2",
      "https://user:hunter2@{Region}.example.com",
    ]) {
      assert.throws(
        () => kms(endpoint),
        (error) => isKeymgmtError(error, "InvalidInput") && !error.message.includes("hunter2"),
        endpoint,
      );
    }
  });
});
