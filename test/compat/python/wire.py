"""Holds raw answers against botocore's model: botocore itself ignores what it does not know and checks no answer."""
import json
import re

# https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html, and those of the JSON protocol itself.
COMMON = {
    "AccessDeniedException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotAuthorizedException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "ValidationException",
}

PYTHON_TYPES = {
    "string": str,
    "blob": str,
    "boolean": bool,
    "integer": int,
    "timestamp": (int, float),
    "list": list,
    "map": dict,
    "structure": dict,
}


class Wire:
    """Watches every answer to a boto3 client. `newer`: members that AWS has added since this botocore."""

    def __init__(self, newer=()):
        self.newer = set(newer)
        self.answers = 0
        self.wrong = []

    def watch(self, client):
        client.meta.events.register("before-parse.kms.*", self._judge)

    def _judge(self, operation_model, response_dict, **_):
        self.answers += 1
        status, body = response_dict["status_code"], response_dict["body"]
        name = operation_model.name
        if not response_dict["headers"].get("x-amzn-requestid"):
            self._say(name, "no x-amzn-RequestId")
        if status != 200:
            code = json.loads(body)["__type"]
            if code not in COMMON | {shape.name for shape in operation_model.error_shapes}:
                self._say(name, f"{code} is not an error of this operation")
        elif operation_model.output_shape is None:
            if body not in (b"", b"{}"):
                self._say(name, f"a body where there is no output: {body!r}")
        else:
            self._walk(name, json.loads(body), operation_model.output_shape)

    def _walk(self, at, value, shape):
        if not isinstance(value, PYTHON_TYPES[shape.type_name]):
            return self._say(at, f"{type(value).__name__} where a {shape.type_name} belongs")
        limits = shape.metadata
        if shape.type_name in ("string", "list"):
            if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
                self._say(at, f"length {len(value)} is outside {limits}")
        if limits.get("enum") and value not in limits["enum"]:
            self._say(at, f"{value} is not in the enum")
        if limits.get("pattern") and not re.search(limits["pattern"], value):
            self._say(at, f"does not match {limits['pattern']}")
        if shape.type_name == "structure":
            for name in limits.get("required", []):
                if name not in value:
                    self._say(f"{at}.{name}", "is required and missing")
            for name, member in value.items():
                if name in shape.members:
                    self._walk(f"{at}.{name}", member, shape.members[name])
                elif f"{shape.name}.{name}" not in self.newer:
                    self._say(f"{at}.{name}", f"is no member of {shape.name}")
        elif shape.type_name == "list":
            for member in value:
                self._walk(f"{at}[]", member, shape.member)
        elif shape.type_name == "map":
            for member in value.values():
                self._walk(f"{at}{{}}", member, shape.value)

    def _say(self, at, what):
        self.wrong.append(f"{at}: {what}")
