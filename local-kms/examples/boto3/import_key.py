"""Imports key material of your own into AWS KMS, then encrypts and decrypts with it through an alias.

    pip install boto3 cryptography
    python import_key.py

With AWS_ENDPOINT_URL_KMS set to a local KMS (../README.md) nothing of it reaches AWS. Without it the same happens on AWS:
it creates a KMS key, which costs money until you schedule its deletion.
"""

import os
import secrets
import time

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

# GetParametersForImport may be called about once a second. The standard mode waits and tries again when AWS throttles.
kms = boto3.client("kms", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))


def eventually(operation, **request):
    """Calls until the change before has reached all of AWS KMS, which takes seconds: until then a new key or alias may not be found, or the
    key may still have no material.
    https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
    """
    for _ in range(30):
        try:
            return operation(**request)
        except (kms.exceptions.NotFoundException, kms.exceptions.KMSInvalidStateException):
            time.sleep(1)
    return operation(**request)


def import_material(key_id, material):
    """Wraps the material for AWS KMS, so that nobody on the way can read it, and imports it."""
    parameters = eventually(
        kms.get_parameters_for_import,
        KeyId=key_id,
        WrappingAlgorithm="RSAES_OAEP_SHA_256",
        WrappingKeySpec="RSA_3072",
    )
    wrapping_key = serialization.load_der_public_key(parameters["PublicKey"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label=None)
    eventually(
        kms.import_key_material,
        KeyId=key_id,
        EncryptedKeyMaterial=wrapping_key.encrypt(material, oaep),
        ImportToken=parameters["ImportToken"],
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )


key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]

# This material is gone when the program ends. Keep yours where keys are safe: AWS never gives it back, and whatever it encrypted
# is lost where you can no longer import it.
import_material(key["KeyId"], os.urandom(32))

alias = f"alias/example-{secrets.token_hex(4)}"
eventually(kms.create_alias, AliasName=alias, TargetKeyId=key["KeyId"])

sealed = eventually(kms.encrypt, KeyId=alias, Plaintext=b"hello")["CiphertextBlob"]
opened = eventually(kms.decrypt, KeyId=alias, CiphertextBlob=sealed)["Plaintext"]
assert opened == b"hello"
print(f"{alias} ({key['Arn']}) encrypts and decrypts with the imported material")
