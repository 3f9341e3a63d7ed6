# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the sources look, and who may include whom. The rules are in rules.py."""

import re
import shutil
import subprocess
from pathlib import Path, PurePath

import pytest

import rules

TOP = Path(__file__).resolve().parents[2]
WITHOUT_LICENCE = re.compile(
    r"LICENSE|.*\.(md|scd)|\.clang-format|\.editorconfig|\.gitignore|packaging/debian/.*"
    r"|.*\.(po|pot|json)|.*/LINGUAS|.*/POTFILES(\.in)?|tests/guest/.*")


def tracked():
    """Return the paths of all files in git, and of new ones that it does not ignore."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
                             "--others", "--exclude-standard"], cwd=TOP, check=True,
                            capture_output=True, text=True).stdout
    return sorted({path for path in listed.split("\0") if path and (TOP / path).is_file()})


FILES = tracked()
C_FILES = [path for path in FILES if path.endswith((".c", ".h"))]


def text_of(path):
    """Return the text of a file."""
    return (TOP / path).read_text()


def is_text(path):
    """Whether it is text; what fuzzers begin with is not."""
    return not path.startswith("tests/fuzz/corpus/") and b"\0" not in (TOP / path).read_bytes()[:4096]


def below(*folders, among=C_FILES):
    """Return the files in these folders."""
    return [path for path in among if path.startswith(folders)]


def headers_of(folder):
    """Return the names of headers as files in this folder, or in one below it, include them."""
    headers = [PurePath(path) for path in below(f"{folder}/") if path.endswith(".h")]
    return {str(path.relative_to(folder)) for path in headers} | {path.name for path in headers}


def check(files, rule, *more):
    """Fail with all that a rule has to say of these files."""
    assert files, "there is nothing to look at: the test is wrong"
    complaints = [f"{path}:{complaint}" for path in files
                  for complaint in rule(path, text_of(path), *more)]
    assert not complaints, "\n" + "\n".join(complaints)


def tool(name):
    """Return the path of a tool; without it the test fails."""
    found = shutil.which(name)
    assert found, f"{name} is missing: packaging/install-deps test"
    return found


def test_c_is_formatted():
    done = subprocess.run([tool("clang-format"), "--dry-run", "-Werror", *C_FILES], cwd=TOP,
                          capture_output=True, text=True)
    assert done.returncode == 0, f"clang-format -i does it:\n{done.stderr[-4000:]}"


def test_each_source_starts_with_its_licence():
    check([path for path in FILES if is_text(path) and not WITHOUT_LICENCE.fullmatch(path)],
          rules.starts_with_licence)


def test_no_line_ends_with_a_space():
    check([path for path in FILES if is_text(path) and path != "LICENSE"],
          rules.has_no_trailing_space)


def test_no_file_is_too_long():
    check(C_FILES, rules.is_not_too_long)


def test_there_is_no_goto():
    check(C_FILES, rules.has_no_goto)


def test_no_shell_is_run():
    check(C_FILES, rules.has_no_shell)


def test_errors_of_the_bus_are_made_at_the_edge():
    check(below("agent/", "plugins/"), rules.makes_bus_errors_at_the_edge)


def plugin_folders():
    """Return the folders of the plugins."""
    return sorted({"/".join(path.split("/")[:2]) for path in below("plugins/")})


@pytest.mark.parametrize("folder", plugin_folders())
def test_a_plugin_includes_its_own_and_the_interface(folder):
    check(below(f"{folder}/"), rules.plugin_includes_only_its_own, headers_of(folder) | {"config.h"})


def test_the_interface_for_plugins_is_what_plugin_h_includes():
    """The list in rules.py is not longer than the truth."""
    seen, left = set(), ["plugin.h"]
    while left:
        name = left.pop()
        seen.add(name)
        left += [other for _, bracket, other in rules.includes_of(text_of(f"agent/{name}"))
                 if bracket == '"' and other not in seen]
    assert {name for name in seen if not name.startswith("common/")} == rules.PLUGIN_API


def test_the_agent_includes_no_plugin():
    own = headers_of("agent") | {PurePath(name).name for name in headers_of("agent/common")}
    check(below("agent/"), rules.agent_includes_no_plugin, own | {"config.h"})


def test_the_command_line_includes_no_agent():
    check(below("cli/"), rules.client_includes_no_agent, headers_of("cli") | {"config.h"})


def test_the_agent_keeps_libvirt_behind_the_hypervisor():
    check(below("agent/"), rules.agent_keeps_libvirt_behind_the_hypervisor)


def test_bus_faces_know_no_backend():
    check(below("agent/", "plugins/"), rules.bus_faces_know_no_backend)


def test_objects_are_published_in_one_place():
    """What objects.c does not know of is missing from GetManagedObjects."""
    others = [path for path in below("agent/", "plugins/") if path != "agent/objects.c"]
    check(others, rules.publishes_no_objects)


def test_only_the_network_plugin_knows_libnm():
    others = [path for path in C_FILES if not path.startswith("plugins/network/")]
    complaints = [path for path in others for _, _, name in rules.includes_of(text_of(path))
                  if name.startswith(("libnm", "NetworkManager", "nm-"))]
    assert not complaints


@pytest.mark.parametrize("folder", ["agent", "cli", *plugin_folders()])
def test_no_includes_go_in_circles(folder):
    headers = {}
    for path in below(f"{folder}/"):
        if not path.endswith(".h"):
            continue
        name = PurePath(path).relative_to(folder)
        headers[str(name)] = [
            str(name.parent / other) if (TOP / folder / name.parent / other).exists() else other
            for _, bracket, other in rules.includes_of(text_of(path)) if bracket == '"']
    circle = rules.include_circles(headers)
    assert not circle, " includes ".join(circle)


def test_every_unit_test_is_registered():
    """A test that no meson.build names never runs."""
    for path in C_FILES:
        name = PurePath(path).name
        if not name.startswith("test-") or not name.endswith(".c"):
            continue
        folder = next(parent for parent in PurePath(path).parents
                      if (TOP / parent / "meson.build").exists())
        short = str(PurePath(path).relative_to(folder)).replace("test-", "").removesuffix(".c")
        build = text_of(folder / "meson.build")
        assert f"'{short}'" in build or f"'{name}'" in build, f"{path} is in no meson.build"


def test_every_interface_is_installed():
    build = text_of("dbus-interfaces/meson.build")
    for path in below("dbus-interfaces/", among=FILES):
        name = PurePath(path).name
        assert not name.endswith(".xml") or name in build or name.removesuffix(".xml") in build


WORDS = [
    ("plugins/machines/warnings.c", r'\[WARNING_\w+\] = "([^"]+)"', "Machine"),
    ("plugins/machines/pending.c", r'\[SECTION_\w+\] = "([^"]+)"', "Machine"),
    ("plugins/machines/verb-table.c", r'\.name = "([^"]+)"', "Job"),
    ("plugins/machines/plugin.c", r'(?:features\[\] = \{|(?<=,)) "([\w-]+)"(?=,)', "Manager"),
    ("plugins/host/plugin.c", r'(?:features\[\] = \{|(?<=,)) "([\w-]+)"(?=,)', "Manager"),
    ("plugins/host/host-check-fix.c", r'= \{ "([^"]+)", "hatago-fix@', "Job"),
    ("plugins/host/validation.c", r'VERB "([^"]+)"', "Job"),
    ("plugins/host/checks/verdict.c", r'\[CHECK_\w+\] = "([^"]+)"', "HostCheck"),
    ("plugins/host/checks/check-table.c", r'\[GROUP_\w+\] = "([^"]+)"', "HostCheck"),
]


@pytest.mark.parametrize("source, pattern, interface", WORDS, ids=[
    "warnings", "pending", "operations", "features", "features-of-checks", "remedies", "validate", "results", "groups"])
def test_every_word_of_a_property_is_documented(source, pattern, interface):
    words = re.findall(pattern, text_of(source))
    assert words, "there is nothing to look for: the test is wrong"
    said = text_of(f"dbus-interfaces/org.hatago.Host1.{interface}.xml")
    assert [word for word in words if f'"{word}"' not in said] == []


def test_units_that_checks_ask_about_have_the_host_looked_at_again():
    asked = {unit for path in below("plugins/host/checks/check-")
             for unit in re.findall(r'"([\w-]+\.(?:service|socket))"', text_of(path))}
    assert asked, "there is nothing to look for: the test is wrong"
    known = re.findall(r'"([\w-]+\.(?:service|socket))"', text_of("plugins/host/probe-triggers.c"))
    assert asked <= set(known), asked - set(known)


def functions_of(text):
    """Return the bodies of the functions of C by their names."""
    return dict(re.findall(r"^\w[^\n;={}]*?(\w+)\([^;{}]*?\) \{\n(.*?)^\}", text, re.M | re.S))


def test_every_check_that_can_be_mended_has_a_remedy():
    """And the other way round. A judge says so itself, or a function that it calls in its file does."""
    judges = set()
    for path in below("plugins/host/checks/check-"):
        bodies = functions_of(text_of(path))
        say = {name for name, body in bodies.items() if re.search(r"->fixable = (?!false)", body)}
        while more := {name for name, body in bodies.items()
                       if name not in say and any(re.search(rf"\b{other}\(", body) for other in say)}:
            say |= more
        judges |= {name for name in say if name.startswith("judge_")}
    checks = dict(re.findall(r'\{ "([a-z0-9-]+)", GROUP_\w+, (judge_\w+),', text_of("plugins/host/checks/check-table.c")))
    remedies = set(re.findall(r'\{ "([a-z0-9-]+)", apply_', text_of("plugins/host/fix/remedy-table.c")))
    assert remedies, "there is nothing to look for: the test is wrong"
    assert {name for name, judge in checks.items() if judge in judges} == remedies


def test_every_error_is_documented():
    errors = re.findall(r'ERROR_PREFIX "(\w+)"', text_of("agent/common/error.c"))
    assert errors, "there is nothing to look for: the test is wrong"
    said = "".join(text_of(path) for path in below("dbus-interfaces/", among=FILES) if path.endswith(".xml"))
    assert [error for error in errors if not re.search(rf"\b{error}\b", said)] == []


def check_rows(pattern, *paths):
    """Return {check: set of reasons} of the rows that match in these files; strings are put together."""
    rows = {}
    for path in paths:
        for check, reasons in re.findall(pattern, re.sub(r'"\s+"', "", text_of(path))):
            rows.setdefault(check, set()).update(reasons.split())
    return rows


def test_every_reason_of_a_check_has_a_text():
    """The command line tool has the words of all that the checks of the host can say, and no more."""
    judged = check_rows(r'\{ "([\w-]+)", GROUP_\w+, \w+,\s*"([^"]*)" \}', "plugins/host/checks/check-table.c")
    texts = [path for path in below("cli/check-texts-") if path.endswith(".c")]
    said = check_rows(r'\{ "([\w-]+)",\s*"([\w-]+)",', *texts)
    assert judged and said, "there is nothing to look for: the test is wrong"
    assert said == {check: reasons for check, reasons in judged.items() if reasons}
    titles = re.findall(r'\{ "([\w-]+)", N_\("', text_of("cli/check-texts.c").partition("check_titles[] =")[2])
    assert titles[:len(judged)] == list(judged)


def test_every_group_of_checks_has_a_title():
    groups = re.findall(r'\[GROUP_\w+\] = "([\w-]+)"', text_of("plugins/host/checks/check-table.c"))
    assert groups, "there is nothing to look for: the test is wrong"
    titles = text_of("cli/check-texts.c").partition("check_groups[] =")[2].partition("};")[0]
    assert re.findall(r'\{ "([\w-]+)", N_\("', titles) == groups


def test_both_sides_agree_on_the_report_of_the_checks():
    """The command line tool may not include the plugin's header."""
    defines = [re.findall(r"#define REPORT_.*", text_of(path))
               for path in ("plugins/host/checks/report.h", "cli/check-report.h")]
    assert defines[0] and defines[0] == defines[1]


