# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every verb on a real guest: what it does, what virsh says of it, and what the bus tells."""

import re

import pytest
from hatago_bus import JOB, MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, BusError


def test_start_runs_qemu_and_tells_its_process(machine):
    """Start: libvirt says running, PID is QEMU's, StartedAt is its start, id is libvirt's."""
    machine.define()
    assert machine.get("State") == "shutoff"
    assert machine.get("PID") == 0
    assert machine.verb("Start") == ("done", "", "")
    assert machine.guest.state() == "running"
    assert machine.get("State") == "running"
    assert machine.get("StateReason") == "booted"
    assert machine.get("DomainId") == int(machine.guest.virsh("domid").stdout)
    assert machine.get("Accelerator") == "tcg"
    assert machine.get("VCPUs") == 1
    assert machine.get("Memory") == 96 * 1024 * 1024
    machine.bus.wait(lambda: machine.get("PID") != 0, 2, "PID from machined")
    command = (machine.guest.host.root / f"proc/{machine.get('PID')}/cmdline").read_text()
    assert machine.get("UUID") in command
    now = int(machine.guest.host.run(["date", "+%s"]).stdout) * 1_000_000
    assert abs(now - machine.get("StartedAt")) < 60_000_000


def test_shutdown_by_agent_ends_the_job_when_the_guest_is_off(machine):
    """Shutdown: the job ends when the guest is off, and not before."""
    machine.run()
    machine.guest.wait_agent()
    assert machine.verb("Shutdown", timeout=60_000_000) == ("done", "", "")
    assert machine.get("State") == "shutoff"
    assert machine.get("StateReason") == "shutdown"
    assert machine.guest.state() == "shut off"


def test_shutdown_by_acpi(machine):
    """Shutdown: without a guest agent the power button does it."""
    machine.run("noagent")
    assert machine.verb("Shutdown", timeout=60_000_000)[0] == "done"
    assert machine.guest.state() == "shut off"


def test_shutdown_of_a_deaf_guest_times_out_and_power_off_helps(machine):
    """Shutdown: a deaf guest costs its timeout, is said to run on, and can be powered off."""
    machine.run("deaf")
    result, error, message = machine.verb("Shutdown", timeout=3_000_000)
    assert (result, error) == ("timeout", "org.hatago.Host1.Error.TimedOut")
    assert "3 s" in message
    assert machine.get("State") == "running"
    assert machine.verb("PowerOff") == ("done", "", "")
    assert machine.get("State") == "shutoff"
    assert machine.get("StateReason") == "destroyed"


def test_a_waiting_shutdown_can_be_canceled_and_does_not_hold_up_others(machine):
    """While a Shutdown waits, other verbs go on; Cancel ends the waiting."""
    machine.run("deaf")
    job = machine.bus.call(machine.path, MACHINE, "Shutdown", NO_OPTIONS)
    machine.bus.wait(lambda: machine.bus.get(job, JOB, "Cancelable"), 5, "job waits")
    assert job in [row[2] for row in machine.bus.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS)]
    machine.verb("Suspend")
    machine.verb("Resume")
    machine.bus.call(job, JOB, "Cancel", NO_OPTIONS)
    assert machine.bus.wait_job(job)[0] == "canceled"
    assert machine.bus.get(job, JOB, "Result") == "canceled"
    with pytest.raises(BusError) as refused:
        machine.bus.call(job, JOB, "Cancel", NO_OPTIONS)
    assert refused.value.short == "JobNotCancelable"
    assert machine.guest.state() == "running"


def test_suspend_and_resume(machine):
    """Suspend and Resume: shown as libvirt shows it; both refuse where there is nothing to do."""
    machine.run()
    machine.verb("Suspend")
    assert (machine.get("State"), machine.get("StateReason")) == ("paused", "user")
    assert machine.guest.state() == "paused"
    for verb, error in (("Shutdown", "MachinePaused"), ("Reboot", "MachinePaused"),
                        ("Start", "MachinePaused")):
        with pytest.raises(BusError) as refused:
            machine.verb(verb)
        assert refused.value.short == error
    machine.verb("Resume")
    assert machine.get("State") == "running"
    assert machine.guest.state() == "running"
    with pytest.raises(BusError) as refused:
        machine.verb("Resume")
    assert refused.value.short == "MachineNotPaused"


def test_reboot_and_reset_boot_the_guest_again(machine):
    """Reboot and Reset: the guest comes up again, in the same run of QEMU."""
    machine.run()
    machine.guest.wait_agent()
    run = machine.get("DomainId")
    machine.verb("Reboot")
    machine.guest.wait_ready(times=2)
    machine.verb("Reset")
    machine.guest.wait_ready(times=3)
    assert machine.get("DomainId") == run
    assert machine.get("State") == "running"


