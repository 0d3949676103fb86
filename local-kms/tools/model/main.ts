/**
 * Writes local-kms/src/api/model.json from botocore's model of AWS KMS (a release of botocore from PyPI, unpacked):
 *
 *     tsx tools/model/main.ts botocore/data/kms/2014-11-01/service-2.json.gz "botocore 1.44.8"
 */
import { writeFileSync } from "node:fs";
import { apiModel, modelFile, modelText } from "./model";

const [file, source] = process.argv.slice(2);
if (!file || !source)
  throw new Error("Expected a service-2.json(.gz) of botocore, and the release that it is from");
writeFileSync(modelFile, modelText(apiModel(file, source)));