def po(name, *arguments):
    """Run one of gettext's tools in cli/po; return what it prints, or fail with what it complains of."""
    done = subprocess.run([tool(name), *arguments], cwd=TOP / "cli/po", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_template_of_translations_is_up_to_date():
    options = re.findall(r"'(--[^']+)'", text_of("cli/po/meson.build"))
    assert options, "there is nothing to look for: the test is wrong"
    now = po("xgettext", "--directory=../..", "--files-from=POTFILES", "--output=-", *options)
    said, stored = ([message for _, message, _ in rules.messages_of(text)]
                    for text in (now, text_of("cli/po/hatago.pot")))
    assert said and said == stored, "ninja -C build/dev hatago-pot does it"


def test_every_source_with_messages_is_in_the_template():
    marked = {path for path in below("cli/") if re.search(r'\b(_|N_|ngettext)\(\s*"', text_of(path))}
    assert marked, "there is nothing to look for: the test is wrong"
    assert marked - set(text_of("cli/po/POTFILES").split()) == set()


LANGUAGES = re.findall(r"^\w+$", text_of("cli/po/LINGUAS"), re.M)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language):
    po("msgcmp", f"{language}.po", "hatago.pot")
    po("msgfmt", "--check", "--output-file=/dev/null", f"{language}.po")


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_placeholders_and_commands(language):
    check([f"cli/po/{language}.po"], rules.translates_words_only)


