import sinon from "sinon";
import { KEY_TYPES } from "../../provider/keys/keyTypes";
import { quickPair } from "./wrappingKeys";

/** The provider generates its RSA keys of a few primes: to find two for each takes too long. Call it in a `describe`. */
export function useQuickRsaKeys(): void {
  let stubs: sinon.SinonStub[] = [];
  before(() => {
    stubs = KEY_TYPES.flatMap(({ keySpec, material }) =>
      keySpec === "RSA_2048" || keySpec === "RSA_3072" || keySpec === "RSA_4096"
        ? [sinon.stub(material, "generate").callsFake(async () => (await quickPair(keySpec)).privateKey)]
        : [],
    );
  });
  after(() => {
    for (const stub of stubs) stub.restore();
  });
}
