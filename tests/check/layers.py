# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may know what: a foreign interface lives in the files listed here."""
import fnmatch
import os
import re
import subprocess

C = (".c", ".h")
C_FOLDERS = ("common", "plugins", "portal", "recordings")
JS_FOLDERS = ("web",)

JANUS_HEADERS = (r"^\s*#\s*include\s*<(janus/.*|plugins/plugin\.h|debug\.h|"
                 r"apierror\.h|config\.h|ip-utils\.h|log\.h|mutex\.h|"
                 r"record\.h|refcount\.h|rtcp\.h|rtp\.h|rtpsrtp\.h|"
                 r"sdp-utils\.h|text2pcap\.h|utils\.h|events/.*|"
                 r"transports/.*|glib.*)>")
SQL = (r"\"[^\"\n]*\b(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|"
       r"DELETE\s+FROM|CREATE\s+(TABLE|INDEX|TRIGGER|UNIQUE)|PRAGMA\s)")
MARKUP = (r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|"
          r"document\.write|eval\s*\(|new\s+Function\b|setHTMLUnsafe)")
DOM = (r"\b(document|window)\s*(\.|\[|\?\.)|\bquerySelector|"
       r"\bgetElementById\b|\bcreateElement\b")

# name, pattern, suffixes, folders, files that may
RULES = (
    ("Janus only in the glue", JANUS_HEADERS, C, C_FOLDERS,
     ("plugins/janus_rthealth.c",)),
    ("libmicrohttpd only in the HTTP server",
     r"#\s*include\s*<microhttpd\.h>|\bMHD_\w+", C, C_FOLDERS,
     ("portal/http.c",)),
    ("database only in the store",
     r"#\s*include\s*<(sqlite3|libpq-fe)\.h>|\bsqlite3_\w+\s*\(", C, C_FOLDERS,
     ("portal/store*.c", "portal/store_pg_link.h")),
    ("SQL only in the store", SQL, C, C_FOLDERS, ("portal/store*.c",)),
    ("libav only in the muxer and the maker of films",
     r"#\s*include\s*<(libav\w+|libsw\w+)/|\bav_\w+\s*\(", C, C_FOLDERS,
     ("recordings/mux*.c", "recordings/mux_io.h",
      "recordings/depacketise.c", "recordings/film_*.[ch]")),
    ("libsodium only where something is sealed",
     r"#\s*include\s*<sodium|\bcrypto_\w+\s*\(|\bsodium_\w+\s*\(", C,
     C_FOLDERS,
     ("common/seal*.[ch]", "common/unseal.c", "common/clinic_key*.c",
      "portal/key*.c", "portal/audit_head.c", "recordings/main.c",
      "recordings/recover.c", "recordings/film.c", "portal/main.c")),
    ("libcurl only where something is fetched or sent",
     r"#\s*include\s*<curl/|\bcurl_easy_\w+", C, C_FOLDERS,
     ("common/keyset*.c", "portal/oidc*.c", "portal/smtp.c",
      "portal/fetch.c", "portal/janus_admin.c", "portal/main.c",
      "plugins/janus_rthealth.c")),
    ("DOM only in the view", DOM, (".js",), JS_FOLDERS,
     ("web/js/view*.js", "web/js/main.js", "web/js/awake.js",
      "web/js/start.js", "web/js/lang.js")),
    ("devices and peer connection only in two files",
     r"\b(RTCPeerConnection|getUserMedia|getDisplayMedia)\b", (".js",),
     JS_FOLDERS, ("web/js/media.js", "web/js/devices.js")),
    ("text never becomes markup", MARKUP, (".js",), JS_FOLDERS, ()),
    ("nothing from another origin",
     r"""(src|href)\s*=\s*["'](https?:)?//|\bimport\s.*["']https?:""",
     (".js", ".html", ".css"), JS_FOLDERS, ()),
    ("allocation only through mem.h",
     r"\b(malloc|calloc|realloc|strdup|strndup)\s*\(", C, C_FOLDERS,
     ("common/mem.c", "plugins/janus_rthealth.c")),
)


