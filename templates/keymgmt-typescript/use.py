# An application. It knows an alias and Regions, and nothing of Pulumi. It needs boto3.
#   echo text | python use.py encrypt us-west-1 FILE alias/${PROJECT}-dev
#   python use.py decrypt eu-west-1 FILE
import sys

import boto3

action, region, file, *alias = sys.argv[1:]
kms = boto3.client("kms", region_name=region)
if action == "encrypt":
    answer = kms.encrypt(KeyId=alias[0], Plaintext=sys.stdin.buffer.read())
    with open(file, "wb") as out:
        out.write(answer["CiphertextBlob"])
else:
    with open(file, "rb") as sealed:
        answer = kms.decrypt(CiphertextBlob=sealed.read())  # no KeyId: the ciphertext names its KMS key
    sys.stdout.buffer.write(answer["Plaintext"])
