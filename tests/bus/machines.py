# SPDX-License-Identifier: LGPL-2.1-or-later
"""Domain XML for libvirt's test driver."""

import itertools
import uuid as uuids
from xml.sax.saxutils import escape

RUNNING, PAUSED, OFF, CRASHED = 1, 3, 5, 6
TRANSIENT, SAVED = "transient", "saved"
NAMESPACE = "http://libvirt.org/schemas/domain/test/1.0"
EXTRA = {TRANSIENT: "<test:transient/>", SAVED: "<test:hasmanagedsave>1</test:hasmanagedsave>"}
RUNSTATE = {TRANSIENT: RUNNING, SAVED: OFF}
_numbers = itertools.count(1)


def domain_xml(name, uuid=None, memory_kib=262144, vcpus=1, extra=""):
    """Return the XML of a machine."""
    element = f"<uuid>{uuid}</uuid>" if uuid else ""
    return (f"<domain type='test'><name>{escape(name)}</name>{element}"
            f"<memory unit='KiB'>{memory_kib}</memory><vcpu>{vcpus}</vcpu>"
            f"<os><type>hvm</type></os>{extra}</domain>")


def fresh_uuid():
    """Return a UUID of nobody's."""
    return str(uuids.uuid4())


def fresh_name(prefix="machine"):
    """Return a name of nobody's."""
    return f"{prefix}-{next(_numbers)}"


def driver_file(folder, *domains):
    """Write a file for the test driver with these (name, uuid, state); return its URI.

    The state TRANSIENT is one that runs and has no definition, SAVED is off with a managed save.
    """
    inline = [f"<domain type='test' xmlns:test='{NAMESPACE}'><name>{escape(name)}</name>"
              f"<uuid>{uuid}</uuid><memory unit='KiB'>262144</memory><vcpu>1</vcpu>"
              f"<os><type>hvm</type></os>{EXTRA.get(state, '')}"
              f"<test:runstate>{RUNSTATE.get(state, state)}</test:runstate></domain>"
              for name, uuid, state in domains]
    path = folder / f"driver-{next(_numbers)}.xml"
    path.write_text(f"<node>{''.join(inline)}</node>")
    return f"test://{path}"
