/** Where AWS was recorded. After the # stands the test that recorded it, or the file. */

const LOCALSTACK =
  "https://github.com/localstack/localstack/blob/01a455156e9f06646144c98a9ce57d80fc0b004c/tests/aws/services/kms";

/** A test that localstack ran on AWS, with the date of each answer in the snapshot file. */
export const localstack = (test: string) => `${LOCALSTACK}/test_kms.snapshot.json#${test}`;

/** A test that localstack ran on AWS whose expectations stand in the test itself. */
export const localstackTest = (test: string) => `${LOCALSTACK}/test_kms.py#${test}`;

/** AWS's answer as cloud-custodian's flight recorder wrote it down. */
export const custodian = (commit: string, folder: string, file: string) =>
  `https://github.com/cloud-custodian/cloud-custodian/blob/${commit}/tests/data/placebo/${folder}/${file}`;

/** A test that moto marks as verified on AWS. */
export const moto = (test: string) =>
  `https://github.com/getmoto/moto/blob/master/tests/test_kms/test_kms_encrypt.py#${test}`;

/** AWS's output as AWS's own command shows it in its help. */
export const cli = (command: string) =>
  `https://github.com/aws/aws-cli/blob/develop/awscli/examples/kms/${command}.rst`;

/** A thread in which somebody pasted what AWS answered. */
export const thread = (repository: string, number: number) =>
  `https://github.com/${repository}/issues/${number}`;

/** A request of nsmithuk/local-kms's Postman collection, which was written to run against AWS KMS, too. */
export const postman = (request: string) =>
  `https://github.com/nsmithuk/local-kms/blob/11e501ef7442a5be6fc71da1f6a856123f1c5ec4/tests/functional/local-kms.postman_collection.json#${encodeURIComponent(request)}`;

/** An observation of AWS that another emulator's author wrote into its source. */
export const observed = (file: string) => `https://github.com/nsmithuk/local-kms/blob/master/src/${file}`;

/** Answers of AWS that were handed on without the address of each. */
export const COLLECTED =
  "answers of AWS to the tests of localstack, cloud-custodian, moto and nsmithuk/local-kms, collected in 2026";

export const ARTICLE = "an article that shows AWS's output of 9 January 2024; its address is not known";
