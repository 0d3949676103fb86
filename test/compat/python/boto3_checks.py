"""boto3 puts a whole life cycle to a KMS. Usage: boto3_checks.py [member that AWS has added since this botocore]..."""
import datetime
import json
import os
import sys
import time

import boto3
import botocore.exceptions
from botocore.config import Config
from check import check, equal, main, refused
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from material import external_key, import_material, parameters
from wire import Wire

PRIMARY, REPLICA, WEATHER = "us-east-1", "eu-west-1", "ap-south-1"
NEVER = "00000000-0000-0000-0000-000000000000"


class Kms:
    def __init__(self):
        self.wire = Wire(sys.argv[1:])
        self.primary, self.replica = self.client(PRIMARY), self.client(REPLICA)

    def client(self, region, attempts=1):
        retries = {"total_max_attempts": attempts, "mode": "standard"}
        client = boto3.client("kms", region_name=region, config=Config(retries=retries))
        self.wire.watch(client)
        return client


def state(kms, key_id):
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]


@check("creates a key that waits for its material, and describes it by id, ARN and alias")
def _(at):
    kms = at.primary
    made = kms.create_key(Origin="EXTERNAL", Description="orders", Tags=[{"TagKey": "a", "TagValue": "b"}])
    key = made["KeyMetadata"]
    equal((key["KeyState"], key["Enabled"], key["Origin"]), ("PendingImport", False, "EXTERNAL"))
    assert abs(key["CreationDate"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds() < 60
    kms.create_alias(AliasName="alias/described", TargetKeyId=key["KeyId"])
    alias_arn = key["Arn"].replace(f"key/{key['KeyId']}", "alias/described")
    for name in (key["KeyId"], key["Arn"], "alias/described", alias_arn):
        equal(kms.describe_key(KeyId=name)["KeyMetadata"], key)


@check("gets import parameters of every size, valid for 24 hours")
def _(at):
    key_id = external_key(at.primary)
    for spec, bits in (("RSA_2048", 2048), ("RSA_3072", 3072), ("RSA_4096", 4096)):
        given = parameters(at.primary, key_id, spec=spec)
        equal(serialization.load_der_public_key(given["PublicKey"]).key_size, bits)
        left = given["ParametersValidTo"] - datetime.datetime.now(datetime.timezone.utc)
        assert datetime.timedelta(hours=23) < left <= datetime.timedelta(hours=24), left
        assert 0 < len(given["ImportToken"]) <= 6144


@check("imports material that cryptography wrapped with either OAEP, and encrypts and decrypts under it")
def _(at):
    for algorithm in ("RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"):
        key_id = external_key(at.primary, os.urandom(32), algorithm)
        equal(state(at.primary, key_id), "Enabled")
        context = {"order": "1", "customer": "é"}
        sealed = at.primary.encrypt(KeyId=key_id, Plaintext=b"\0bytes\xff", EncryptionContext=context)
        opened = at.primary.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context)
        equal(opened["Plaintext"], b"\0bytes\xff")
        equal(opened["KeyId"], sealed["KeyId"])
        refused("InvalidCiphertextException", at.primary.decrypt, CiphertextBlob=sealed["CiphertextBlob"])


@check("keeps a key bound to its material, and its ciphertexts through deletion and another import of it")
def _(at):
    material = os.urandom(32)
    key_id = external_key(at.primary, material)
    id_before = at.primary.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"]
    sealed = at.primary.encrypt(KeyId=key_id, Plaintext=b"kept")["CiphertextBlob"]
    at.primary.delete_imported_key_material(KeyId=key_id)
    equal(state(at.primary, key_id), "PendingImport")
    refused("KMSInvalidStateException", at.primary.decrypt, CiphertextBlob=sealed)
    given = parameters(at.primary, key_id)
    other = os.urandom(32)
    again = dict(given=given)
    try:
        import_material(at.primary, key_id, other, **again)
        raise AssertionError("other material was accepted")
    except at.primary.exceptions.IncorrectKeyMaterialException:
        pass
    equal(import_material(at.primary, key_id, material, **again)["KeyMaterialId"], id_before)
    equal(at.primary.decrypt(CiphertextBlob=sealed)["Plaintext"], b"kept")


@check("reads the expiry of material as the time that it sent")
def _(at):
    until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)).replace(microsecond=0)
    key_id = external_key(at.primary)
    import_material(at.primary, key_id, os.urandom(32), ValidTo=until, ExpirationModel="KEY_MATERIAL_EXPIRES")
    key = at.primary.describe_key(KeyId=key_id)["KeyMetadata"]
    equal((key["ValidTo"], key["ExpirationModel"]), (until, "KEY_MATERIAL_EXPIRES"))


