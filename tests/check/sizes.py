# SPDX-License-Identifier: GPL-3.0-or-later
"""How long functions and files are, as a report and as a limit."""
import json
import statistics
import subprocess

FUNCTION_MAX = 120
FILE_MAX = 700
FOLDERS = ("common", "plugins", "portal", "recordings", "web")


def functions(tree):
    """Lists (lines, path, name) of each C and JavaScript function."""
    paths = tree.select(".c", ".js", under=FOLDERS)
    out = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+ne", "--kinds-C=f",
         "--kinds-JavaScript=fmgs", "-f", "-", *paths],
        cwd=tree.root, capture_output=True, text=True, check=False)
    tags = [json.loads(line) for line in out.stdout.splitlines()]
    return sorted(((t["end"] - t["line"] + 1, t["path"], t["name"])
                   for t in tags if "end" in t), reverse=True)


def files(tree):
    return sorted(((len(tree.lines(p)) - 1, p)
                   for p in tree.select(".c", ".h", ".js", under=FOLDERS)),
                  reverse=True)


def report(what, rows):
    sizes = sorted(row[0] for row in rows)
    print(f"# {what}: {len(sizes)}, median {statistics.median(sizes):.0f},"
          f" 90th percentile {sizes[int(len(sizes) * 0.9)]} lines; longest:")
    for row in rows[:5]:
        print("#   " + " ".join(str(part) for part in row))


def limit(what, measure, most):
    def check(tree):
        rows = measure(tree)
        if not rows:
            return [f"no {what} found (is universal-ctags installed?)"]
        report(what, rows)
        return [f"{row[1]}: {' '.join(map(str, row[2:]))} {row[0]} lines"
                for row in rows if row[0] > most]
    return check


CHECKS = (
    (f"sizes: functions up to {FUNCTION_MAX} lines",
     limit("functions", functions, FUNCTION_MAX)),
    (f"sizes: files up to {FILE_MAX} lines",
     limit("files", files, FILE_MAX)),
)
