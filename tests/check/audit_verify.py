#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second verifier of the audit's exports, written from docs/audit.md alone.

It needs nothing but Python: Ed25519 (RFC 8032) stands below, so that neither
our code nor a library of ours is in it.

    audit_verify.py EXPORT PUBLIC-KEY ...   both forms of an export
    audit_verify.py --vectors               checks Ed25519, as TAP

Prints what it proved, or the first thing that is wrong. Status 0 or 1.
"""
import base64
import datetime
import hashlib
import json
import sys

FIRST = "A" * 43
NEEDED = {"n", "time_ms", "action", "outcome", "digest", "prev"}
TEXTS = {"subject", "role", "action", "object", "visit", "outcome", "reason",
         "client"}
MOST = {"reason": 1024}
HEAD = {"before", "digest", "key", "n", "signature", "time"}
LINE = "urn:rthealth:audit:line"
ACTIONS = "urn:rthealth:audit:action"
IDS = "urn:rthealth:id"
KEYS = "urn:rthealth:audit:key"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
EPOCH = datetime.datetime(1970, 1, 1)
DEPTH = 16


class Wrong(Exception):
    pass


# ---- Ed25519, RFC 8032 section 5.1 ----

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(a, b):
    u = (a[1] - a[0]) * (b[1] - b[0]) % P
    v = (a[1] + a[0]) * (b[1] + b[0]) % P
    w = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = v - u, z - w, z + w, v + u
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, at):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, at)
        at = add(at, at)
        scalar >>= 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point(BASE_Y.to_bytes(32, "little"))


def signed(public, message, signature):
    a, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(
        hashlib.sha512(signature[:32] + public + message).digest(),
        "little") % L
    left, right = times(s, BASE), add(r, times(k, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or
                (left[1] * right[2] - right[1] * left[2]) % P)


# ---- Rows and heads ----

def unbase64(text, size):
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as err:
        raise Wrong("no base64url") from err
    if len(data) != size or base64url(data) != text:
        raise Wrong("no base64url")
    return data


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def no_twins(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Wrong("a member is there twice")
    return members


def no_real(text):
    raise Wrong(f"{text} is no whole number")


def whole(text):
    # int() of thousands of digits takes long, or is refused
    if len(text) > 20 or not -2 ** 63 <= int(text) < 2 ** 63:
        raise Wrong(f"{text[:24]} is no number of 64 bits")
    return int(text)


def check_depth(text):
    depth, quoted, escaped = 0, False, False
    for char in text:
        if quoted:
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
        if depth > DEPTH:
            raise Wrong("it is nested too deeply")


def parse(text):
    check_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=no_twins, parse_int=whole,
                           parse_float=no_real, parse_constant=no_real)
        canonical(value)  # a half of a surrogate pair has no UTF-8
    except (ValueError, RecursionError) as err:
        raise Wrong("it is no JSON") from err
    if not isinstance(value, dict):
        raise Wrong("it is no object")
    return value


def canonical(value):
    """Of what has no control characters, which check_texts has seen."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False).encode()


def check_texts(value):
    if isinstance(value, str):
        if any(ord(c) < 0x20 or ord(c) == 0x7f for c in value):
            raise Wrong("a control character")
    elif isinstance(value, dict):
        for name, member in value.items():
            check_texts(name)
            check_texts(member)
    elif isinstance(value, list):
        for member in value:
            check_texts(member)


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_row(row):
    names = set(row)
    if not NEEDED <= names or names - NEEDED - TEXTS - {"data"}:
        raise Wrong("its members are others")
    if not is_whole(row["n"]) or not is_whole(row["time_ms"]):
        raise Wrong("its numbers are none")
    for name in names & TEXTS:
        text = row[name]
        if not isinstance(text, str) or not text or \
                len(text.encode()) > MOST.get(name, 128):
            raise Wrong(f"{name} is no text of a row")
    if not isinstance(row.get("data", {}), dict):
        raise Wrong("data is no object")
    check_texts(row)


def sha256(value):
    return base64url(hashlib.sha256(canonical(value)).digest())


def digest_of(row):
    return sha256({k: v for k, v in row.items() if k != "digest"})


def check_head(head, keys):
    if set(head) != HEAD or not is_whole(head["n"]) or not all(
            isinstance(head[k], str) for k in HEAD - {"n"}):
        raise Wrong("it is no signed head")
    if head["key"] not in keys:
        raise Wrong(f"it is signed by another key, {head['key']}")
    rest = {k: v for k, v in head.items() if k != "signature"}
    if not signed(unbase64(head["key"], 32), canonical(rest),
                  unbase64(head["signature"], 64)):
        raise Wrong("its signature is wrong")


# ---- FHIR ----

def held(resource):
    """The line that a resource holds, and that the resource tells the same."""
    try:
        line = parse(resource["extension"][0]["valueString"])
        if resource["resourceType"] == "AuditEvent":
            check_event(resource, line)
        elif resource["resourceType"] == "Provenance":
            check_provenance(resource, line)
        else:
            raise Wrong("it is another resource")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError,
            OverflowError) as err:
        raise Wrong("it is no resource of an export") from err
    return line


def must_be(resource, expected, line):
    """Nothing less, nothing else and nothing more."""
    expected["extension"] = [
        {"url": LINE, "valueString": canonical(line).decode()}]
    if canonical(resource) != canonical(expected):
        raise Wrong("the resource tells something else than its line")


def check_coding(coding):
    if set(coding) != {"system", "code", "display"} or \
            coding["system"] != DICOM or \
            not all(isinstance(v, str) and v for v in coding.values()):
        raise Wrong("a code is none of DICOM")