@check("has a class for each refusal of an import")
def _(at):
    kms = at.primary
    key_id = external_key(kms)
    given = parameters(kms, key_id)
    good = dict(KeyId=key_id, ImportToken=given["ImportToken"], ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    refused("InvalidCiphertextException", kms.import_key_material, **good, EncryptedKeyMaterial=bytes(256))
    others = parameters(kms, external_key(kms))["ImportToken"]
    wrong = {**good, "ImportToken": others}
    refused("InvalidImportTokenException", kms.import_key_material, **wrong, EncryptedKeyMaterial=bytes(256))
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    wanted = dict(WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    refused("UnsupportedOperationException", kms.get_parameters_for_import, KeyId=own, **wanted)
    refused("NotFoundException", kms.get_parameters_for_import, KeyId=NEVER, **wanted)
    refused("InvalidArnException", kms.describe_key, KeyId="arn:aws:kms:us-east-1")


@check("pages aliases, keys and tags to their end, each once")
def _(at):
    kms = at.client("eu-north-1")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(7)]
    names = [f"alias/paged-{n}" for n in range(7)]
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=keys[0])
    kms.tag_resource(KeyId=keys[0], Tags=[{"TagKey": f"key{n}", "TagValue": str(n)} for n in range(7)])
    size = {"PageSize": 3}

    def all_of(paginator, result, member, **parameters):
        pages = list(kms.get_paginator(paginator).paginate(PaginationConfig=size, **parameters))
        assert len(pages) >= 3, f"{paginator}: {len(pages)} pages"
        return sorted(item[member] for page in pages for item in page[result])

    equal(all_of("list_keys", "Keys", "KeyId"), sorted(keys))
    equal(all_of("list_aliases", "Aliases", "AliasName", KeyId=keys[0]), names)
    equal(all_of("list_resource_tags", "Tags", "TagKey", KeyId=keys[0]), [f"key{n}" for n in range(7)])
    refused("InvalidMarkerException", kms.list_keys, Marker="made up")


@check("moves an alias and deletes it")
def _(at):
    kms = at.primary
    first, second = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    name = "alias/moved"
    kms.create_alias(AliasName=name, TargetKeyId=first)
    refused("AlreadyExistsException", kms.create_alias, AliasName=name, TargetKeyId=second)
    kms.update_alias(AliasName=name, TargetKeyId=second)
    equal(kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"], second)
    kms.delete_alias(AliasName=name)
    refused("NotFoundException", kms.describe_key, KeyId=name)
    refused("NotFoundException", kms.delete_alias, AliasName=name)
    refused("ValidationException", kms.create_alias, AliasName="no-prefix", TargetKeyId=first)


@check("adds, replaces and removes tags")
def _(at):
    kms = at.primary
    key_id = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]["KeyId"]
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": "a", "TagValue": "2"}, {"TagKey": "b", "TagValue": ""}])
    kms.untag_resource(KeyId=key_id, TagKeys=["b", "never there"])
    equal(kms.list_resource_tags(KeyId=key_id)["Tags"], [{"TagKey": "a", "TagValue": "2"}])
    refused("TagException", kms.tag_resource, KeyId=key_id, Tags=[{"TagKey": "aws:a", "TagValue": ""}])


@check("reads and replaces a key's policy, and is kept from locking itself out")
def _(at):
    kms = at.primary
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    policy = kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]
    changed = policy.replace("Enable IAM User Permissions", "All to the account")
    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=changed)
    equal(json.loads(kms.get_key_policy(KeyId=key_id)["Policy"]), json.loads(changed))
    locked_out = policy.replace("kms:*", "kms:DescribeKey")
    refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key_id, Policy=locked_out)
    refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key_id, Policy="{")


