"""Reads private keys and their public halves, and unwraps them, with `cryptography`. Prints what it found as JSON."""
import base64
import json
import sys

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding


def read(entry, wrapping_key):
    material, wrapped = (base64.b64decode(entry[name]) for name in ("material", "wrapped"))
    private = serialization.load_der_private_key(material, None)
    size = wrapping_key.key_size // 8
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    aes = wrapping_key.decrypt(wrapped[:size], oaep)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "publicPem": public.decode(),
        "aesKeyBytes": len(aes),
        "isUnwrapped": keywrap.aes_key_unwrap_with_padding(aes, wrapped[size:]) == material,
    }


with open(sys.argv[1]) as file:
    given = json.load(file)
key = serialization.load_pem_private_key(given["wrappingKey"].encode(), None)
print(json.dumps([read(entry, key) for entry in given["keys"]]))