def test_start_paused(machine):
    """Start with paused: the CPUs do not run until Resume."""
    machine.define()
    machine.verb("Start", paused=True)
    assert machine.get("State") == "paused"
    machine.verb("Resume")
    assert machine.get("State") == "running"


def test_get_xml_is_libvirts(machine):
    """GetXML: what virsh dumpxml prints, live and inactive."""
    machine.define()
    machine.verb("Start")
    for options, arguments in (({}, []), ({"inactive": True}, ["--inactive"])):
        expected = machine.guest.virsh("dumpxml", *arguments).stdout
        assert machine.verb_answer("GetXML", **options).strip() == expected.strip()


def test_undefine_refuses_a_running_machine_and_removes_one_that_is_off(machine):
    """Undefine: refused while it runs, without effect; gone from bus and libvirt after."""
    machine.define()
    machine.verb("Start")
    with pytest.raises(BusError) as refused:
        machine.verb("Undefine")
    assert refused.value.short == "MachineRunning"
    assert machine.get("Persistent") is True
    machine.verb("PowerOff")
    machine.verb("Undefine")
    assert machine.path not in machine.bus.objects()
    assert machine.guest.virsh("dominfo", check=False).returncode != 0
    with pytest.raises(BusError) as refused:
        machine.bus.machine(machine.guest.name)
    assert refused.value.short == "NoSuchMachine"


def test_undefine_says_what_must_go_with_it(machine):
    """Undefine: a managed save is not lost unless it is said so."""
    machine.run()
    machine.guest.virsh("managedsave")
    machine.bus.wait_property(machine.path, "State", "shutoff")
    assert machine.get("StateReason") == "saved"
    with pytest.raises(BusError) as refused:
        machine.verb("Undefine")
    assert refused.value.short == "MachineHasState"
    assert "managed save" in refused.value.message
    machine.verb("Undefine", managed_save=True)
    assert machine.path not in machine.bus.objects()


@pytest.mark.parametrize("verb, error", [
    ("Shutdown", "MachineNotRunning"), ("PowerOff", "MachineNotRunning"),
    ("Reboot", "MachineNotRunning"), ("Reset", "MachineNotRunning"),
    ("Suspend", "MachineNotRunning"), ("Resume", "MachineNotRunning")])
def test_a_verb_on_a_machine_that_is_off_is_refused(machine, verb, error):
    """Nothing is asked of libvirt; the error names the machine."""
    machine.define()
    with pytest.raises(BusError) as refused:
        machine.verb(verb)
    assert refused.value.short == error
    assert machine.guest.name in refused.value.message


def test_a_failed_start_says_why(machine):
    """Start: QEMU's or libvirt's own reason is the text; the machine stays, off."""
    xml = machine.guest.xml().replace("hatago-guest/vmlinuz", "hatago-guest/not-there")
    machine.path = machine.bus.define(xml)
    result, error, message = machine.verb("Start")
    assert (result, error) == ("failed", "org.hatago.Host1.Error.FileMissing")
    assert "not-there" in message
    assert machine.get("State") == "shutoff"


def test_an_inactive_network_is_not_taken_for_a_running_machine(machine):
    """Start: libvirt's "invalid operation" is about the network, and has a name of its own."""
    machine.path = machine.bus.define(machine.guest.xml(network="default"))
    machine.guest.host.run(["virsh", "net-destroy", "default"], check=False)
    result, error, message = machine.verb("Start")
    assert (result, error) == ("failed", "org.hatago.Host1.Error.NetworkInactive")
    assert "network 'default' is not active" in message


def test_define_answers_with_libvirts_machine(machine):
    """DefineMachine: the path is that of the UUID that libvirt gave; the same again replaces it."""
    machine.define()
    assert machine.get("UUID") == machine.guest.virsh("domuuid").stdout.strip()
    xml = machine.verb_answer("GetXML", inactive=True)
    assert machine.bus.define(re.sub(r">98304<", ">131072<", xml)) == machine.path
    assert machine.get("Memory") == 128 * 1024 * 1024
    other = machine.guest.xml()
    with pytest.raises(BusError) as refused:
        machine.bus.define(other)
    assert refused.value.short == "MachineExists"
    assert machine.get("UUID") in refused.value.message


def test_list_machines_is_what_virsh_lists(machine):
    """ListMachines: the same names and UUIDs as libvirt's."""
    machine.define()
    rows = machine.bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)
    names = machine.guest.host.run(["virsh", "list", "--all", "--name"]).stdout.split("\n")
    assert sorted(row[1] for row in rows) == sorted(name for name in names if name)
    row = next(row for row in rows if row[0] == machine.path)
    assert row == (machine.path, machine.guest.name, machine.get("UUID"), "shutoff",
                   f"hatago-vm@{machine.guest.name}.service", False, 1, 96 * 1024 * 1024)
