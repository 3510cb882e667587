# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's checkers."""
import os
import shutil
import subprocess

C_FOLDERS = ("common", "plugins", "portal", "recordings", "tests")
SCRIPTS = ("check", "quickstart", ".ci/run")


def run(tree, *command):
    """Runs a checker in the source folder; its output when it failed."""
    if not shutil.which(command[0]):
        return [f"{command[0]} is not installed"]
    out = subprocess.run(command, cwd=tree.root, capture_output=True,
                         text=True, check=False)
    if not out.returncode:
        return []
    return (out.stdout + out.stderr).strip().splitlines() or ["failed"]


def clang_format(tree):
    paths = tree.select(".c", ".h", under=C_FOLDERS)
    return run(tree, "clang-format", "--dry-run", "-Werror", *paths)


def cppcheck(tree):
    paths = tree.select(".c", under=C_FOLDERS[:-1])
    return run(tree, "cppcheck", "-q", "-j2", "--std=c11", "--platform=unix64",
               "--language=c", "--error-exitcode=1", "--inline-suppr",
               "--enable=warning,performance,portability",
               "--suppress=missingIncludeSystem",
               "--suppress=unknownMacro", "-D__GNUC__=12",
               "-DLIST_HEAD(name,type)=struct name {struct type *lh_first;}",
               "-Icommon", *paths)


def types(tree):
    tsc = os.path.join("node_modules", ".bin", "tsc")
    if not os.path.exists(tree.full(tsc)):
        return ["TypeScript is not installed: npm ci"]
    return run(tree, tree.full(tsc), "--project", "tsconfig.json")


def shellcheck(tree):
    return run(tree, "shellcheck", "-x", "--severity=style",
               *[s for s in SCRIPTS if s in tree.paths])


CHECKS = (
    ("tools: clang-format", clang_format),
    ("tools: cppcheck", cppcheck),
    ("tools: tsc --checkJs", types),
    ("tools: shellcheck", shellcheck),
)