def identifier(system, value):
    return {"identifier": {"system": system, "value": value}}


def check_event(event, row):
    check_row(row)
    check_coding(event["type"])
    for coding in event["subtype"][:-1]:
        check_coding(coding)
    if event["action"] not in tuple("CRUDE") or len(event["subtype"]) > 2:
        raise Wrong("its action or its subtypes are none")
    recorded = EPOCH + datetime.timedelta(milliseconds=row["time_ms"])
    agent = {"who": identifier(IDS, row.get("subject", "unknown")),
             "requestor": "subject" in row}
    if "role" in row:
        agent["role"] = [{"text": row["role"]}]
    expected = {
        "resourceType": "AuditEvent", "id": f"row-{row['n']}",
        "type": event["type"], "action": event["action"],
        "subtype": event["subtype"][:-1] +
        [{"system": ACTIONS, "code": row["action"]}],
        "recorded": recorded.isoformat(timespec="milliseconds") + "Z",
        "agent": [agent],
        "source": {
            "observer": {"display": "rthealth-portal"},
            "type": [{"system": "http://terminology.hl7.org/CodeSystem/"
                      "security-source-type", "code": "4",
                      "display": "Application Server"}]},
        "outcome": "0" if row["outcome"] == "ok" else "4"}
    if row["outcome"] != "ok":
        expected["outcomeDesc"] = ": ".join(
            row[k] for k in ("outcome", "reason") if k in row)
    elif "reason" in row:
        expected["purposeOfEvent"] = [{"text": row["reason"]}]
    entities = [{"what": identifier(IDS, row[k]), "description": k}
                for k in ("object", "visit") if k in row]
    if entities:
        expected["entity"] = entities
    must_be(event, expected, row)


def check_provenance(provenance, head):
    data = base64.b64encode(unbase64(head["signature"], 64)).decode()
    must_be(provenance, {
        "resourceType": "Provenance",
        "target": [{"reference": f"AuditEvent/row-{head['n']}"}],
        "recorded": head["time"],
        "agent": [{"who": {"display": "rthealth-portal"}}],
        "signature": [{
            "type": [{"system": "urn:iso-astm:E1762-95:2013",
                      "code": "1.2.840.10065.1.12.1.14",
                      "display": "Source Signature"}],
            "when": head["time"], "who": identifier(KEYS, head["key"]),
            "data": data}]}, head)


# ---- The whole ----

def read(path):
    rows, heads = [], []
    with open(path, encoding="utf-8", newline="\n") as lines:
        for number, text in enumerate(lines, 1):
            try:
                if not text.endswith("\n"):
                    raise Wrong("it has no end")
                line = parse(text)
                if "resourceType" in line:
                    line = held(line)
            except Wrong as err:
                raise Wrong(f"line {number}: {err}") from err
            (heads if "signature" in line else rows).append((number, line))
    return rows, heads


def check_heads(heads, keys):
    before = ""
    for number, head in heads:
        try:
            check_head(head, keys)
            if head["before"] != before:
                raise Wrong("it does not follow from the head before")
        except Wrong as err:
            raise Wrong(f"line {number}: {err}") from err
        before = sha256(head)


def verify(path, keys):
    rows, heads = read(path)
    digests = {}
    check_heads(heads, keys)
    at, digest = 0, FIRST
    for number, row in rows:
        try:
            check_row(row)
        except Wrong as err:
            raise Wrong(f"line {number}, after row {at}: {err}") from err
        if not digests:
            at = row["n"] - 1
            digest = FIRST if at == 0 else row["prev"]
            digests[at] = digest
        if row["n"] > at + 1:
            raise Wrong(f"row {at + 1} is missing")
        if row["n"] <= at:
            raise Wrong(f"row {row['n']} does not belong here")
        if row["prev"] != digest or digest_of(row) != row["digest"]:
            raise Wrong(f"row {row['n']} was changed")
        at, digest = row["n"], row["digest"]
        digests[at] = digest
    proven = [head for _, head in sorted(heads, key=lambda h: h[1]["n"])
              if head["n"] >= min(digests, default=0)]
    for head in proven:
        if head["n"] > at:
            raise Wrong(f"row {at + 1} is missing: row {head['n']} was signed")
        if head["n"] in digests and digests[head["n"]] != head["digest"]:
            raise Wrong(f"row {head['n']} is not the one that was signed")
    if not heads:
        raise Wrong("no signed head proves any row")
    if not rows:
        raise Wrong("there is no row")
    last = proven[-1]["n"] if proven else min(digests)
    if at > last:
        raise Wrong(f"row {last + 1} is signed by nobody")
    return rows[0][1]["n"], at, len(proven), last


# RFC 8032 section 7.1, tests 1 and 3; and each with a bit of it changed
VECTORS = (
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
     "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
)


def vectors():
    good = True
    for number, vector in enumerate(VECTORS, 1):
        public, message, signature = (bytes.fromhex(v) for v in vector)
        changed = bytes([signature[0] ^ 1]) + signature[1:]
        right = signed(public, message, signature) and \
            not signed(public, message, changed) and \
            not signed(public, message + b"x", signature)
        print(f"{'ok' if right else 'not ok'} {number} - Ed25519")
        good = good and right
    print(f"1..{len(VECTORS)}")
    return good


def main(arguments):
    if arguments == ["--vectors"]:
        return 0 if vectors() else 1
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        first, at, heads, last = verify(arguments[0], arguments[1:])
    except (Wrong, UnicodeError) as err:
        print(err, file=sys.stderr)
        return 1
    print(f"rows {first} to {at} are good; {heads} signed heads, "
          f"the last of row {last}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
