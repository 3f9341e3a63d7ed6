# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks of the host, for tests of what the agent makes of them."""

from hatago_bus import HOST_CHECK, PROPERTIES, ROOT, VALIDATION, NO_OPTIONS
from systemd_mock import Verdict

TUN = Verdict("tun", value="/dev/net/tun")
VHOST = Verdict("vhost-net", result="warn", reason="missing", arguments={"module": "vhost_net"}, fixable=True)
KSM = Verdict("ksm", group="memory", reason="on", arguments={"saved": "4096"}, undoable=True)
