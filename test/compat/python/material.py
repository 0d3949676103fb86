"""Import of key material the way AWS documents it, with `cryptography` for the wrapping.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
"""
import os

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding

HASHES = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}


def wrap(algorithm, public_key, material):
    """RSAES_OAEP_* encrypts the material itself; RSA_AES_KEY_WRAP_* an AES key that wraps it (RFC 5649)."""
    key = serialization.load_der_public_key(public_key)
    hash = next(made for name, made in HASHES.items() if algorithm.endswith(name))()
    oaep = padding.OAEP(padding.MGF1(hash), hash, None)
    if algorithm.startswith("RSAES_OAEP"):
        return key.encrypt(material, oaep)
    aes = os.urandom(32)
    return key.encrypt(aes, oaep) + keywrap.aes_key_wrap_with_padding(aes, material)


def parameters(kms, key_id, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048"):
    return kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)


def import_material(kms, key_id, material, algorithm="RSAES_OAEP_SHA_256", given=None, **more):
    given = given or parameters(kms, key_id, algorithm)
    expiry = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"} if "ValidTo" not in more else {}
    return kms.import_key_material(
        KeyId=key_id,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=wrap(algorithm, given["PublicKey"], material),
        **expiry,
        **more,
    )


def external_key(kms, material=None, algorithm="RSAES_OAEP_SHA_256", **more):
    """The id of a new key, with this material where it is given."""
    key_id = kms.create_key(Origin="EXTERNAL", **more)["KeyMetadata"]["KeyId"]
    if material:
        import_material(kms, key_id, material, algorithm)
    return key_id
