# SPDX-License-Identifier: LGPL-2.1-or-later
"""The errors this package raises on purpose."""

import subprocess


class HostError(Exception):
    """Something a person can act on; its text is one clear line."""


class CommandFailed(subprocess.CalledProcessError):
    """A command in a host that ended with another status than 0; shows what it said."""

    def __str__(self):
        """Return the usual text, and what the command said on stderr."""
        return f"{super().__str__()}\n{self.stderr.rstrip()}" if self.stderr else super().__str__()