@check("creates, lists page by page, and revokes grants")
def _(at):
    kms = at.primary
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    grantee = f"arn:aws:iam::{os.environ['AWS_ACCESS_KEY_ID']}:root"
    common = dict(KeyId=key_id, GranteePrincipal=grantee, RetiringPrincipal=grantee, Operations=["Decrypt"])
    made = [kms.create_grant(**common, Name=f"grant-{n}") for n in range(4)]
    assert all(grant["GrantToken"] for grant in made)
    ids = sorted(grant["GrantId"] for grant in made)
    size = {"PageSize": 1}
    for paginator, whose in (("list_grants", {"KeyId": key_id}), ("list_retirable_grants", {"RetiringPrincipal": grantee})):
        pages = list(kms.get_paginator(paginator).paginate(PaginationConfig=size, **whose))
        equal(sorted(grant["GrantId"] for page in pages for grant in page["Grants"]), ids)
        assert len(pages) >= 4, len(pages)
    kms.revoke_grant(KeyId=key_id, GrantId=ids[0])
    equal(sorted(grant["GrantId"] for grant in kms.list_grants(KeyId=key_id)["Grants"]), ids[1:])
    refused("NotFoundException", kms.revoke_grant, KeyId=key_id, GrantId=ids[0])


@check("disables and enables a key")
def _(at):
    kms = at.primary
    key_id = external_key(kms, os.urandom(32))
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"a")["CiphertextBlob"]
    kms.disable_key(KeyId=key_id)
    equal(state(kms, key_id), "Disabled")
    refused("DisabledException", kms.decrypt, CiphertextBlob=sealed)
    kms.enable_key(KeyId=key_id)
    equal(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"a")


@check("schedules the deletion of a key and cancels it")
def _(at):
    kms = at.primary
    key_id = external_key(kms, os.urandom(32))
    scheduled = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    left = scheduled["DeletionDate"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=6) < left <= datetime.timedelta(days=7), left
    equal((scheduled["KeyState"], scheduled["PendingWindowInDays"]), ("PendingDeletion", 7))
    refused("KMSInvalidStateException", kms.encrypt, KeyId=key_id, Plaintext=b"a")
    kms.cancel_key_deletion(KeyId=key_id)
    equal(state(kms, key_id), "Disabled")
    refused("KMSInvalidStateException", kms.cancel_key_deletion, KeyId=key_id)


@check("replicates a key: the replica waits for the same material, and then each Region decrypts the other's")
def _(at):
    material = os.urandom(32)
    key_id = external_key(at.primary, MultiRegion=True)
    refused("KMSInvalidStateException", at.primary.replicate_key, KeyId=key_id, ReplicaRegion=REPLICA)
    import_material(at.primary, key_id, material)
    sealed = at.primary.encrypt(KeyId=key_id, Plaintext=b"east")["CiphertextBlob"]
    replica = at.primary.replicate_key(KeyId=key_id, ReplicaRegion=REPLICA)["ReplicaKeyMetadata"]
    equal(replica["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA")
    refused("AlreadyExistsException", at.primary.replicate_key, KeyId=key_id, ReplicaRegion=REPLICA)
    equal(state(at.replica, key_id), "PendingImport")
    refused("KMSInvalidStateException", at.replica.decrypt, CiphertextBlob=sealed)
    given = parameters(at.replica, key_id)
    try:
        import_material(at.replica, key_id, os.urandom(32), given=given)
        raise AssertionError("a replica took other material than its primary's")
    except at.replica.exceptions.IncorrectKeyMaterialException:
        pass
    import_material(at.replica, key_id, material, given=given)
    equal(at.replica.decrypt(CiphertextBlob=sealed)["Plaintext"], b"east")
    back = at.replica.encrypt(KeyId=key_id, Plaintext=b"west")["CiphertextBlob"]
    equal(at.primary.decrypt(CiphertextBlob=back)["Plaintext"], b"west")
    waiting = at.primary.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    equal((waiting["KeyState"], waiting.get("DeletionDate")), ("PendingReplicaDeletion", None))


@check("imports another material, rotates to it on demand, and still decrypts what the first encrypted")
def _(at):
    kms, first, second = at.primary, os.urandom(32), os.urandom(32)
    key_id = external_key(kms, first)
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"first")["CiphertextBlob"]
    imported = import_material(kms, key_id, second, ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="second")
    kms.rotate_key_on_demand(KeyId=key_id)
    # A rotation takes its time: https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
    for _ in range(200):
        if kms.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"] == imported["KeyMaterialId"]:
            break
        time.sleep(0.05)
    pages = kms.get_paginator("list_key_rotations").paginate(
        KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL", PaginationConfig={"PageSize": 1}
    )
    states = [rotation["KeyMaterialState"] for page in pages for rotation in page["Rotations"]]
    equal(sorted(states), ["CURRENT", "NON_CURRENT"])
    equal(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"first")
    later = kms.encrypt(KeyId=key_id, Plaintext=b"second")["CiphertextBlob"]
    equal(kms.decrypt(CiphertextBlob=later)["KeyMaterialId"], imported["KeyMaterialId"])


