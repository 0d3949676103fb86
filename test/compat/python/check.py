"""Checks that a TypeScript test runs all at once: starting Python takes longer than most of them."""
import json
import sys
import traceback

_checks = []


def check(title):
    """Declares a check. Its title is a literal on the decorator's line: the TypeScript side reads it from there."""
    return lambda run: _checks.append((title, run)) or run


def main(*arguments):
    """Runs every check with the arguments, in order, and prints {title: null, or what went wrong} as JSON."""
    results = {}
    for title, run in _checks:
        try:
            run(*arguments)
            results[title] = None
        except Exception:
            results[title] = traceback.format_exc()
    print(json.dumps(results), file=sys.__stdout__)


def refused(name, call, **parameters):
    """Calls and expects the refusal that boto3 knows under this name; answers its message."""
    client = call.__self__
    error = getattr(client.exceptions, name, client.exceptions.ClientError)
    try:
        call(**parameters)
    except error as refusal:
        code = refusal.response["Error"]["Code"]
        assert code == name, f"expected {name}, got {code}: {refusal}"
        return refusal.response["Error"]["Message"]
    raise AssertionError(f"expected {name}, and the request was carried out")


def equal(given, wanted):
    assert given == wanted, f"expected {wanted!r}, got {given!r}"
