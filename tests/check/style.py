# SPDX-License-Identifier: GPL-3.0-or-later
"""What every source file looks like, and what a header tells."""
import re

SOURCES = (".c", ".h", ".js", ".mjs", ".py", ".css", ".ac")
SCRIPTS = ("check", "quickstart", ".ci/run", "tests/check/lint",
           "tests/check/logs", "tests/check/soak",
           "tests/bench/run")
COLUMNS = 80
JS_COLUMNS = 100
# Made by somebody else's program.
GENERATED = ("config.h", "config.h.in", "aclocal.m4")


def sources(tree):
    return [p for p in tree.select(*SOURCES)
            + [s for s in SCRIPTS if s in tree.paths] if p not in GENERATED]


def over_lines(test):
    def check(tree):
        return [f"{path}:{n}: {line.strip()[:60]}"
                for path in sources(tree)
                for n, line in enumerate(tree.lines(path), 1)
                if test(line, path)]
    return check


def too_wide(line, path):
    most = JS_COLUMNS if path.endswith(("js", "css")) else COLUMNS
    # An address or a sentence for the page is not broken.
    return len(line.expandtabs(8)) > most and not re.search(
        r"https?://\S{30}|'[^']{30,}'|`[^`]{30,}`|/\^.{30,}/", line)


def spdx(tree):
    return [f"{p}: no SPDX line" for p in sources(tree)
            if "SPDX-License-Identifier: GPL-3.0-or-later"
            not in "\n".join(tree.lines(p)[:3])]


def last_line(tree):
    return [f"{p}: must end with one newline" for p in sources(tree)
            if not tree.text(p).endswith("\n")
            or tree.text(p).endswith("\n\n")]


PROTOTYPE = re.compile(r"^(?!typedef|static|struct \w+ \{|enum \w+ \{|#|\s)"
                       r"[a-z_][\w *]*?\b(rth_\w+)\((?!\*)", re.M)


def documented(tree):
    """Each paragraph of prototypes in a header has a comment.

    Those whose name is the whole story (rth_x_free) need none.
    """
    found = []
    for path in tree.select(".h", under=("common", "plugins", "portal",
                                         "recordings")):
        text = tree.text(path)
        for m in PROTOTYPE.finditer(text):
            if m.group(1).endswith(("_free", "_unref", "_ref", "_clear")):
                continue
            start = text.rfind("\n\n", 0, m.start())
            if "*/" not in text[max(start, 0):m.start()]:
                line = text.count("\n", 0, m.start()) + 1
                found.append(f"{path}:{line}: {m.group(1)} says nothing")
    return found


UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")

CHECKS = (
    (f"style: at most {COLUMNS} columns, {JS_COLUMNS} in JavaScript",
     over_lines(too_wide)),
    ("style: no trailing blanks",
     over_lines(lambda line, _: line != line.rstrip())),
    ("style: nothing unfinished",
     over_lines(lambda line, _: UNFINISHED.search(line))),
    ("style: licence in each file", spdx),
    ("style: last line", last_line),
    ("style: public functions are documented", documented),
)
