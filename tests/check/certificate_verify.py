#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies the certificate of a deletion, from docs/retention.md alone.

certificate_verify.py KEY < certificate.json

KEY is the clinic's public audit key, 43 base64url characters. Ed25519 is that
of RFC 8032, 5.1, written out: slow and simple.
"""
import base64
import hashlib
import json
import sys

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Adds two points in extended coordinates."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, e + f
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def decode(data):
    """A point from its 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and \
        (a[1] * b[2] - b[1] * a[2]) % P == 0


def signed(public, message, signature):
    a, r = decode(public), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public +
                                      message).digest(), "little") % L
    return same(times(s, BASE), add(r, times(h, a)))


def bytes_of(text, size):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(data) != size:
        raise ValueError(f"{size} bytes were expected")
    return data


def verify(text, key):
    """None, or what is wrong."""
    try:
        certificate = json.loads(text)
        signature = bytes_of(certificate.pop("signature"), 64)
        public = bytes_of(certificate["key"], 32)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "is no certificate"
    if certificate["key"] != key:
        return "is signed with another key"
    message = json.dumps(certificate, sort_keys=True, ensure_ascii=False,
                         separators=(",", ":")).encode()
    if not signed(public, message, signature):
        return "its signature is wrong"
    if (certificate.get("version"), certificate.get("verified")) != (1, True):
        return "does not say that it was verified"
    return None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wrong = verify(sys.stdin.read(), sys.argv[1])
    if wrong:
        sys.exit(f"the certificate {wrong}")
    print("good")


if __name__ == "__main__":
    main()
