#!/usr/bin/env bash
# Imports key material of your own into AWS KMS, then encrypts and decrypts with it through an alias. Needs the AWS CLI and openssl.
#
# With AWS_ENDPOINT_URL_KMS set to a local KMS (../README.md) nothing of it reaches AWS. Without it the same happens on AWS:
# it creates a KMS key, which costs money until you schedule its deletion.
set -euo pipefail
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# GetParametersForImport may be called about once a second. The standard mode waits and tries again when AWS throttles.
export AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10

# Calls until the change before has reached all of AWS KMS, which takes seconds: until then a new key or alias may not be found, or the
# key may still have no material.
# https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
eventually() {
  local left=30
  until "$@" 2>"$folder/error"; do
    if ((left-- == 0)) || ! grep -qE '\((NotFoundException|KMSInvalidStateException)\)' "$folder/error"; then
      cat "$folder/error" >&2
      return 1
    fi
    sleep 1
  done
}

# Key id and ARN.
created=$(aws kms create-key --origin EXTERNAL --query 'KeyMetadata.[KeyId, Arn]' --output text)
read -r key_id arn <<<"$created"

# Both belong together: the token goes with material that was wrapped by this key.
parameters=$(eventually aws kms get-parameters-for-import --key-id "$key_id" \
  --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_3072 \
  --query '[PublicKey, ImportToken]' --output text)
read -r public_key token <<<"$parameters"
openssl base64 -d -A <<<"$public_key" >"$folder/wrapping-key.der"
openssl base64 -d -A <<<"$token" >"$folder/token"

# This material is gone when the script ends. Keep yours where keys are safe: AWS never gives it back, and whatever it encrypted is
# lost where you can no longer import it.
openssl rand -out "$folder/material" 32
openssl pkeyutl -encrypt -in "$folder/material" -out "$folder/wrapped" \
  -pubin -inkey "$folder/wrapping-key.der" -keyform DER \
  -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
eventually aws kms import-key-material --key-id "$key_id" \
  --encrypted-key-material "fileb://$folder/wrapped" --import-token "fileb://$folder/token" \
  --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE >/dev/null

alias=alias/example-$(openssl rand -hex 4)
eventually aws kms create-alias --alias-name "$alias" --target-key-id "$key_id"

printf hello >"$folder/message"
sealed=$(eventually aws kms encrypt --key-id "$alias" --plaintext "fileb://$folder/message" --query CiphertextBlob --output text)
openssl base64 -d -A <<<"$sealed" >"$folder/sealed"
opened=$(eventually aws kms decrypt --key-id "$alias" --ciphertext-blob "fileb://$folder/sealed" --query Plaintext --output text)
[ "$(openssl base64 -d -A <<<"$opened")" = hello ]
echo "$alias ($arn) encrypts and decrypts with the imported material"
