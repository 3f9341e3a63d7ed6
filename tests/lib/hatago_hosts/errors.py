# SPDX-License-Identifier: LGPL-2.1-or-later
"""The one error this package raises on purpose."""


class HostError(Exception):
    """Something a person can act on; its text is one clear line."""
