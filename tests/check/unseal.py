#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second reader of sealed files, written from docs/store.md alone.

It needs nothing but Python: the algorithms stand below, so that neither our
code nor libsodium is in it. Slow: for tests, and as a last resort.

    unseal.py FILE.key FILE.sealed > plain    (a key without a passphrase)
    unseal.py --vectors FOLDER                checks tests/unit/seal, as TAP
"""
import base64
import hashlib
import hmac
import os
import struct
import sys

BLOCK = 16384
HEADER = 4096
RECORD = 48 + BLOCK + 16
END = 2 ** 64 - 1
MASK = 0xffffffff


class Damaged(Exception):
    pass


# ---- RFC 8439, draft-irtf-cfrg-xchacha, RFC 7748, and Salsa20 ----

def rotate(v, n):
    return (v << n | v >> (32 - n)) & MASK


def chacha_rounds(s):
    x = list(s)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14),
                           (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12),
                           (2, 7, 8, 13), (3, 4, 9, 14)):
            for p, q, r, n in ((a, b, d, 16), (c, d, b, 12),
                               (a, b, d, 8), (c, d, b, 7)):
                x[p] = (x[p] + x[q]) & MASK
                x[r] = rotate(x[r] ^ x[p], n)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def hchacha(key, nonce):
    x = chacha_rounds(SIGMA + struct.unpack("<8I", key) +
                      struct.unpack("<4I", nonce))
    return struct.pack("<8I", *x[:4], *x[12:])


def chacha_stream(key, nonce, counter, length):
    out = bytearray()
    words = struct.unpack("<8I", key)
    while len(out) < length:
        s = SIGMA + words + (counter,) + struct.unpack("<3I", nonce)
        x = chacha_rounds(s)
        out += struct.pack("<16I", *((a + b) & MASK for a, b in zip(x, s)))
        counter += 1
    return bytes(out[:length])


def salsa_rounds(s):
    x = list(s)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6),
                           (15, 3, 7, 11), (0, 1, 2, 3), (5, 6, 7, 4),
                           (10, 11, 8, 9), (15, 12, 13, 14)):
            x[b] ^= rotate((x[a] + x[d]) & MASK, 7)
            x[c] ^= rotate((x[b] + x[a]) & MASK, 9)
            x[d] ^= rotate((x[c] + x[b]) & MASK, 13)
            x[a] ^= rotate((x[d] + x[c]) & MASK, 18)
    return x


def salsa_state(key, data):
    k, n = struct.unpack("<8I", key), struct.unpack("<4I", data)
    return (SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3])


def hsalsa(key, data):
    x = salsa_rounds(salsa_state(key, data))
    return struct.pack("<8I", x[0], x[5], x[10], x[15], *x[6:10])


def xsalsa_stream(key, nonce, length):
    key = hsalsa(key, nonce[:16])
    out = bytearray()
    for i in range((length + 63) // 64):
        s = salsa_state(key, nonce[16:] + struct.pack("<Q", i))
        x = salsa_rounds(s)
        out += struct.pack("<16I", *((a + b) & MASK for a, b in zip(x, s)))
    return bytes(out[:length])


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    acc = 0
    for i in range(0, len(data), 16):
        acc += int.from_bytes(data[i:i + 16] + b"\1", "little")
        acc = acc * r % (2 ** 130 - 5)
    acc += int.from_bytes(key[16:], "little")
    return (acc & (2 ** 128 - 1)).to_bytes(16, "little")


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def pad16(data):
    return data + bytes(-len(data) % 16)


def aead_open(key, nonce, bound, text):
    """XChaCha20-Poly1305; None when the tag is another."""
    key = hchacha(key, nonce[:16])
    nonce = bytes(4) + nonce[16:]
    text, tag = text[:-16], text[-16:]
    mac = poly1305(chacha_stream(key, nonce, 0, 32),
                   pad16(bound) + pad16(text) +
                   struct.pack("<QQ", len(bound), len(text)))
    if not hmac.compare_digest(mac, tag):
        return None
    return xor(text, chacha_stream(key, nonce, 1, len(text)))


def x25519(secret, point):
    p = 2 ** 255 - 19
    k = bytearray(secret)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    u = int.from_bytes(point, "little") % 2 ** 255
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a % p, c * b % p
        aa, bb = a * a % p, b * b % p
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, e * (aa + 121665 * e) % p
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


def blake2b(data, size, **more):
    return hashlib.blake2b(data, digest_size=size, **more).digest()


def box_open(box, public, secret):
    """crypto_box_seal_open; None when it was sealed to another key."""
    ephemeral, tag, text = box[:32], box[32:48], box[48:]
    nonce = blake2b(ephemeral + public, 24)
    key = hsalsa(x25519(secret, ephemeral), bytes(16))
    stream = xsalsa_stream(key, nonce, 32 + len(text))
    if not hmac.compare_digest(poly1305(stream[:32], text), tag):
        return None
    return xor(text, stream[32:])


def subkey(key, number):
    """crypto_kdf_derive_from_key, context RTHSEAL1."""
    return blake2b(b"", 32, key=key, person=b"RTHSEAL1" + bytes(8),
                   salt=struct.pack("<Q", number) + bytes(8))


# ---- docs/store.md ----

def read_key(path):
    with open(path, encoding="ascii") as f:
        words = f.read().split()
    if words[:2] != ["rthealth-private-key-1", "plain"]:
        raise Damaged(f"{path}: not a private key without a passphrase")
    return [base64.urlsafe_b64decode(w + "=" * (-len(w) % 4))
            for w in words[2:4]]


class Sealed:
    """A sealed file: complete, length, block(k), plain(), verify()."""

    def __init__(self, data, public, secret):
        self.data = data
        self.key = self.open_header(public, secret)
        self.slots = [r for r in (self.record(HEADER + s * RECORD)
                                  for s in (0, 1)) if r]
        ends = [r for r in self.slots if r["number"] == END]
        self.complete = bool(ends)
        if self.complete:
            self.length, = struct.unpack("<Q", ends[0]["plain"][:8])
            self.digest = ends[0]["plain"][8:]
            if len(data) < self.size():
                raise Damaged("cut")
        else:
            self.length = self.find_length()

    def open_header(self, public, secret):
        head = self.data[:HEADER]
        if len(head) < HEADER or head[:8] != b"RTHSEAL1":
            raise Damaged("not a sealed file")
        self.id = head[8:24]
        size, n = struct.unpack("<II", head[24:32])
        if size != BLOCK or not 1 <= n <= 16:
            raise Damaged("header")
        for i in range(n):
            box = head[32 + 96 * i:128 + 96 * i]
            if box[:16] != blake2b(public, 16):
                continue
            key = box_open(box[16:], public, secret)
            if key is None or blake2b(head[:4064], 32, key=subkey(key, 1)) \
                    != head[4064:]:
                raise Damaged("header")
            return subkey(key, 2)
        raise Damaged("sealed to other keys")

    def record(self, at):
        """The record at a place, or None when none opens there."""
        raw = self.data[at:at + RECORD]
        if len(raw) < 65:
            return None
        number, generation, n, synced = struct.unpack("<QQII", raw[:24])
        if not 1 <= n <= BLOCK or 64 + n > len(raw):
            return None
        plain = aead_open(self.key, raw[24:48], self.id + raw[:24],
                          raw[48:64 + n])
        if plain is None:
            return None
        return {"number": number, "generation": generation, "plain": plain,
                "synced": synced, "tag": raw[48 + n:64 + n]}

    def block(self, k):
        found = [self.record(HEADER + (2 + k) * RECORD)]
        if not self.complete:
            found += self.slots
        found = [r for r in found if r and r["number"] == k]
        return max(found, key=lambda r: r["generation"], default=None)

    def find_length(self):
        k = max((r["synced"] for r in self.slots), default=0)
        while True:
            r = self.block(k)
            if not r:
                return k * BLOCK
            if len(r["plain"]) < BLOCK:
                return k * BLOCK + len(r["plain"])
            k += 1

    def blocks(self):
        return (self.length + BLOCK - 1) // BLOCK

    def size(self):
        n = self.blocks()
        last = self.length - (n - 1) * BLOCK
        return HEADER + (1 + n) * RECORD + 64 + last if n else 0

    def plain(self):
        """All of it; compares the digest of a complete file."""
        out, digest = [], hashlib.blake2b(digest_size=32)
        for k in range(self.blocks()):
            r = self.block(k)
            want = min(BLOCK, self.length - k * BLOCK)
            if not r or len(r["plain"]) != want:
                raise Damaged(f"block {k}")
            digest.update(struct.pack("<QQI", k, r["generation"], want) +
                          r["tag"])
            out.append(r["plain"])
        if self.complete and digest.digest() != self.digest:
            raise Damaged("digest")
        if self.complete and self.blocks() and len(self.data) != self.size():
            raise Damaged("something follows the end")
        return b"".join(out)


# ---- the vectors of tests/unit/seal ----

LENGTHS = {"empty": 0, "short": 5, "blocks": 2 * BLOCK + 100,
           "border": BLOCK, "growing": 2 * BLOCK + 777}


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


def check_vector(folder, name, digest, key):
    sealed = Sealed(read(folder, name), *key)
    plain = sealed.plain()
    want = bytes((i * 7 + (i >> 8) + 3) & 255
                 for i in range(LENGTHS[name.split(".")[0]]))
    if plain != want:
        return "other plain text"
    if sealed.complete != (digest != "unfinished"):
        return "complete or not"
    if sealed.complete and sealed.digest.hex() != digest:
        return "other digest"
    damaged = bytearray(sealed.data)
    damaged[-1] ^= 1
    try:
        if len(plain) and Sealed(bytes(damaged), *key).plain() == plain:
            return "damage was not found"
    except Damaged:
        pass
    return ""


def vectors(folder):
    key = read_key(os.path.join(folder, "first.key"))
    rows = [line.split() for line in
            read(folder, "digests").decode("ascii").splitlines()]
    print(f"1..{len(rows) + 1}")
    status = 0
    if x25519(key[1], b"\x09" + bytes(31)) != key[0]:
        status = 1
    print(f"{'not ' if status else ''}ok 1 - the pair of keys matches")
    for n, (name, digest) in enumerate(rows, 2):
        try:
            wrong = check_vector(folder, name, digest, key)
        except Damaged as e:
            wrong = str(e)
        status |= bool(wrong)
        print(f"{'not ' if wrong else ''}ok {n} - {name} {wrong}".rstrip())
    return status


def main(argv):
    if len(argv) == 3 and argv[1] == "--vectors":
        return vectors(argv[2])
    if len(argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(argv[2], "rb") as f:
            sealed = Sealed(f.read(), *read_key(argv[1]))
        sys.stdout.buffer.write(sealed.plain())
    except Damaged as e:
        print(f"{argv[2]}: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
