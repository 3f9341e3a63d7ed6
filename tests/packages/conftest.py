# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian packages of this checkout, built once, and unpacked."""

import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
NAMES = ("cockpit-hatago", "hatago", "hatago-host", "hatago-machines", "hatagod")


@pytest.fixture(scope="session")
def packages():
    """Name to path of each package, built if need be."""
    folder = TOP / "build" / "packages"
    subprocess.run([TOP / "packaging" / "build-deb", folder], check=True)
    return {path.name.partition("_")[0]: path for path in folder.glob("*.deb")}


@pytest.fixture(scope="session")
def unpacked(packages, tmp_path_factory):
    """A folder with what all packages have together."""
    folder = tmp_path_factory.mktemp("unpacked")
    for path in packages.values():
        subprocess.run(["dpkg-deb", "--extract", path, folder], check=True)
    return folder