def rule(pattern, suffixes, folders, allowed):
    def check(tree):
        paths = [p for p in tree.select(*suffixes, under=folders)
                 if not any(fnmatch.fnmatch(p, a) for a in allowed)]
        return [f"{path}:{line}: {m.group().strip()}"
                for path, line, m in tree.hits(pattern, paths)]
    return check


def frees(tree):
    """free() is mem.h's own."""
    paths = [p for p in tree.select(".c", under=C_FOLDERS)
             if p != "common/mem.c"]
    return [f"{path}:{line}: free()"
            for path, line, _ in tree.hits(r"(?<![\w.>])free\s*\(", paths)]


def own_headers(tree):
    """A folder includes its own headers and common's, nobody else's."""
    found = []
    pattern = r"^\s*#\s*include\s*\"([^\"]+)\""
    for path, line, m in tree.hits(pattern, tree.select(*C, under=C_FOLDERS)):
        folder = os.path.dirname(path)
        near = os.path.normpath(os.path.join(folder, m.group(1)))
        far = os.path.join("common", m.group(1))
        if m.group(1) == "config.h" or near in tree.paths and \
                os.path.dirname(near) in (folder, "common"):
            continue
        if far not in tree.paths:
            found.append(f"{path}:{line}: includes {m.group(1)}")
    return found


def core_without_janus(tree):
    """The plugin's core asks for no symbol of Janus or GLib."""
    if not tree.build:
        return ["RTH_BUILD is not set: run make lint"]
    found = []
    archives = [os.path.join(where, name)
                for where, _, names in os.walk(tree.build)
                for name in names if name == "libcore.a"]
    for archive in archives:
        out = subprocess.run(["nm", "--undefined-only", archive],
                             capture_output=True, text=True, check=False)
        found += [f"{archive}: {name}" for name in
                  re.findall(r" U ((?:janus_|g_)\w+)", out.stdout)]
        if out.returncode:
            found.append(out.stderr.strip())
    return found if archives else ["libcore.a has not been built"]


# What a packet goes through, and all that these files may call: nanosleep is
# the control thread's, in route_set.
PACKET_PATH = ("relay", "tap", "reports", "limit", "losses", "governor",
               "rtcp", "keyframe", "voice")
PACKET_CALLS = (r"mem(cpy|move|set)(_chk)?|nanosleep|"
                r"rth_(tap|reports|limit|losses|governor|rtcp|keyframe)_\w+|"
                r"rth_voice_\w+|"
                r"rth_(alloc|free)|_*(stack_chk|asan|ubsan|tsan|sanitizer)\w*|"
                r"__mem\w+_chk|_GLOBAL_OFFSET_TABLE_")


def packet_path(tree):
    """No file of the packet path calls what waits, logs or formats."""
    if not tree.build:
        return ["RTH_BUILD is not set: run make lint"]
    found = []
    for noun in PACKET_PATH:
        path = os.path.join(tree.build, "plugins", ".libs",
                            f"libcore_la-{noun}.o")
        out = subprocess.run(["nm", "--undefined-only", path],
                             capture_output=True, text=True, check=False)
        if out.returncode:
            found.append(out.stderr.strip())
        found += [f"{noun}.c calls {name}" for name in
                  re.findall(r" U (\w+)", out.stdout)
                  if not re.fullmatch(PACKET_CALLS, name)]
    return found


def plugin_complete(tree):
    """What the plugin asks of others is not ours: it would fail in a call."""
    plugin = os.path.join(tree.build or "", ".libs", "libjanus_rthealth.so")
    out = subprocess.run(["nm", "-D", "--undefined-only", plugin],
                         capture_output=True, text=True, check=False)
    if out.returncode:
        return [out.stderr.strip()]
    return re.findall(r"rth_\w+", out.stdout)


CHECKS = tuple((f"layers: {name}", rule(*rest)) for name, *rest in RULES) + (
    ("layers: only mem.h's memory is freed", frees),
    ("layers: folders include only their own headers and common's",
     own_headers),
    ("layers: the core links without Janus", core_without_janus),
    ("layers: the packet path does not wait", packet_path),
    ("layers: the plugin lacks nothing of ours", plugin_complete),
)
