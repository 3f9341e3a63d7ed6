# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where everything lies: all state is below the build folder, nothing elsewhere."""

import os
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
GUEST_SOURCES = TOP / "tests" / "guest"


def build_folder():
    """Return the build folder, which $HATAGO_BUILD moves."""
    return Path(os.environ.get("HATAGO_BUILD") or TOP / "build").resolve()


def hosts_folder():
    """Return the folder of bases, layers and running hosts."""
    return build_folder() / "hosts"


def guest_folder():
    """Return the folder of the built guest image."""
    return build_folder() / "guest"


def bases_folder():
    """Return the folder of Debian roots made by mmdebstrap."""
    return hosts_folder() / "base"


def layers_folder():
    """Return the folder of overlay layers that lie on a base."""
    return hosts_folder() / "layers"


def run_folder():
    """Return the folder with one folder and one lock file for each host."""
    return hosts_folder() / "run"


def logs_folder():
    """Return the folder where a host's journal and console stay after it is down."""
    return hosts_folder() / "logs"
