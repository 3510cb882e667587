# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/ promises is what the tables in the code say."""
import os
import re


def section(tree, path, title):
    """The text of a Markdown section, up to the next of its level."""
    m = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", tree.text(path),
                  re.M | re.S)
    return m.group(1) if m else ""


def difference(doc, code, docname, codename):
    return ([f"{name}: in {docname} only" for name in sorted(doc - code)]
            + [f"{name}: in {codename} only" for name in sorted(code - doc)])


def rows(text):
    """First cells of a Markdown table that are one word in backticks."""
    return set(re.findall(r"^\| `([a-z-]+)` \|", text, re.M))


def requests(tree):
    path, doc = "plugins/command.c", "docs/protocol.md"
    if path not in tree.paths:
        return [f"{path} is missing"]
    intro = section(tree, doc, "Requests").split("### ")[0]
    table = set(re.findall(r"^\t\{\s*(?:\.\w+ = )?\"([a-z-]+)\"",
                           tree.code(path), re.M))
    return difference(rows(intro), table, doc, path)


def documented_routes(text):
    """`GET /`, `/visit/<id>` in a first cell are two routes of one method."""
    for line in re.findall(r"^\| (`(?:GET|POST|PUT|DELETE) .*?) \|", text,
                           re.M):
        method = ""
        for word in re.findall(r"`([^`]+)`", line):
            m = re.match(r"(?:(GET|POST|PUT|DELETE) )?(/[^?\s]*)", word)
            if m:
                method = m.group(1) or method
                yield f"{method} {re.sub('<[^>]*>', ':', m.group(2))}"


def routes(tree):
    path, doc = "portal/routes.c", "docs/portal-api.md"
    table = re.findall(r"\{\s*RTH_(GET|POST|PUT|DELETE),\s*\"([^\"]+)\"",
                       tree.code(path) if path in tree.paths else "")
    known = {f"{method} {re.sub(':[a-z]+', ':', route)}"
             for method, route in table}
    return difference(set(documented_routes(tree.text(doc))), known, doc, path)


SAMPLES = {
    "conf/janus.plugin.rthealth.jcfg.sample": ("plugins/conf.c",),
    "conf/portal.conf.sample": ("portal/settings.c",
                                "portal/settings_review.c"),
    "conf/recorder.conf.sample": ("recordings/conf.c",),
}


def samples(tree):
    """Every key a program knows is in its sample, and the other way round."""
    found = []
    for sample, sources in SAMPLES.items():
        code = " ".join(sources)
        if not {sample, *sources} <= set(tree.paths):
            found.append(f"{sample} or {code} is missing")
            continue
        keys = re.findall(r"^\t(?:[A-Z_]+\(|\{\.key = |\{(?=.*RTH_CONF_))"
                          r"\"([\w.]+)\",",
                          "\n".join(map(tree.code, sources)), re.M)
        known = {key.split(".")[-1] for key in keys}
        groups = {part for key in keys for part in key.split(".")[:-1]}
        told = set(re.findall(r"^\s*(?:#\s?)?(\w+)\s*=\s*[\[({\"\d+tf-]",
                              tree.text(sample), re.M)) - groups
        found += difference(told, known, sample, code)
    return found


def named_files(tree):
    """Documentation names only files that exist; `.../x` may be built."""
    found = []
    for path in tree.select(".md"):
        for m in re.finditer(r"[`(]((?:common|plugins|portal|web|conf|docs|"
                             r"tests|docker)/[\w./-]*)[`)]", tree.text(path)):
            if not os.path.exists(tree.full(m.group(1))):
                found.append(f"{path}: {m.group(1)} does not exist")
    return found


CHECKS = (
    ("contracts: files that the documentation names", named_files),
    ("contracts: requests of docs/protocol.md", requests),
    ("contracts: routes of docs/portal-api.md", routes),
    ("contracts: samples of configuration files", samples),
)
