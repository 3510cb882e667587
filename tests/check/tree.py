# SPDX-License-Identifier: GPL-3.0-or-later
"""The source tree as the checks see it."""
import os
import re

FOLDERS = ("common", "plugins", "portal", "recordings", "web", "conf", "docker",
           "docs", "tests", ".ci")
SKIPPED = {"node_modules", "artifacts", "__pycache__", ".git", ".libs", ".deps",
           "corpus", "tokens"}
# Strings are found too, since a comment may seem to begin in one.
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|'
                   r'/\*.*?\*/|//[^\n]*', re.S)


class Tree:
    def __init__(self, root, build=None):
        self.root = os.path.abspath(root)
        self.build = os.path.abspath(build) if build else None
        self.paths = sorted(self._walk())
        self._text = {}

    def _walk(self):
        for name in os.listdir(self.root):
            if os.path.isfile(os.path.join(self.root, name)):
                yield name
        for folder in FOLDERS:
            top = os.path.join(self.root, folder)
            for where, folders, names in os.walk(top):
                folders[:] = [f for f in folders if f not in SKIPPED]
                for name in names:
                    yield os.path.relpath(os.path.join(where, name), self.root)

    def full(self, path):
        return os.path.join(self.root, path)

    def select(self, *suffixes, under=()):
        """Paths that end in one of suffixes, in one of the folders."""
        return [p for p in self.paths if p.endswith(suffixes)
                and (not under or p.startswith(tuple(u + "/" for u in under)))]

    def text(self, path):
        if path not in self._text:
            with open(self.full(path), encoding="utf-8") as f:
                self._text[path] = f.read()
        return self._text[path]

    def lines(self, path):
        return self.text(path).split("\n")

    def code(self, path):
        """The text with comments blanked out, line numbers kept."""
        def blank(m):
            if m.group()[0] != "/":
                return m.group()
            return re.sub(r"[^\n]", " ", m.group())
        return TOKEN.sub(blank, self.text(path))

    def hits(self, pattern, paths):
        """Yields (path, line number, match) in code, not in comments."""
        for path in paths:
            code = self.code(path)
            for m in re.finditer(pattern, code, re.M):
                yield path, code.count("\n", 0, m.start()) + 1, m