@check("moves the primary of a multi-Region key to another Region")
def _(at):
    key_id = at.primary.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    at.primary.replicate_key(KeyId=key_id, ReplicaRegion=REPLICA)
    at.primary.update_primary_region(KeyId=key_id, PrimaryRegion=REPLICA)
    for _ in range(200):
        if state(at.primary, key_id) == state(at.replica, key_id) == "Enabled":
            break
        time.sleep(0.05)
    for kms in (at.primary, at.replica):
        regions = kms.describe_key(KeyId=key_id)["KeyMetadata"]["MultiRegionConfiguration"]
        equal(regions["PrimaryKey"]["Region"], REPLICA)
        equal([replica["Region"] for replica in regions["ReplicaKeys"]], [PRIMARY])


@check("makes data keys and random bytes, and re-encrypts from one key to another")
def _(at):
    kms = at.primary
    first, second = (external_key(kms, os.urandom(32)) for _ in range(2))
    made = kms.generate_data_key(KeyId=first, KeySpec="AES_256")
    moved = kms.re_encrypt(CiphertextBlob=made["CiphertextBlob"], DestinationKeyId=second)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=second)
    equal(opened["Plaintext"], made["Plaintext"])
    refused("IncorrectKeyException", kms.decrypt, CiphertextBlob=moved["CiphertextBlob"], KeyId=first)
    assert "Plaintext" not in kms.generate_data_key_without_plaintext(KeyId=first, NumberOfBytes=64)
    equal(len(kms.generate_random(NumberOfBytes=24)["Plaintext"]), 24)


@check("signs, makes MACs and makes key pairs, which cryptography verifies")
def _(at):
    kms, message = at.primary, b"signed"
    signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    given = dict(KeyId=signer, Message=message, SigningAlgorithm="ECDSA_SHA_256")
    signature = kms.sign(**given)["Signature"]
    public_key = serialization.load_der_public_key(kms.get_public_key(KeyId=signer)["PublicKey"])
    public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    assert kms.verify(**given, Signature=signature)["SignatureValid"]
    refused("KMSInvalidSignatureException", kms.verify, **{**given, "Message": b"other"}, Signature=signature)
    refused("InvalidKeyUsageException", kms.encrypt, KeyId=signer, Plaintext=b"a")
    maker = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    given = dict(KeyId=maker, Message=message, MacAlgorithm="HMAC_SHA_256")
    assert kms.verify_mac(**given, Mac=kms.generate_mac(**given)["Mac"])["MacValid"]
    refused("KMSInvalidMacException", kms.verify_mac, **given, Mac=bytes(32))
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    pair = kms.generate_data_key_pair(KeyId=symmetric, KeyPairSpec="ECC_NIST_P384")
    equal(kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"], pair["PrivateKeyPlaintext"])
    private_key = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    equal(private_key.public_key(), serialization.load_der_public_key(pair["PublicKey"]))


@check("tells who calls")
def _(_at):
    account = os.environ["AWS_ACCESS_KEY_ID"]
    sts = boto3.client("sts", region_name=PRIMARY, endpoint_url=os.environ["AWS_ENDPOINT_URL_KMS"])
    equal(sts.get_caller_identity()["Account"], account)


@check("knows a throttled request by its class of errors and tries it again")
def _(at):
    given = at.client(WEATHER, attempts=4).create_key()
    equal(given["ResponseMetadata"]["RetryAttempts"], 2)
    refused("ThrottlingException", at.client(WEATHER).list_aliases)


@check("tries again where a connection closes without an answer")
def _(at):
    equal(at.client(WEATHER, attempts=3).list_keys()["ResponseMetadata"]["RetryAttempts"], 1)


@check("sees a request that breaks a constraint refused by the server as by itself")
def _(at):
    lax = boto3.client("kms", region_name=PRIMARY, config=Config(parameter_validation=False))
    for broken in ({"KeyId": ""}, {}):
        refused("ValidationException", lax.describe_key, **broken)
        try:
            at.primary.describe_key(**broken)
            raise AssertionError("botocore let it pass")
        except botocore.exceptions.ParamValidationError:
            pass


@check("finds every answer and every error as the API model describes it")
def _(at):
    assert at.wire.answers > 100, at.wire.answers
    equal(at.wire.wrong, [])


main(Kms())
