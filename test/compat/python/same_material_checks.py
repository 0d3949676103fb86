"""The same material in two implementations of AWS KMS. Usage: same_material_checks.py LOCAL_KMS MINISTACK"""
import hashlib
import hmac
import os
import sys

import boto3
from check import check, equal, main
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from material import external_key

MESSAGE = b"the same material"
CURVES = {
    "ECC_NIST_P256": (ec.SECP256R1(), "ECDSA_SHA_256", hashes.SHA256()),
    "ECC_NIST_P384": (ec.SECP384R1(), "ECDSA_SHA_384", hashes.SHA384()),
    "ECC_NIST_P521": (ec.SECP521R1(), "ECDSA_SHA_512", hashes.SHA512()),
    "ECC_SECG_P256K1": (ec.SECP256K1(), "ECDSA_SHA_256", hashes.SHA256()),
}


def der(private_key):
    """As AWS takes asymmetric material: PKCS #8 in DER, not encrypted."""
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private_key.private_bytes(*form)


def public_der(private_key):
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private_key.public_key().public_bytes(*form)


def in_each(kmses, material, algorithm="RSA_AES_KEY_WRAP_SHA_256", **more):
    """Imports the material everywhere: pairs of a client and its key."""
    return [(kms, external_key(kms, material, algorithm, **more)) for kms in kmses]


def signed_alike(keys, private_key, algorithm, verify):
    """Each has the pair's public key; each signature holds under it and in every other implementation."""
    for kms, key_id in keys:
        equal(kms.get_public_key(KeyId=key_id)["PublicKey"], public_der(private_key))
        signature = kms.sign(KeyId=key_id, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
        verify(private_key.public_key(), signature)
        for other, other_id in keys:
            given = dict(Message=MESSAGE, Signature=signature, SigningAlgorithm=algorithm)
            assert other.verify(KeyId=other_id, **given)["SignatureValid"]


@check("a symmetric key encrypts and decrypts in each")
def _(kmses):
    for kms, key_id in in_each(kmses, os.urandom(32), "RSAES_OAEP_SHA_256"):
        sealed = kms.encrypt(KeyId=key_id, Plaintext=MESSAGE)["CiphertextBlob"]
        equal(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], MESSAGE)


@check("an RSA key signs the same in each")
def _(kmses):
    pair = rsa.generate_private_key(65537, 2048)
    keys = in_each(kmses, der(pair), KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    sha256 = hashes.SHA256()
    schemes = {
        "RSASSA_PKCS1_V1_5_SHA_256": padding.PKCS1v15(),
        "RSASSA_PSS_SHA_256": padding.PSS(padding.MGF1(sha256), sha256.digest_size),
    }
    for algorithm, scheme in schemes.items():
        signed_alike(keys, pair, algorithm, lambda key, signature: key.verify(signature, MESSAGE, scheme, sha256))


@check("an RSA key decrypts in each what its public key encrypted")
def _(kmses):
    pair = rsa.generate_private_key(65537, 2048)
    sha256 = hashes.SHA256()
    sealed = pair.public_key().encrypt(MESSAGE, padding.OAEP(padding.MGF1(sha256), sha256, None))
    for kms, key_id in in_each(kmses, der(pair), KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"):
        given = dict(CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        equal(kms.decrypt(KeyId=key_id, **given)["Plaintext"], MESSAGE)


@check("a key on each elliptic curve signs the same in each")
def _(kmses):
    for spec, (curve, algorithm, hash) in CURVES.items():
        pair = ec.generate_private_key(curve)
        keys = in_each(kmses, der(pair), KeySpec=spec, KeyUsage="SIGN_VERIFY")
        signed_alike(keys, pair, algorithm, lambda key, signature: key.verify(signature, MESSAGE, ec.ECDSA(hash)))


@check("an Ed25519 key that KMS made signs under its public key in each")
def _(kmses):
    for kms in kmses:
        made = kms.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        given = dict(Message=MESSAGE, SigningAlgorithm="ED25519_SHA_512", MessageType="RAW")
        signature = kms.sign(KeyId=made["KeyId"], **given)["Signature"]
        public_key = kms.get_public_key(KeyId=made["KeyId"])["PublicKey"]
        serialization.load_der_public_key(public_key).verify(signature, MESSAGE)


@check("an HMAC key of each length makes the same MAC in each")
def _(kmses):
    for spec, length in (("HMAC_224", 28), ("HMAC_256", 32), ("HMAC_384", 48), ("HMAC_512", 64)):
        material, size = os.urandom(length), spec.split("_")[1]
        wanted = hmac.new(material, MESSAGE, getattr(hashlib, f"sha{size}")).digest()
        keys = in_each(kmses, material, "RSAES_OAEP_SHA_256", KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC")
        for kms, key_id in keys:
            made = kms.generate_mac(KeyId=key_id, Message=MESSAGE, MacAlgorithm=f"HMAC_SHA_{size}")
            equal(made["Mac"], wanted)


@check("a key-agreement key derives the secret that its peer derives")
def _(kmses):
    local_kms, _without_this_operation = kmses
    pair, peer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    for kms, key_id in in_each([local_kms], der(pair), KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT"):
        given = dict(KeyAgreementAlgorithm="ECDH", PublicKey=public_der(peer))
        secret = kms.derive_shared_secret(KeyId=key_id, **given)["SharedSecret"]
        equal(secret, peer.exchange(ec.ECDH(), pair.public_key()))


main([boto3.client("kms", region_name="us-east-1", endpoint_url=endpoint) for endpoint in sys.argv[1:]])
