# SPDX-License-Identifier: LGPL-2.1-or-later
"""web/modules: brings node_modules, whole or not at all. npm is a stand-in here; nothing is fetched."""

import os
import shutil
import subprocess

import pytest
from conftest import TOP

NPM = """#!/bin/sh
echo "$*" >>"$CALLS"
mkdir node_modules
cat package-lock.json >node_modules/made-of
[ ! -e "$CALLS.fail" ] || { echo "npm: there is no network" >&2; exit 1; }
"""


class Page:
    """A folder with the script, a lock file, and an npm that notes how it was called."""

    def __init__(self, folder):
        """Make it; nothing is fetched yet."""
        self.folder, self._calls, self._programs = folder / "web", folder / "calls", folder / "bin"
        self.folder.mkdir()
        self._programs.mkdir()
        shutil.copy(TOP / "web" / "modules", self.folder)
        (self.folder / "package.json").write_text("{}")
        self.npm = self._programs / "npm"
        self.npm.write_text(NPM)
        self.npm.chmod(0o755)
        (self._programs / "node").symlink_to(shutil.which("true"))
        for name in ("sh", "cat", "cp", "dirname", "flock", "mkdir", "mv", "rm", "sha256sum", "tail"):
            (self._programs / name).symlink_to(shutil.which(name))
        self.lock("one")

    def lock(self, text):
        """Write another lock file."""
        (self.folder / "package-lock.json").write_text(text)

    def fail(self):
        """From now on npm fails, after it has done a part."""
        self._calls.with_suffix(".fail").touch()

    def run(self):
        """Run the script, from another folder; return its CompletedProcess."""
        return subprocess.run([self.folder / "modules"], env={"PATH": str(self._programs), "CALLS": str(self._calls)},
                              cwd="/", capture_output=True, text=True, check=False)

    def calls(self):
        """Return how npm was called, one line each."""
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def made_of(self):
        """Return the lock file that node_modules was made of."""
        return (self.folder / "node_modules" / "made-of").read_text()


@pytest.fixture
def page(tmp_path):
    """A page of its own for each test."""
    return Page(tmp_path)


def test_they_are_fetched_once_for_a_lock_file(page):
    """By npm ci, which runs no program of any package; a second time neither npm nor a network is needed."""
    assert page.run().returncode == 0
    assert page.made_of() == "one"
    assert len(page.calls()) == 1 and page.calls()[0].startswith("ci --ignore-scripts ")
    page.npm.unlink()
    again = page.run()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert sorted(os.listdir(page.folder)) == [".modules.lock", "modules", "node_modules", "package-lock.json", "package.json"]


def test_another_lock_file_brings_others(page):
    """In place of what was there."""
    page.run()
    page.lock("two")
    assert page.run().returncode == 0
    assert page.made_of() == "two" and len(page.calls()) == 2


def test_what_cannot_be_fetched_leaves_what_is_there(page):
    """npm's own words, then one line; the next try begins anew."""
    page.run()
    page.lock("two")
    page.fail()
    failed = page.run()
    assert failed.returncode == 1
    assert failed.stderr.splitlines() == ["npm: there is no network", "modules: npm could not bring them, see above"]
    assert page.made_of() == "one"
    assert not (page.folder / "node_modules.new").exists()
    assert page.run().returncode == 1, "the old ones are not taken for the new"


@pytest.mark.parametrize("program, said", [("npm", "npm is missing"), ("node", "Node.js is missing")])
def test_a_missing_program_is_said_with_what_to_do(page, program, said):
    """One line."""
    page.npm.with_name(program).unlink()
    done = page.run()
    assert done.returncode == 1
    assert done.stderr == f'modules: {said}: run "packaging/install-deps web" as root\n'
