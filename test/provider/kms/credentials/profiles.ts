/** An AWS config file, and two hosts in it. */
export const LOCAL = "http://127.0.0.1:4599";
export const OTHER = "http://127.0.0.1:4600";

export const CONFIG = `[default]
endpoint_url = ${OTHER}
[profile local]
endpoint_url = ${LOCAL}
[profile services]
endpoint_url = ${OTHER}
services = ours
[services ours]
kms =
  endpoint_url = ${LOCAL}
[profile both]
services = each
[services each]
s3 =
  endpoint_url = https://s3.example
kms =
  endpoint_url = ${LOCAL}
sts =
  endpoint_url = ${OTHER}
[profile emulated]
services = ours
[profile fips]
use_fips_endpoint = true
[profile dualstack]
use_dualstack_endpoint = true
[profile strict]
use_fips_endpoint = true
use_dualstack_endpoint = true
[profile ignoring]
endpoint_url = ${LOCAL}
ignore_configured_endpoint_urls = true
[profile typo]
services = none
[profile wrong]
use_fips_endpoint = yes
[profile contradiction]
use_fips_endpoint = true
services = ours
[profile plain]
region = eu-central-1
`;
