import assert from "node:assert/strict";
import { isKeymgmtError } from "../../../../provider/errors";
import {
  endpointMistakes,
  kmsEndpoint,
  kmsReach,
  refuseOtherHosts,
  stsReach,
  withoutEndpointMistakes,
} from "../../../../provider/kms/endpoints/endpoint";
import { setEnvironment } from "../loopback";

describe("endpoints", () => {
  let restore = () => {};
  afterEach(() => restore());
  const set = (settings: Record<string, string>) => {
    restore();
    restore = setEnvironment(settings);
  };
  const connection = (endpoint?: string) => ({ keyCollection: "eu-west-1", endpoint });
  const kms = (endpoint?: string) => kmsEndpoint(connection(endpoint), "eu-west-1");
  const sts = (endpoint?: string) => stsReach(connection(endpoint)).endpoint;

  it("KMS: the input, then AWS_KMS_ENDPOINT, then the SDK's variables, then AWS's own", () => {
    const settings = {
      AWS_KMS_ENDPOINT: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:2",
      AWS_ENDPOINT_URL: "http://127.0.0.1:3",
    };
    set(settings);
    assert.equal(kms("http://localhost:4"), "http://localhost:4");
    assert.equal(kms(), "http://127.0.0.1:1");
    set({ AWS_ENDPOINT_URL_KMS: settings.AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL: settings.AWS_ENDPOINT_URL });
    assert.equal(kms(), "http://127.0.0.1:2");
    set({ AWS_ENDPOINT_URL: settings.AWS_ENDPOINT_URL });
    assert.equal(kms(), "http://127.0.0.1:3");
    set({});
    assert.equal(kms(), undefined);
    set({ AWS_KMS_ENDPOINT: "", AWS_ENDPOINT_URL: "" });
    assert.equal(kms(), undefined);
  });

  it("leaves the SDK's variables alone where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS says so", () => {
    set({ AWS_ENDPOINT_URL: "http://127.0.0.1:3", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" });
    assert.equal(kms(), undefined);
    assert.equal(sts(), undefined);
  });

  it("put the Region in for {region}, each time it stands there", () => {
    set({});
    assert.equal(
      kms("https://kms.{region}.example.com/{region}/"),
      "https://kms.eu-west-1.example.com/eu-west-1",
    );
    set({ AWS_KMS_ENDPOINT: "https://kms.{region}.api.aws" });
    assert.equal(kms(), "https://kms.eu-west-1.api.aws");
  });

  it("STS: the SDK's variables, then an emulator that is set for KMS, then AWS's own", () => {
    set({ AWS_ENDPOINT_URL_STS: "http://127.0.0.1:5", AWS_ENDPOINT_URL: "http://127.0.0.1:3" });
    assert.equal(sts("http://127.0.0.1:4599/x"), "http://127.0.0.1:5");
    set({ AWS_ENDPOINT_URL: "http://127.0.0.1:3" });
    assert.equal(sts("http://127.0.0.1:4599/x"), "http://127.0.0.1:3");
    set({});
    assert.equal(sts("http://127.0.0.1:4599/{region}"), "http://127.0.0.1:4599");
    assert.equal(sts(), undefined);
    for (const host of [
      "kms.eu-west-1.amazonaws.com",
      "vpce-0123-abcd.kms.eu-west-1.vpce.amazonaws.com",
      "kms.eu-west-1.api.aws",
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

  const OTHERS = [
    "https://kms.corp.example",
    "http://kms.eu-west-1.amazonaws.com",
    "https://kms.eu-west-1.amazonaws.com.evil.com",
    "https://kms.cn-north-1.amazonaws.com.cn",
    "http://127.0.0.1.evil.com",
    "http://localhost.evil.com",
    "http://3232235777",
    "http://0.0.0.0:4599",
    "http://[::ffff:10.0.0.1]",
  ];

  it("of the environment are AWS's over https, or this machine: any other is refused, naming the variable", () => {
    for (const name of ["AWS_KMS_ENDPOINT", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL"])
      for (const value of OTHERS) {
        set({ [name]: value });
        assert.throws(
          () => kms(),
          (error) =>
            isKeymgmtError(error, "InvalidInput") &&
            error.message.startsWith(
              `Expected ${name} to name an endpoint of AWS (partition aws) over https`,
            ) &&
            error.message.includes(`got ${new URL(value).origin}.`),
          `${name}=${value}`,
        );
      }
    set({ AWS_ENDPOINT_URL_STS: "https://sts.corp.example" });
    assert.throws(() => sts(), /Expected AWS_ENDPOINT_URL_STS to name/);
  });

  it("of the environment may be the program's own as well", () => {
    set({ AWS_ENDPOINT_URL: "https://kms.corp.example" });
    assert.equal(sts("https://kms.corp.example/kms"), "https://kms.corp.example");
    assert.throws(() => sts("https://kms.corp.example:8443"), /Expected AWS_ENDPOINT_URL to name/);
  });

  it("of the program are any host over https, and this machine over http", () => {
    for (const endpoint of [
      "https://kms.corp.example",
      "http://[::1]:4599",
      "http://127.8.9.1",
      "HTTP://LOCALHOST",
    ])
      assert.deepEqual(endpointMistakes(endpoint), [], endpoint);
    for (const endpoint of [
      "http://kms.corp.example",
      "http://localstack:4566",
      "http://{region}.x",
      "http://10.0.0.1",
    ]) {
      const [mistake] = endpointMistakes(endpoint);
      assert.match(
        mistake ?? "",
        /^Expected `endpoint` to be an https URL, or an http URL of this machine/,
        endpoint,
      );
    }
    set({});
    assert.throws(
      () => kms("http://kms.corp.example"),
      /^KeymgmtError: Expected `endpoint` to be an https URL/,
    );
  });

  it("are called as they were checked: in the form that the URL class gives them", () => {
    set({ AWS_KMS_ENDPOINT: "HTTP://2130706433:4599" });
    assert.equal(kms(), "http://127.0.0.1:4599");
  });

  describe("of a map from Region to URL", () => {
    const EU = "https://vpce-0b.kms.eu-west-1.vpce.amazonaws.com";
    const map = { "eu-west-1": EU, "us-east-1": "https://kms.corp.example/{region}/" };
    const of = (endpoint: Record<string, string>, region: string) =>
      kmsEndpoint({ keyCollection: "eu-west-1", endpoint }, region);

    it("are those of the Region", () => {
      set({ AWS_KMS_ENDPOINT: "http://127.0.0.1:1" });
      assert.equal(of(map, "eu-west-1"), EU);
      assert.equal(of(map, "us-east-1"), "https://kms.corp.example/us-east-1");
    });

    it("are missed where a Region has none, whatever the environment says", () => {
      set({ AWS_KMS_ENDPOINT: "http://127.0.0.1:1" });
      for (const region of ["us-west-2", "constructor" as string])
        assert.throws(
          () => of(map, region),
          region === "us-west-2"
            ? /Expected `endpoint`, which is a map from Region to URL, to name one for us-west-2; it names eu-west-1, us-east-1\. .* Add "us-west-2"/
            : /Expected an AWS Region/,
        );
      assert.deepEqual(withoutEndpointMistakes(map, ["eu-west-1", "us-east-1"]), []);
      assert.equal(withoutEndpointMistakes(map, ["us-west-2", "eu-west-1", "us-west-2"]).length, 1);
      assert.deepEqual(withoutEndpointMistakes("https://x", ["us-west-2"]), []);
    });

    it("are checked each, by the same rules, and shown no more than one alone is", () => {
      assert.deepEqual(endpointMistakes(map), []);
      const wrong = {
        "eu-wset-1": EU,
        "hunter2.example": EU,
        "eu-west-2": "http://kms.corp.example",
        "eu-west-3": "https://user:hunter2@kms.example.com",
        "us-west-2": "",
      };
      const mistakes = endpointMistakes(wrong);
      assert.equal(mistakes.length, 5);
      assert.match(mistakes[0]!, /^Expected the keys of `endpoint` .* did you mean "eu-west-1"\?$/);
      assert.match(mistakes[1]!, /what came is none\.$/);
      assert.match(mistakes[2]!, /^Expected `endpoint\["eu-west-2"\]` to be an https URL/);
      assert.match(mistakes[3]!, /^Expected `endpoint\["eu-west-3"\]` .* with a user name or password/);
      assert.match(mistakes[4]!, /^Expected `endpoint\["us-west-2"\]` .* empty/);
      assert.ok(!mistakes.join().includes("hunter2"));
    });

    it("make a host of the environment the program's own in their Region alone", () => {
      const endpoint = { "eu-west-1": "https://kms.corp.example", "us-east-1": "https://us.corp.example" };
      const refused = (region: string, url: string) =>
        refuseOtherHosts({ keyCollection: "eu-west-1", endpoint }, region)(new URL(url)) !== undefined;
      assert.deepEqual(
        [
          refused("eu-west-1", "https://kms.corp.example"),
          refused("us-east-1", "https://kms.corp.example"),
          refused("us-west-2", "https://kms.corp.example"),
          refused("us-west-2", "https://kms.us-west-2.amazonaws.com"),
        ],
        [false, true, true, false],
      );
    });

    it("are taken for STS too, that of the connection's Region, but for AWS's", () => {
      set({});
      const of = (keyCollection: string) => stsReach({ keyCollection, endpoint: map }).endpoint;
      assert.equal(of("eu-west-1"), undefined);
      assert.equal(of("us-east-1"), "https://kms.corp.example");
    });
  });

  it("are made from the names of Regions alone", () => {
    set({});
    for (const region of ["us-east-1.evil.com/", "evil.com#", "", "US-EAST-1"])
      for (const of of [kmsReach, stsReach])
        assert.throws(
          () => of({ keyCollection: region, endpoint: "https://kms.{region}.amazonaws.com" }, region),
          /Expected an AWS Region such as "us-east-1"/,
        );
  });

  it("that the AWS SDK has settled on are held to the same, and named where nothing names them", () => {
    set({});
    const refuse = refuseOtherHosts({ keyCollection: "eu-west-1" }, "eu-west-1");
    for (const host of [
      "https://kms.eu-west-1.amazonaws.com",
      "https://oidc.us-east-1.amazonaws.com",
      "http://[::1]:1",
    ])
      assert.equal(refuse(new URL(host)), undefined, host);
    for (const host of OTHERS)
      assert.match(refuse(new URL(host))?.message ?? "", /^Expected the AWS SDK's settings to name/, host);
  });
});
