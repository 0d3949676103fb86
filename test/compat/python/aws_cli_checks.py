"""The AWS CLI, unchanged, puts a life cycle to a KMS; in this process, since its start takes longer than its requests."""
import base64
import contextlib
import io
import json
import os
import tempfile

from awscli.clidriver import create_clidriver
from check import check, equal, main
from material import wrap


class Refused(Exception):
    pass


class Cli:
    def __init__(self):
        self.driver = create_clidriver()

    def __call__(self, *arguments, region="us-east-1", service="kms"):
        """What `aws kms ARGUMENTS` prints as JSON; None where it prints nothing."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = self.driver.main([service, *arguments, "--region", region, "--output", "json"])
        if code != 0:
            raise Refused(err.getvalue())
        return json.loads(out.getvalue()) if out.getvalue().strip() else None

    def refused(self, name, *arguments, **options):
        try:
            self(*arguments, **options)
        except Refused as refusal:
            assert f"({name})" in str(refusal), refusal
            return
        raise AssertionError(f"expected {name}, and the request was carried out")


@contextlib.contextmanager
def file_of(content):
    with tempfile.NamedTemporaryFile(dir=os.environ["HOME"]) as file:
        file.write(content)
        file.flush()
        yield f"fileb://{file.name}"


def import_material(aws, key_id, material, region="us-east-1"):
    wanted = ("--wrapping-algorithm", "RSAES_OAEP_SHA_256", "--wrapping-key-spec", "RSA_2048")
    given = aws("get-parameters-for-import", "--key-id", key_id, *wanted, region=region)
    wrapped = wrap("RSAES_OAEP_SHA_256", base64.b64decode(given["PublicKey"]), material)
    with file_of(wrapped) as material_file, file_of(base64.b64decode(given["ImportToken"])) as token_file:
        blobs = ("--encrypted-key-material", material_file, "--import-token", token_file)
        forever = ("--expiration-model", "KEY_MATERIAL_DOES_NOT_EXPIRE")
        return aws("import-key-material", "--key-id", key_id, *blobs, *forever, region=region)


def new_key(aws, *arguments):
    return aws("create-key", *arguments)["KeyMetadata"]["KeyId"]


def state(aws, key_id, region="us-east-1"):
    return aws("describe-key", "--key-id", key_id, region=region)["KeyMetadata"]["KeyState"]


def encrypt(aws, key_id, plaintext, region="us-east-1"):
    with file_of(plaintext) as file:
        return aws("encrypt", "--key-id", key_id, "--plaintext", file, region=region)["CiphertextBlob"]


def decrypt(aws, ciphertext, region="us-east-1"):
    with file_of(base64.b64decode(ciphertext)) as file:
        return base64.b64decode(aws("decrypt", "--ciphertext-blob", file, region=region)["Plaintext"])


@check("follows AWS's guide to importing key material, from creation to decryption")
def _(aws):
    key_id = new_key(aws, "--origin", "EXTERNAL", "--description", "orders", "--tags", "TagKey=a,TagValue=b")
    equal(state(aws, key_id), "PendingImport")
    import_material(aws, key_id, os.urandom(32))
    equal(state(aws, key_id), "Enabled")
    equal(decrypt(aws, encrypt(aws, key_id, b"\0plain\xff")), b"\0plain\xff")


@check("replicates a key, imports into the replica and decrypts there")
def _(aws):
    west, material = "eu-west-1", os.urandom(32)
    key_id = new_key(aws, "--origin", "EXTERNAL", "--multi-region")
    import_material(aws, key_id, material)
    sealed = encrypt(aws, key_id, b"abroad")
    aws("replicate-key", "--key-id", key_id, "--replica-region", west)
    equal(state(aws, key_id, west), "PendingImport")
    import_material(aws, key_id, material, west)
    equal(decrypt(aws, sealed, west), b"abroad")


@check("creates, moves, lists and deletes aliases, page by page")
def _(aws):
    first, second = new_key(aws), new_key(aws)
    names = [f"alias/cli-{n}" for n in range(5)]
    for name in names:
        aws("create-alias", "--alias-name", name, "--target-key-id", first)
    listed = aws("list-aliases", "--key-id", first, "--page-size", "2")["Aliases"]
    equal([alias["AliasName"] for alias in listed], names)
    aws("update-alias", "--alias-name", names[0], "--target-key-id", second)
    equal(aws("describe-key", "--key-id", names[0])["KeyMetadata"]["KeyId"], second)
    aws("delete-alias", "--alias-name", names[0])
    aws.refused("NotFoundException", "describe-key", "--key-id", names[0])
    keys = {key["KeyId"] for key in aws("list-keys", "--page-size", "1")["Keys"]}
    assert {first, second} <= keys


@check("disables, enables, tags and describes a key, and replaces its policy")
def _(aws):
    key = new_key(aws)
    on = ("--key-id", key)
    aws("disable-key", *on)
    equal(state(aws, key), "Disabled")
    aws("enable-key", *on)
    aws("tag-resource", *on, "--tags", "TagKey=a,TagValue=1", "TagKey=b,TagValue=2")
    aws("untag-resource", *on, "--tag-keys", "a")
    equal(aws("list-resource-tags", *on)["Tags"], [{"TagKey": "b", "TagValue": "2"}])
    aws("update-key-description", *on, "--description", "later")
    equal(aws("describe-key", *on)["KeyMetadata"]["Description"], "later")
    policy = aws("get-key-policy", *on, "--policy-name", "default")["Policy"]
    aws("put-key-policy", *on, "--policy-name", "default", "--policy", policy)
    aws.refused("MalformedPolicyDocumentException", "put-key-policy", *on, "--policy", "{")


@check("schedules the deletion of a key and cancels it")
def _(aws):
    key = new_key(aws)
    scheduled = aws("schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7")
    equal(scheduled["KeyState"], "PendingDeletion")
    aws.refused("KMSInvalidStateException", "enable-key", "--key-id", key)
    aws("cancel-key-deletion", "--key-id", key)
    equal(state(aws, key), "Disabled")
    aws.refused("ValidationException", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "3")


@check("tells who calls")
def _(aws):
    endpoint = ("--endpoint-url", os.environ["AWS_ENDPOINT_URL_KMS"])
    identity = aws("get-caller-identity", *endpoint, service="sts")
    equal(identity["Account"], os.environ["AWS_ACCESS_KEY_ID"])


main(Cli())
