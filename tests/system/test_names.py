# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names that libvirt accepts and careless programs do not."""

from xml.sax.saxutils import escape

import pytest
from hatago_bus import BusError

NAMES = ["-h", "a;b", "%n", "-oProxyCommand=x", "a b", "旅籠", "$(reboot)", "'\"", "...", "x" * 40,
         "宿" * 12]


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_of_this_name_lives_through_agent_and_cli(machine, host, name):
    """Defined by the agent; started, listed, shown and powered off by the CLI; undefined."""
    xml = machine.guest.xml().replace(f"<name>{machine.guest.name}</name>",
                                      f"<name>{escape(name)}</name>")
    machine.path = machine.bus.define(xml)
    machine.guest.name = name
    try:
        assert machine.get("Name") == name
        assert machine.bus.machine(name) == machine.path
        host.run(["hatago", "start", "--", name], timeout=60)
        assert machine.get("State") == "running"
        assert name in host.run(["hatago", "list"]).stdout
        assert name in host.run(["hatago", "status", "--", name]).stdout
        host.run(["hatago", "poweroff", "--", name], timeout=60)
        host.run(["hatago", "undefine", "--", name])
        assert machine.path not in machine.bus.objects()
    finally:
        host.run(["virsh", "destroy", "--domain", name], check=False)
        host.run(["virsh", "undefine", "--domain", name], check=False)


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\u0085b", "a\u007fb", ".", "..", "a/b"])
def test_names_that_garble_or_lead_elsewhere_are_refused(machine, name):
    """Control characters garble a terminal or a log; libvirt makes file names of names."""
    code = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in name)
    xml = machine.guest.xml().replace(f"<name>{machine.guest.name}</name>", f"<name>{code}</name>")
    before = set(machine.bus.objects())
    with pytest.raises(BusError) as refused:
        machine.bus.define(xml)
    assert refused.value.short == "InvalidXML"
    assert {path for path in machine.bus.objects() if "/machines/" in path} == {
        path for path in before if "/machines/" in path}
