# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit of hatago: what becomes of what was typed, and of what others have changed meanwhile."""

import os
import pty
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from hatago_bus import MACHINE
from machines import domain_xml, fresh_name
from test_cli import process, run
from test_cli_validate import read_all


def typed(answers, options):
    """Run the tool on a terminal at which this is typed; return its status and what it printed."""
    primary, secondary = pty.openpty()
    os.write(primary, answers.encode())
    options.update(stdin=secondary, stdout=secondary, stderr=secondary)
    with subprocess.Popen(**options) as child:
        os.close(secondary)
        text = read_all(primary)
        status = child.wait(30)
    os.close(primary)
    return status, text


@pytest.mark.parametrize("script, status, kept", [
    ("true", 0, False),
    ("sed -i 's,>1</vcpu>,>2</vcpu>,' \"$2\"", 0, False),
    ("exit 3", 1, False),
    ("echo >> \"$2\"; exit 3", 1, True),
    ("echo '<x' >> \"$2\"", 1, True),
    ("head -c 2000000 /dev/zero > \"$2\"", 1, True),
], ids=["unchanged", "changed", "failed", "failed-late", "malformed", "large"])
def test_edit_keeps_what_was_typed_and_nothing_else(shared_house, caller, define, tmp_path, script,
                                                    status, kept):
    path = define()
    editor, temporary = tmp_path / "editor", tmp_path / "temporary"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    temporary.mkdir()
    done = run(shared_house, "edit", caller.get(path, MACHINE, "Name"), VISUAL="",
               EDITOR=f"{editor} --option", TMPDIR=str(temporary))
    assert done.returncode == status, done.stderr
    left = list(temporary.rglob("*"))
    assert bool(left) == kept
    assert [each.stat().st_mode & 0o777 for each in left] == [0o700, 0o600] * kept
    assert ("The text is kept in" in done.stderr) == kept
    assert caller.get(path, MACHINE, "VCPUs") == (2 if "vcpu" in script else 1)


@pytest.fixture
def contested(shared_house, caller, define, tmp_path):
    """A machine, and an editor that gives it a title at its first run while others give it a second CPU."""
    name = fresh_name("contested")
    path = define(name)
    theirs = tmp_path / "theirs.xml"
    theirs.write_text(domain_xml(name, caller.get(path, MACHINE, "UUID"), vcpus=2))
    tool = process(shared_house, "define", str(theirs))["args"]
    editor = tmp_path / "editor"
    editor.write_text(f"""#!{shutil.which('sh')}
if [ -e {tmp_path}/again ]; then exit; fi
: > {tmp_path}/again
{shutil.which('sed')} -i 's,<devices>,<title>mine</title>&,' "$1" && exec {shlex.join(tool)}
""")
    editor.chmod(0o755)
    return name, path, editor


def test_edit_shows_what_others_have_changed_meanwhile(shared_house, caller, contested, tmp_path):
    """It overwrites nothing of theirs, and keeps what was typed."""
    name, path, editor = contested
    done = run(shared_house, "edit", name, VISUAL="", EDITOR=str(editor), TMPDIR=str(tmp_path))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert f"hatago: cannot edit '{name}': its configuration has been changed by others meanwhile." in lines
    first = lines.index("What others have changed, and your text does not have:") + 1
    assert lines[first].startswith("@@ ")
    assert [line.strip("+- ") for line in lines[first:] if line[0] in "+-"] == [
        "<vcpu placement='static'>1</vcpu>", "<vcpu placement='static'>2</vcpu>"]
    assert caller.get(path, MACHINE, "VCPUs") == 2
    assert caller.get(path, MACHINE, "Title") == ""
    kept = next(line for line in lines if line.startswith("The text is kept in ")).split()[-1]
    assert "<title>mine</title>" in Path(kept).read_text()
    assert [each.name for each in Path(kept).parent.iterdir()] == ["machine.xml"]


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "not-shown"])
def test_edit_overwrites_what_others_have_changed_only_after_showing_it(
        shared_house, caller, contested, tmp_path, shown):
    """Without diff(1) who goes on is told where to look, and nothing of theirs is overwritten."""
    name, path, editor = contested
    place = {} if shown else {"PATH": str(tmp_path)}
    environment = {"VISUAL": "", "EDITOR": str(editor), "TMPDIR": str(tmp_path), **place}
    status, text = typed("y\nn\n", process(shared_house, "--no-ask-password", "edit", name, **environment))
    assert status == (0 if shown else 1), text
    assert text.count("changed by others meanwhile") == (1 if shown else 2), text
    assert ("What others have changed, and your text does not have:" in text) == shown
    assert (f"cannot be shown here: hatago xml --inactive {name}" in text) != shown
    assert ("The text is kept in" in text) != shown
    assert caller.get(path, MACHINE, "VCPUs") == (1 if shown else 2)
    assert caller.get(path, MACHINE, "Title") == ("mine" if shown else "")
