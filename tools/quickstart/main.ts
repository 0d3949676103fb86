/** `make quickstart`: a key's whole life on this machine, with the real `pulumi` and the local KMS. Each claim is checked. */
import { openStage } from "./stage";
import { story } from "./story";

// On Node 20 the AWS SDK would remark between the lines that it will ask for Node 22 one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

async function main(): Promise<void> {
  const stage = await openStage();
  try {
    await story(stage);
  } finally {
    await stage.close();
  }
  console.log("\nquickstart ok");
}

main().catch((error: Error) => {
  console.error(`\nquickstart failed: ${error.message}`);
  process.exitCode = 1;
});