def test_interfaces_are_valid():
    done = subprocess.run([tool("xmllint"), "--nonet", "--noout",
                           *[path for path in FILES if path.endswith(".xml")]],
                          cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def scripts(pattern):
    """Return the files whose first line matches."""
    return [path for path in FILES
            if is_text(path) and re.match(pattern, text_of(path).partition("\n")[0])]


def test_shell_scripts_pass_shellcheck():
    found = scripts(r"#!(?!.*busybox).*\b(ba|da)?sh\b")
    assert {"try", "check"} <= set(found)
    shellcheck(*found)


def test_shell_scripts_of_the_guest_pass_shellcheck():
    """BusyBox's shell, which calls some of them with variables of its own."""
    shellcheck("--shell=dash", "--exclude=SC2034,SC2154", *scripts("#!.*busybox"))


def shellcheck(*arguments):
    """Run it; fail with what it says."""
    done = subprocess.run([tool("shellcheck"), "-f", "gcc", *arguments], cwd=TOP,
                          capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}"


def test_python_compiles():
    found = {path for path in FILES if path.endswith(".py")} | set(scripts("#!.*python"))
    assert found
    for path in found:
        compile(text_of(path), path, "exec")


def test_documents_name_no_local_path():
    check([path for path in FILES if path.endswith((".md", ".scd"))], rules.names_no_local_path)


# The rules themselves: each finds what it is for, and lets pass what is right.

SAMPLES = [
    (rules.starts_with_licence, "a.c", "int x;\n", 1),
    (rules.starts_with_licence, "a.c", "\n/* SPDX-License-Identifier: LGPL-2.1-or-later */\n", 1),
    (rules.starts_with_licence, "a.py", "#!/usr/bin/python3\n"
     "# SPDX-License-Identifier: LGPL-2.1-or-later\n", 0),
    (rules.starts_with_licence, "a.py", "import os\n", 1),
    (rules.has_no_trailing_space, "a", "x \ny\n", 1),
    (rules.has_no_trailing_space, "a", "x\ny", 1),
    (rules.has_no_trailing_space, "a", "x\n\n", 1),
    (rules.has_no_trailing_space, "a", "x\n", 0),
    (rules.is_not_too_long, "agent/main.c", "\n" * 149, 0),
    (rules.is_not_too_long, "agent/main.c", "\n" * 150, 1),
    (rules.is_not_too_long, "a.c", "\n" * 601, 1),
    (rules.has_no_goto, "a.c", "goto out;\n", 1),
    (rules.has_no_goto, "a.c", "/* no goto */ x = \"goto\";\n", 0),
    (rules.has_no_shell, "a.c", "system(x);\n", 1),
    (rules.has_no_shell, "a.c", "p = popen (x, \"r\");\n", 1),
    (rules.has_no_shell, "a.c", "execl(\"/bin/sh\", x);\n", 1),
    (rules.has_no_shell, "a.c", "sd_bus_open_system(x); /* system(x) */\n", 0),
    (rules.makes_bus_errors_at_the_edge, "agent/job.c", "sd_bus_error_setf(e, \"x\");\n", 1),
    (rules.makes_bus_errors_at_the_edge, "agent/job-dbus.c", "sd_bus_error_setf(e, \"x\");\n", 0),
    (rules.makes_bus_errors_at_the_edge, "agent/auth.c", "int f(sd_bus_error *error);\n", 0),
    (rules.agent_keeps_libvirt_behind_the_hypervisor, "agent/job.c",
     "#include <libvirt/libvirt.h>\n", 1),
    (rules.bus_faces_know_no_backend, "plugins/machines/machine-dbus.c", "virDomainFree(d);\n", 1),
    (rules.publishes_no_objects, "a.c", "sd_bus_add_fallback_vtable(bus, NULL, p, i, v, f, u);\n", 1),
    (rules.publishes_no_objects, "a.c", "sd_bus_add_object_vtable(bus, NULL, p, i, v, u);\n", 0),
    (rules.translates_words_only, "a.po", 'msgid "{a} of {b}"\nmsgstr "{b} no {a}"\n', 0),
    (rules.translates_words_only, "a.po", 'msgid "{a} of {b}"\nmsgstr "{a}"\n', 1),
    (rules.translates_words_only, "a.po", 'msgid ""\n"do:\\n"\n"  ls x"\nmsgstr ""\n"suru:\\n"\n"  ls y"\n', 1),
    (rules.translates_words_only, "a.po", 'msgid ""\n"do:\\n"\n"  ls x"\nmsgstr "suru:\\n  ls x"\n', 0),
    (rules.names_no_local_path, "a.md", "see /tmp/x and /home/jane/y\n", 2),
    (rules.names_no_local_path, "a.md", "docs/tmp/x, ~/x and /home/USER\n", 0),
]


@pytest.mark.parametrize("rule, path, text, count", SAMPLES,
                         ids=[f"{sample[0].__name__}-{n}" for n, sample in enumerate(SAMPLES)])
def test_a_rule_finds_what_it_is_for(rule, path, text, count):
    assert len(list(rule(path, text))) == count


@pytest.mark.parametrize("rule, line, count", [
    (rules.plugin_includes_only_its_own, '#include "plugin.h"', 0),
    (rules.plugin_includes_only_its_own, '#include "own.h"', 0),
    (rules.plugin_includes_only_its_own, '#include "common/text.h"', 0),
    (rules.plugin_includes_only_its_own, '#include "manager.h"', 1),
    (rules.plugin_includes_only_its_own, '#include "worker.h"', 1),
    (rules.plugin_includes_only_its_own, '#include "../network/network.h"', 1),
    (rules.plugin_includes_only_its_own, '#include "common/../manager.h"', 1),
    (rules.agent_includes_no_plugin, '#include "plugins/machines/machine.h"', 1),
    (rules.client_includes_no_agent, '#include "../agent/job.h"', 1),
    (rules.client_includes_no_agent, "#include <libvirt/libvirt.h>", 1),
    (rules.client_includes_no_agent, '# include "own.h"', 0),
])
def test_an_include_rule_finds_what_it_is_for(rule, line, count):
    assert len(list(rule("a.c", f"{line}\n", {"own.h"}))) == count


def test_circles_are_found():
    assert rules.include_circles({"a": ["b"], "b": ["c"], "c": ["a"]}) == ["a", "b", "c", "a"]
    assert rules.include_circles({"a": ["a"]}) == ["a", "a"]
    assert rules.include_circles({"a": ["b", "c"], "b": ["c"], "c": []}) == []
