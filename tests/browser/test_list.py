# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of machines in a real Cockpit: a thousand of them, and real ones told what to do."""

import re
from contextlib import contextmanager

import pytest
from hatago_bus import MACHINES, ROOT, options

COUNT = 1000
NAMES = ["list-red", "list-green", "list-blue"]

# Never started: what is defined costs libvirt nothing more.
DEFINED = """\
<domain type='qemu'>
  <name>many-{number:04}</name><title>{title}</title>
  <memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
</domain>
"""


def virsh(host, *commands):
    """Let one virsh run these commands."""
    host.run(["virsh", "-q", "-c", "qemu:///system"], input="\n".join(commands) + "\n")


@contextmanager
def without_kvm(host):
    """Where QEMU cannot use /dev/kvm though it is there, libvirt asks QEMU anew at each definition, for seconds."""
    host.run(["sh", "-c", "[ ! -e /dev/kvm ] || { install -m 0 /dev/null /run/no-kvm && "
              "mount --bind /run/no-kvm /dev/kvm; }"])
    yield
    host.run(["sh", "-c", "[ ! -e /dev/kvm ] || umount /dev/kvm"])


@pytest.fixture(scope="module")
def thousand(host, bus):
    """A thousand machines that are off; the last has a title of its own, and three have short names."""
    folder = host.root / "srv" / "list"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(COUNT):
        text = DEFINED.format(number=number, title="The wanted one" if number == 777 else "")
        if number < len(NAMES):
            text = text.replace(f"many-{number:04}", NAMES[number])
        (folder / f"{number}.xml").write_text(text)
    with without_kvm(host):
        virsh(host, *(f"define /srv/list/{number}.xml" for number in range(COUNT)))
    bus.wait(lambda: len(bus.call(ROOT, MACHINES, "ListMachines", options())) == COUNT, 60, "all machines")
    yield
    names = host.run(["virsh", "-q", "-c", "qemu:///system", "list", "--all", "--name"]).stdout.split()
    for name in NAMES:
        host.run(["virsh", "-q", "-c", "qemu:///system", "destroy", name], check=False)
    virsh(host, *(f"undefine {name} --managed-save" for name in names))
    bus.wait(lambda: not bus.call(ROOT, MACHINES, "ListMachines", options()), 60, "no machines")


def row(page, name):
    """The row of a machine."""
    return page.locator("tr[data-index]").filter(has_text=name)


def test_one_of_a_thousand_is_found(browser, thousand):
    """By what is typed, at once; the address keeps it."""
    with browser.page(place="#/machines", alone=True) as page:
        page.get_by_role("table").expect(attribute=("aria-rowcount", str(COUNT + 1)))
        page.get_by_role("textbox", name="Search machines").fill("wanted")
        page.get_by_text("1 of 1,000 machines").expect()
        row(page, "many-0777").expect("The wanted one")
        page.locator("tr[data-index]").expect(count=1)
        assert "q=wanted" in page.evaluate("location.hash")
        page.reload()
        row(page, "many-0777").expect()
        page.get_by_role("button", name="Clear filters").click()
        page.get_by_text("1,000 machines").expect()


def test_three_are_started_at_once(browser, host, thousand):
    """Each has its result, which says why where it failed; and what virsh does then shows at once."""
    host.run(["virsh", "-q", "-c", "qemu:///system", "start", NAMES[2]])
    virsh(host, f"suspend {NAMES[2]}")
    with browser.page(place="#/machines?q=list-", alone=True) as page:
        row(page, NAMES[2]).expect(re.compile("paused", re.I))
        for name in NAMES:
            page.get_by_role("checkbox", name=f"Select {name}").check()
        bar = page.get_by_role("region", name="Selected machines")
        bar.get_by_role("button", name="Start", exact=True).click()
        page.get_by_text("Start: 2 of 2 done").expect(timeout=60)
        for name in NAMES[:2]:
            row(page, name).expect(re.compile("running", re.I))
            assert host.run(["virsh", "-q", "-c", "qemu:///system", "domstate", name]).stdout.strip() == "running"

        virsh(host, f"resume {NAMES[2]}", f"suspend {NAMES[0]}", f"destroy {NAMES[1]}")
        row(page, NAMES[2]).expect(re.compile("running", re.I))
        row(page, NAMES[0]).expect(re.compile("paused", re.I))
        row(page, NAMES[1]).expect(re.compile("shut|off", re.I))


def test_a_plain_user_sees_why_not(browser, thousand):
    """What needs a right that the user lacks stays in the menu, disabled, with the reason."""
    with browser.page("alice", administrator=False, place="#/machines?q=many-0100", alone=True) as page:
        row(page, "many-0100").get_by_role("button", name="Actions: many-0100").click()
        start = page.get_by_role("menuitem", name=re.compile("^Start (You are not allowed|Turn on administrative)"))
        start.expect(attribute=("aria-disabled", "true"))
        page.get_by_role("menuitem", name=re.compile("^Remove ")).expect(attribute=("aria-disabled", "true"))
