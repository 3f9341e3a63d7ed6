# SPDX-License-Identifier: LGPL-2.1-or-later
"""packaging/install-deps: what it prints, and what it refuses. Nothing is installed here."""

import os
import shutil
import subprocess

import pytest
from conftest import TOP

SCRIPT = TOP / "packaging" / "install-deps"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def run(*arguments, script=SCRIPT, before=(), **options):
    """Run install-deps; return its CompletedProcess."""
    return subprocess.run([*before, str(script), *arguments], capture_output=True, text=True,
                          check=False, **options)


def table():
    """Return the rows of the table: purpose, Debian's name, Fedora's name, reason."""
    lines = (TOP / "packaging/dependencies.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


PURPOSES = list(dict.fromkeys(row[0] for row in table()))


def unique(names):
    """Return names without repetitions, in order, and without "none"."""
    return [name for name in dict.fromkeys(names) if name != "-"]


@pytest.fixture
def rewritten(tmp_path):
    """A function that returns an install-deps with another table, which everybody may read."""
    def write(*rows):
        shutil.copy(SCRIPT, tmp_path)
        (tmp_path / "dependencies.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
        for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
            os.chmod(folder, 0o755)
        return tmp_path / "install-deps"
    return write


def test_every_row_of_the_table_is_whole():
    """Four columns, none empty; no package twice for one purpose."""
    for row in table():
        assert len(row) == 4 and all(row), row
    assert len({(row[0], row[1]) for row in table()}) == len(table())
    assert {"build", "package", "run", "test", "host"} <= set(PURPOSES)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_lists_for_both_distributions(purpose):
    """--list has Debian's names, --fedora Fedora's, said to be untested."""
    rows = [row for row in table() if row[0] == purpose]
    debian, fedora = run("--list", purpose), run("--fedora", purpose)
    assert (debian.returncode, debian.stdout.split()) == (0, unique(row[1] for row in rows))
    assert (fedora.returncode, fedora.stdout.split()) == (0, unique(row[2] for row in rows))
    assert "never tried" in fedora.stderr and not debian.stderr


def test_several_purposes_name_a_package_once():
    """All purposes at once: each name is there, once."""
    names = run("--list", *PURPOSES).stdout.split()
    assert sorted(names) == sorted(unique(row[1] for row in table()))


def test_without_a_purpose_it_is_build():
    """The default is what a developer needs first."""
    assert run("--list").stdout == run("--list", "build").stdout != ""


@pytest.mark.parametrize("arguments", [["bogus"], ["build", "bogus"], ["--list", "bogus"],
                                       ["--bogus"], [""], ["b"], ["build test"]])
def test_what_it_does_not_know_is_refused_before_anything_else(arguments):
    """Status 2, one line, with the word that is wrong or the purposes there are."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert all(purpose in done.stderr for purpose in PURPOSES) or "--bogus" in done.stderr


def test_help_names_the_purposes():
    """--help is no error."""
    done = run("--help")
    assert done.returncode == 0
    assert f"Purposes: {' '.join(PURPOSES)}" in done.stdout


def test_nothing_is_done_where_all_is_there(rewritten):
    """Of alternatives one that is installed is enough; no root is needed, nothing is said."""
    script = rewritten(("x", "bash", "-", "-"), ("x", "no-such-package|dpkg", "-", "-"))
    done = run("x", script=script, before=NOBODY)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_an_installed_package_provides_is_there(rewritten):
    """A name that only another package's Provides has, such as npm where nodejs brings it; a part of one is no name."""
    script = rewritten(("x", "awk", "-", "-"), ("y", "aw", "-", "-"), ("z", "no-such-package|awk", "-", "-"))
    assert subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", "awk"], capture_output=True,
                          text=True, check=False).stdout != "installed"
    assert [(done.returncode, done.stdout + done.stderr) for done in
            (run(purpose, script=script, before=NOBODY) for purpose in "xyz")] == [
                (0, ""), (1, "install-deps: must be run as root to install: aw \n"), (0, "")]


def test_what_a_removed_package_provided_is_not_there(rewritten, tmp_path):
    """Only its configuration is left."""
    script = rewritten(("x", "npm", "-", "-"), ("y", "npx", "-", "-"))
    query = tmp_path / "bin" / "dpkg-query"
    query.parent.mkdir()
    query.write_text('#!/bin/sh\n[ $# -gt 3 ] || printf "config-files, npm\\ninstalled, a (= 1), npx (= 2)\\n"\n')
    query.chmod(0o755)
    path = {"PATH": f"{query.parent}:{os.environ['PATH']}"}
    assert run("y", script=script, before=NOBODY, env=path).returncode == 0
    assert "npm" in run("x", script=script, before=NOBODY, env=path).stderr


def test_without_root_it_says_what_is_missing(rewritten):
    """One line with the names that are missing, and those only."""
    script = rewritten(("x", "bash", "-", "-"), ("x", "no-such-package", "-", "-"))
    done = run("x", script=script, before=NOBODY)
    assert done.returncode == 1
    assert done.stderr == "install-deps: must be run as root to install: no-such-package \n"


def test_on_another_distribution_it_says_so(rewritten, tmp_path):
    """Without dpkg it points to --list and --fedora."""
    script = rewritten(("x", "bash", "-", "-"))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("awk", "dirname", "sh"):
        (programs / name).symlink_to(shutil.which(name))
    done = run("x", script=script, env={"PATH": str(programs)})
    assert done.returncode == 1
    assert "this is no Debian" in done.stderr and "--fedora" in done.stderr
