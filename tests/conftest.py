# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all tests have in common."""

import pytest


def pytest_configure(config):
    """Name the marks."""
    config.addinivalue_line("markers", "alone: holds something to a time; runs with no other test beside it")
    config.addinivalue_line("markers", "shares(what): runs with no other beside it that shares the same: a "
                                       "disposable host's /dev/kvm is the machine's own")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of one file, and those that share something, in one process (--dist=loadgroup).

    From the last file to the first: the longest are called test_vm_…, and what begins last shall be short.
    """
    groups = {}
    for item in items:
        shares = item.get_closest_marker("shares")
        group = shares.args[0] if shares else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
        groups.setdefault(group, []).append(item)
    items[:] = [item for group in reversed(groups.values()) for item in group]
