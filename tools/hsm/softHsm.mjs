/** SoftHSM 2: an HSM in software. */
import { existsSync } from "node:fs";
import { run } from "../run.mjs";

/** Where its PKCS#11 module lies on Debian, Ubuntu and Alpine; Fedora; macOS with Homebrew; and where it was built by hand. */
const PLACES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/usr/lib64/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
];

export function findSoftHsm(exists = existsSync) {
  return PLACES.find((place) => exists(place));
}

/** Its module, installed through apt where it is not there and root or a sudo that asks for nothing may. Else throws why not. */
export async function haveSoftHsm({
  say,
  find = findSoftHsm,
  execute = run,
  isRoot = process.getuid?.() === 0,
}) {
  const there = find();
  if (there) return there;
  say("installing Debian's softhsm2, this once");
  const apt = async (...args) => {
    const command = ["apt-get", "--quiet", "--yes", "-o", "DPkg::Lock::Timeout=120", ...args];
    const [program, ...rest] = isRoot ? command : ["sudo", "--non-interactive", ...command];
    return execute(program, rest, { env: { DEBIAN_FRONTEND: "noninteractive" }, limitSeconds: 300 });
  };
  const install = () => apt("install", "--no-install-recommends", "softhsm2");
  let installed = await install();
  if (!installed.ok && (await apt("update")).ok) installed = await install();
  const module = find();
  if (installed.ok && module) return module;
  throw new Error(`no SoftHSM here: ${installed.cause ?? "softhsm2 has its module elsewhere"}`);
}
