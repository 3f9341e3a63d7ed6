# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disposable test hosts: a complete Debian with systemd, libvirt and our packages.

Tests use Host, Guest and HostError; everything else is machinery behind them and behind tests/host.
"""

from .errors import HostError
from .guests import Guest
from .host import Host

__all__ = ["Guest", "Host", "HostError"]
