# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules: each takes a path and a text, and yields what is wrong, as "line: why"."""

import re
from pathlib import PurePath

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
MAIN_LINES, FILE_LINES = 150, 600
# What a plugin may see of the agent besides common/: plugin.h, and what that includes.
PLUGIN_API = {"auth.h", "call.h", "caller.h", "configuration.h", "hypervisor.h", "job-record.h",
              "job.h", "mailbox.h", "objects.h", "plugin.h", "unit-runner.h"}


def code_of(text):
    """Return C without its comments and strings; lines stay where they are."""
    def blank(match):
        kept = '""' if match[0].startswith('"') else ""
        return kept + "\n" * match[0].count("\n")
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.DOTALL)


def strings_of(text):
    """Return the string literals of C, one after the other."""
    return re.findall(r'"(?:\\.|[^"\\\n])*"', re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def includes_of(text):
    """Return (line, bracket, name) of each #include."""
    return [(text.count("\n", 0, match.start(2)) + 1, match[1], match[2])
            for match in INCLUDE.finditer(text)]


def find(pattern, text, why):
    """Yield a complaint for each match."""
    for match in re.finditer(pattern, text, re.MULTILINE):
        yield f"{text.count(chr(10), 0, match.start()) + 1}: {why}"


def starts_with_licence(path, text):
    """One SPDX line comes first; after "#!", or near the top of XML, where a DOCTYPE goes first."""
    lines = text.splitlines()
    if path.endswith((".c", ".h")):
        first = [line for line in lines[:1] if line.startswith("/* ") and line.endswith(" */")]
    elif path.endswith((".xml", ".in", ".html")):
        first = lines[:12]
    else:
        first = lines[1:2] if lines[:1] and lines[0].startswith("#!") else lines[:1]
    if not any("SPDX-License-Identifier: LGPL-2.1-or-later" in line for line in first):
        yield "1: no SPDX line"


def has_no_trailing_space(_path, text):
    """No space at the end of a line, and one newline at the end of the file."""
    yield from find(r"[ \t\r]+$", text, "space at the end of the line")
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield f"{text.count(chr(10))}: not one newline at the end of the file"


def is_not_too_long(path, text):
    """main.c says nothing itself, and no file is a heap."""
    limit = MAIN_LINES - 1 if path == "agent/main.c" else FILE_LINES
    lines = text.count("\n")
    if lines > limit:
        yield f"{lines}: more than {limit} lines"


def has_no_goto(_path, text):
    """Return early, and let attributes clean up."""
    yield from find(r"\bgoto\b", code_of(text), "goto")


def has_no_shell(_path, text):
    """No shell anywhere: names of machines are hostile."""
    yield from find(r"\b(system|popen|wordexp)\s*\(", code_of(text), "runs a shell")
    for literal in strings_of(text):
        if re.search(r'"(/usr)?/bin/(ba|da)?sh\b', literal):
            yield f"0: names a shell: {literal}"


def makes_bus_errors_at_the_edge(path, text):
    """The agent makes errors of the bus in *-dbus.c, by failure_to_bus() of common/error.c."""
    if path.endswith("-dbus.c") or path == "agent/common/error.c":
        return
    yield from find(r"\bsd_bus_error_(set|setf|setfv|set_const|set_errno\w*|move|copy)\s*\(",
                    code_of(text), "makes an error of the bus")


def plugin_includes_only_its_own(_path, text, own_headers):
    """Plugins see their own folder, plugin.h with what it includes, and common/."""
    for line, bracket, name in includes_of(text):
        if bracket == '"' and name not in PLUGIN_API | own_headers and \
                not re.fullmatch(r"common/[\w-]+\.h", name):
            yield f"{line}: includes {name}"


def agent_includes_no_plugin(_path, text, agent_headers):
    """The agent knows no VM, network or volume."""
    for line, bracket, name in includes_of(text):
        if bracket == '"' and name not in agent_headers:
            yield f"{line}: includes {name}"


def client_includes_no_agent(_path, text, own_headers):
    """Clients know the interfaces on the bus, and nothing behind them."""
    for line, bracket, name in includes_of(text):
        if bracket == '"' and name not in own_headers:
            yield f"{line}: includes {name}"
        if re.match(r"libvirt|libnm|NetworkManager|nm-", name):
            yield f"{line}: includes {name}"


def agent_keeps_libvirt_behind_the_hypervisor(path, text):
    """libvirt's headers: hypervisor*, and common/cleanup.h, which releases its types."""
    name = PurePath(path).name.removeprefix("test-")
    if name.startswith("hypervisor") or path == "agent/common/cleanup.h":
        return
    for line, _, included in includes_of(text):
        if included.startswith("libvirt/"):
            yield f"{line}: includes {included}"


def bus_faces_know_no_backend(path, text):
    """What stands on the bus makes no call to libvirt."""
    if not path.endswith("-dbus.c"):
        return
    for line, _, name in includes_of(text):
        if name.startswith(("libvirt/", "libxml/")):
            yield f"{line}: includes {name}"
    yield from find(r"\bvir(Domain|Connect|Network|Storage|Stream)[A-Z]\w*\s*\(", code_of(text),
                    "calls libvirt")


def publishes_no_objects(_path, text):
    """objects_publish() does."""
    yield from find(r"\bsd_bus_add_(fallback_vtable|node_enumerator)\s*\(", code_of(text),
                    "publishes objects without objects_publish()")


def names_no_local_path(_path, text):
    """Documents are read elsewhere."""
    yield from find(r"(?<![\w./-])/(Users|tmp)/|/home/(?!USER\b)\w+", text,
                    "path of somebody's machine")


def messages_of(text):
    """Return (line, msgid with its plural, first msgstr) of each message of a catalogue, without its header."""
    quoted = r'((?:"(?:\\.|[^"\\\n])*"\n)+)'

    def joined(lines):
        return "".join(line[1:-1] for line in lines.splitlines())

    found = re.finditer(rf"^msgid {quoted}(?:msgid_plural {quoted})?msgstr(?:\[0\])? {quoted}", text, re.MULTILINE)
    return [(text.count("\n", 0, match.start()) + 1, joined(match[1]) + joined(match[2] or ""), joined(match[3]))
            for match in found if joined(match[1])]


def translates_words_only(_path, text):
    """A text with a placeholder that is not known is not shown at all, and commands work in any language."""
    for line, message, translation in messages_of(text):
        for kept in (r"\{[\w:-]+\}", r"(?:^|\\n)(  .+?)(?=\\n|$)"):
            if set(re.findall(kept, message)) != set(re.findall(kept, translation)):
                yield f"{line}: placeholders or commands of \"{message}\""


def include_circles(headers):
    """headers: {name: names that it includes}. Return a circle as a list; empty: there is none."""
    done = set()

    def visit(name, way):
        if name in way:
            return [*way[way.index(name):], name]
        if name in done:
            return []
        done.add(name)
        for other in headers.get(name, ()):
            if circle := visit(other, [*way, name]):
                return circle
        return []

    for name in headers:
        if circle := visit(name, []):
            return circle
    return []
