// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import type { Check, MachineEvent } from "../../src/bus/contract";
import { BusError } from "../../src/bus/errors";
import { checkWords, position } from "../../src/lib/check-words";
import { eventWords } from "../../src/lib/event-words";
import { fillLines, printable, shellWord } from "../../src/lib/patterns";
import { errorText, pendingText, stateText, warningText } from "../../src/lib/words";
import { FakeAgent } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

beforeEach(() => {
    Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });
});

function check(values: Partial<Check>): Check {
    return {
        path: "/", Id: "vhost-net", Group: "devices", Result: "warn", Reason: "", Value: "", Arguments: {}, Sources: [], ReadBy: "", CheckedAt: 0,
        Fixable: false, Undoable: false, ...values,
    };
}

test("a check says what is wrong, why it matters and what its remedy does, with its arguments", () => {
    const words = checkWords(check({ Reason: "missing", Arguments: { module: "vhost_net" } }));
    assert.equal(words.title, "Fast network (vhost-net)");
    assert.equal(words.what, "The kernel's module vhost_net is not loaded.");
    assert.match(words.why, /^Network traffic of guests/);
    assert.match(words.remedy, /\n {2}sudo modprobe vhost_net$/);
    assert.match(words.fix, /^Loads the module vhost_net now/);
    assert.match(words.undo, /^Removes /);
});

test("the advice is for this computer, its boot loader and the hypervisor around it", () => {
    const firmware = (vendor: string, product: string) => checkWords(check({
        Id: "hardware-virtualization", Reason: "off-in-firmware", Arguments: { processor: "Intel(R) Xeon(R)", vendor, product },
    })).remedy;
    assert.match(firmware("Dell Inc.", "PowerEdge R740"), /^Restart Dell Inc\. PowerEdge R740, and press F2 .* look in: System BIOS > Processor Settings\./);
    assert.match(firmware("Nobody", ""), /press Del, F2, F10, F1 or Esc/);
    assert.match(firmware("", ""), /^Restart this computer, .*"Intel Virtualization Technology" \(VT-x\);/);
    const boot = (loader: string, file: string) => checkWords(check({
        Id: "iommu-kernel", Reason: "off", Arguments: { loader, file, argument: "intel_iommu=on" },
    })).remedy;
    assert.match(boot("grub", "/etc/default/grub"), /^In \/etc\/default\/grub, add intel_iommu=on to GRUB_CMDLINE.*\n {2}sudo update-grub$/);
    assert.match(boot("extlinux", "/etc/default/u-boot"), /U_BOOT_PARAMETERS/);
    assert.match(boot("", ""), /where your boot loader has it/);
    assert.match(boot("lilo", "/etc/lilo.conf"), /^In \/etc\/lilo.conf, add intel_iommu=on to the command line/);
    assert.match(checkWords(check({ Id: "hardware-virtualization", Reason: "hidden", Arguments: { hypervisor: "KVM" } })).remedy, /host-passthrough/);
    assert.match(checkWords(check({ Id: "hardware-virtualization", Reason: "hidden", Arguments: { hypervisor: "?" } })).remedy, /turn on nested/);
});

test("values in commands are quoted, and commands for several interfaces are one each", () => {
    assert.equal(shellWord("a b'c"), "'a b'\\''c'");
    assert.equal(shellWord("/etc/a-b_c.d"), "/etc/a-b_c.d");
    assert.equal(fillLines("See {x}:\n  rm {x}", () => "a;b"), "See a;b:\n  rm 'a;b'");
    assert.equal(fillLines("  ip link set {interfaces} up", () => "eth0,eth1"), "  ip link set eth0 up\n  ip link set eth1 up");
    assert.equal(printable("a\u202eb\nc"), "a\\u{202e}b\\u{a}c");
});

test("sizes are for people, and what an agent leaves out is a question mark", () => {
    assert.equal(checkWords(check({ Id: "ksm", Reason: "on", Arguments: { saved: "3221225472" } })).what, "On, and saves 3 GiB.");
    assert.equal(checkWords(check({ Id: "ksm", Reason: "on" })).what, "On, and saves ?.");
});

test("what is not known is shown as it is", () => {
    const words = checkWords(check({ Id: "new-check", Reason: "strange" }));
    assert.deepEqual([words.title, words.what, words.remedy, words.fix], ["New-check", "strange", "", ""]);
    assert.ok(position("new-check") > position("disk-space"));
    assert.equal(stateText("strange"), "strange");
    assert.equal(pendingText("strange"), "strange");
    assert.equal(checkWords(check({ Id: "clock", Reason: "denied", Arguments: { what: "/proc/x" } })).what, "/proc/x may not be read.");
});

test("a value is shown of what passes, where it says something to people", () => {
    assert.equal(checkWords(check({ Id: "hardware-virtualization", Result: "pass", Value: "vmx" })).what, "vmx");
    assert.equal(checkWords(check({ Id: "kvm-guest", Result: "pass", Value: "12" })).what, "");
});

test("errors speak as those of the tool do, by their arguments and the verb", () => {
    const text = (name: string, message: string, values: Record<string, string> = {}, verb?: string) => errorText(new BusError(name, message, values), verb);
    assert.equal(text("NetworkInactive", "x", { network: "default" }), "The network 'default' is not active.");
    assert.equal(text("MachineRunning", "x", {}, "rename"), "It is running.");
    assert.equal(text("MachineRunning", "x", {}, "start"), "It is running already.");
    assert.equal(text("MachineRunning", "x", { "unit-state": "deactivating" }, "start"), "It is still being stopped (its unit is deactivating).");
    assert.equal(text("CPUUnsupported", "x", { model: "EPYC" }), "libvirt knows no processor 'EPYC'.");
    assert.equal(text("org.freedesktop.DBus.Error.AccessDenied", "x"), "You may not do this.");
    assert.equal(text("not-found", "x"), "The service hatagod is not installed here, or the bus cannot start it.");
    assert.equal(text("NoSuchThing", "there is no such thing"), "there is no such thing");
    assert.equal(warningText("crashed-before"), "Its last run ended with a crash.");
});

test("events are told in a few words, and bad ones are known", () => {
    const words = (Event: string, Detail = "") => eventWords({ When: 0, Path: "/", Name: "web", Event, Detail } satisfies MachineEvent);
    assert.deepEqual(words("started", "booted"), { text: "Started", tone: "good" });
    assert.deepEqual(words("started", "from-snapshot"), { text: "Started: from a snapshot", tone: "good" });
    assert.deepEqual(words("stopped", "shutdown"), { text: "Shut down", tone: "quiet" });
    assert.deepEqual(words("stopped", "crashed"), { text: "Crashed", tone: "bad" });
    assert.deepEqual(words("suspended", "io-error"), { text: "Paused: disk error", tone: "bad" });
    assert.deepEqual(words("failed-start", "NetworkInactive").tone, "bad");
    assert.match(words("failed-start", "NetworkInactive").text, /^Did not start: /);
    assert.deepEqual(words("renamed", "old"), { text: "Renamed, before: old", tone: "quiet" });
    assert.deepEqual(words("new-one", "x"), { text: "new-one: x", tone: "quiet" });
});
