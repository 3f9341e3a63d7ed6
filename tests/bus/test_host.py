# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host itself: what it is, and what of it is in use."""

import os
import re
from pathlib import Path

import pytest

from hatago_bus import HOST, MANAGER, NO_OPTIONS, ROOT, BusError, options

WITH_CHECKS = True
# Of libvirt's test driver.
POOL, NETWORK = "default-pool", "default"


def usage(caller):
    """Return what is in use."""
    return caller.call(ROOT, HOST, "GetUsage", NO_OPTIONS)


def test_the_processor_says_its_own_name(caller):
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    if found:
        assert caller.get(ROOT, HOST, "CPUModel") == found[1].strip()


def test_system_and_kernel_are_those_of_this_machine(caller):
    facts = caller.get_all(ROOT, HOST)
    found = re.search(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(), re.MULTILINE)
    assert facts["OperatingSystem"] == found[1]
    assert facts["Kernel"] == os.uname().release


def test_the_rest_is_what_libvirt_says(caller):
    """The test driver has a host of its own."""
    facts = caller.get_all(ROOT, HOST)
    assert {key: facts[key] for key in ("Architecture", "CPUs", "Sockets", "CoresPerSocket", "ThreadsPerCore",
                                        "Memory")} == {
        "Architecture": "i686", "CPUs": 16, "Sockets": 4, "CoresPerSocket": 2, "ThreadsPerCore": 2,
        "Memory": 3145728 * 1024}


def test_what_is_in_use_has_pools_and_networks(caller):
    found = usage(caller)
    pool, = [pool for pool in found["Pools"] if pool["Name"] == POOL]
    assert (pool["Active"], pool["Path"]) == (True, "/default-pool")
    assert pool["Capacity"] >= pool["Available"] > 0
    network, = [network for network in found["Networks"] if network["Name"] == NETWORK]
    assert network == {"Name": NETWORK, "Active": True, "Bridge": "virbr0"}


def test_processors_are_busier_later(caller):
    first, second = usage(caller), usage(caller)
    for key in ("CPUTime", "CPUIdleTime"):
        if key in first:
            assert second[key] >= first[key]


def test_no_option_is_known(caller):
    with pytest.raises(BusError) as refused:
        caller.call(ROOT, HOST, "GetUsage", options(fast=True))
    assert refused.value.short == "UnknownOption"


def test_many_at_once_are_answered_or_told_that_they_are_too_many(caller):
    calls = [caller.start(ROOT, HOST, "GetUsage", NO_OPTIONS) for _ in range(60)]
    said = set()
    for call in calls:
        try:
            said.add(bool(call.result()))
        except BusError as error:
            said.add(error.short)
    assert True in said and said <= {True, "LimitsExceeded"}
    assert usage(caller)


def test_without_libvirt_it_says_so(house):
    house.agent("--connect", "qemu+unix:///system?socket=/nonexistent", plugins=house.all_plugins(),
                environment={"HATAGO_REPORT_FOLDER": str(house.folder / "nowhere")})
    caller = house.stranger()
    caller.wait(caller.owner, 20, "the agent")
    with pytest.raises(BusError) as refused:
        usage(caller)
    assert refused.value.short == "HypervisorUnavailable"
    facts = caller.get_all(ROOT, HOST)
    assert (facts["Architecture"], facts["CPUs"], facts["Memory"]) == ("", 0, 0)
    assert facts["Kernel"] == os.uname().release
    assert caller.get(ROOT, MANAGER, "Plugins") == ["host", "machines"]
