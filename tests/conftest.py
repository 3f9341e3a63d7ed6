# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all tests have in common."""


def pytest_configure(config):
    """Name the marks."""
    config.addinivalue_line("markers", "alone: holds something to a time; runs with no other test beside it")
