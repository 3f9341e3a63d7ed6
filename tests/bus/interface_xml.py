# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an interface's XML says, be it the published one or the agent's answer to Introspect."""

import dataclasses
import xml.etree.ElementTree as ElementTree

from agent import TOP

CHANGES = "org.freedesktop.DBus.Property.EmitsChangedSignal"


@dataclasses.dataclass
class Interface:
    """One interface: all that a caller can rely on."""

    methods: dict
    signals: dict
    properties: dict

    def listed(self):
        """Return the names of what GetAll tells: bulky properties are told by name alone."""
        return {name for name, (_, _, changes) in self.properties.items()
                if changes != "invalidates"}


def read_arguments(element, directions):
    """Return (name, type, direction) of each argument."""
    return [(arg.get("name"), arg.get("type"), arg.get("direction", directions))
            for arg in element.iter("arg")]


def read_property(element):
    """Return (type, access, how it changes)."""
    changes = [annotation.get("value") for annotation in element.iter("annotation")
               if annotation.get("name") == CHANGES]
    return element.get("type"), element.get("access"), changes[0] if changes else "true"


def read_interfaces(text):
    """Return {name: Interface} of introspection XML."""
    return {interface.get("name"): Interface(
        methods={e.get("name"): read_arguments(e, "in") for e in interface.iter("method")},
        signals={e.get("name"): read_arguments(e, "out") for e in interface.iter("signal")},
        properties={e.get("name"): read_property(e) for e in interface.iter("property")},
    ) for interface in ElementTree.fromstring(text).iter("interface")}


def published():
    """Return {name: Interface} of all files in dbus-interfaces/."""
    interfaces = {}
    for path in sorted((TOP / "dbus-interfaces").glob("*.xml")):
        found = read_interfaces(path.read_text())
        assert list(found) == [path.stem], f"{path.name} has one interface, that of its name"
        interfaces.update(found)
    return interfaces
