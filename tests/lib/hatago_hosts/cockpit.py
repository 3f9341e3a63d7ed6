# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts with Cockpit: what they have more than others, and who can log in there."""

import secrets

# cockpit-hatago needs the bridge alone; here is also what serves the browser, the shell with its menu, and what makes
# an administrator of a user.
PACKAGES = ("cockpit-ws", "cockpit-bridge", "cockpit-system", "sudo")
USERS = ("admin", "alice", "virt")
PORT = 9090
PASSWORD = "root/cockpit-password"


def open_to_users(host):
    """Give the host's users a password, which nobody else can guess: a test host's root is no prisoner. Return it.

    The service runs from now on, so that the first one who comes need not wait.
    """
    password = secrets.token_urlsafe(9)
    host.run(["chpasswd"], input="".join(f"{user}:{password}\n" for user in USERS))
    host.run(["systemctl", "start", "cockpit.service"])
    path = host.root / PASSWORD
    path.touch(mode=0o600)
    path.write_text(f"{password}\n")
    return password


def password_of(host):
    """Return the password of a host's users, or None where Cockpit is not open to them."""
    path = host.root / PASSWORD
    return path.read_text().strip() if path.exists() else None
