// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Machine } from "../../src/bus/contract";
import { needsAttention } from "../../src/lib/attention";
import { osName } from "../../src/lib/os";
import { Arranger } from "../../src/machines/arrange";
import { formatHidden, formatOptions, parseOptions, type ListOptions } from "../../src/machines/list-options";
import { withoutRoom } from "../../src/machines/room";
import { NOTHING, type Load } from "../../src/store/statistics";
import { FakeAgent } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });

let made = 0;
const machine = (Name: string, rest: Partial<Machine> = {}): Machine => ({
    path: `/m/${++made}`, UUID: `uuid-${made}`, Name, Title: "", State: "shutoff", StateReason: "shutdown", Persistent: true, Autostart: false,
    ManagedSave: false, VCPUs: 1, Memory: 2 ** 30, Accelerator: "kvm", OSInfo: "", Addresses: [], Unit: "", UnitState: "inactive",
    StartedAt: 0, Warnings: [], PendingChanges: [], ...rest,
});

const names = (machines: Machine[], given: Record<string, string> = {}, load: Load = NOTHING, arranger = new Arranger()) =>
    arranger.arrange(machines, parseOptions(given), load).rows.map(({ Name }) => Name);

test("numbers in names are in the order of numbers", () => {
    const all = ["vm-10", "vm-9", "Alpha", "beta", "vm-1"].map((name) => machine(name));
    assert.deepEqual(names(all), ["Alpha", "beta", "vm-1", "vm-9", "vm-10"]);
    assert.deepEqual(names(all, { sort: "-name" }), ["vm-10", "vm-9", "vm-1", "beta", "Alpha"]);
});

test("equals stay in the order of their names, whichever way the rest goes", () => {
    const all = [machine("c", { VCPUs: 2 }), machine("b", { VCPUs: 4 }), machine("a", { VCPUs: 2 })];
    assert.deepEqual(names(all, { sort: "vcpus" }), ["a", "c", "b"]);
    assert.deepEqual(names(all, { sort: "-vcpus" }), ["b", "a", "c"]);
});

test("what a machine takes orders it, and one that takes nothing comes last of the largest", () => {
    const all = [machine("off"), machine("busy"), machine("idle")];
    const load: Load = { ...NOTHING, machines: new Map([[all[1]!.path, { CPUPercent: 90 }], [all[2]!.path, { CPUPercent: 0 }]]) };
    assert.deepEqual(names(all, { sort: "-cpu" }, load), ["busy", "idle", "off"]);
});

test("an order holds while machines change, come and go", () => {
    const arranger = new Arranger();
    const all = ["d", "b", "c"].map((name) => machine(name));
    assert.deepEqual(names(all, {}, NOTHING, arranger), ["b", "c", "d"]);
    const next = [...all.slice(1), machine("a"), { ...all[0]!, Name: "bb" }];
    assert.deepEqual(names(next, {}, NOTHING, arranger), ["a", "b", "bb", "c"]);
});

test("a machine is found by name, title, address, UUID and system; all words have to be there", () => {
    const web = machine("web", { Title: "Front door", Addresses: ["192.0.2.7"], OSInfo: "http://debian.org/debian/12" });
    const all = [web, machine("other")];
    for (const q of ["WEB", "front", "192.0.2", web.UUID, "debian 12", "door web"])
        assert.deepEqual(names(all, { q }), ["web"], q);
    assert.deepEqual(names(all, { q: "web nothing" }), []);
    assert.deepEqual(names([{ ...web, Name: "renamed" }], { q: "renamed" }), ["renamed"]);
});

test("the list is narrowed by state and attention, and counts tell of all", () => {
    const all = [machine("on", { State: "running" }), machine("off"), machine("held", { State: "paused", StateReason: "io-error" })];
    assert.deepEqual(names(all, { state: "paused" }), ["held"]);
    assert.deepEqual(names(all, { attention: "yes" }), ["held"]);
    assert.deepEqual(new Arranger().arrange(all, parseOptions({ q: "nobody" }), NOTHING).counts,
                     { all: 3, states: { on: 1, paused: 1, off: 1, crashed: 0 }, attention: 1 });
});

test("attention is for what somebody can mend", () => {
    assert.ok(!needsAttention(machine("a", { Warnings: ["emulated", "no-guest-agent"] })));
    assert.ok(needsAttention(machine("a", { Warnings: ["disk-missing"] })));
    assert.ok(needsAttention(machine("a", { UnitState: "failed" })));
    assert.ok(needsAttention(machine("a", { State: "shutoff", StateReason: "crashed" })));
    assert.ok(!needsAttention(machine("a", { State: "paused", StateReason: "user" })));
});

test("options come back from the URL as they went, and what is as always is left out", () => {
    const there: ListOptions = {
        q: "a b", state: "off", attention: true, sort: "cpu", descending: true, hidden: new Set(["os", "unit"] as const),
    };
    assert.deepEqual(parseOptions(formatOptions(there)), there);
    assert.deepEqual(Object.values(formatOptions(parseOptions({}))).filter(Boolean), []);
});

test("what is nonsense in a URL is ignored; the columns that somebody kept hold where it says nothing", () => {
    const options = parseOptions({ state: "sleeping", sort: "-mood", hidden: "os,name,nothing" });
    assert.equal(options.state, "");
    assert.deepEqual([options.sort, options.descending], ["name", false]);
    assert.deepEqual([...options.hidden], ["os"]);
    assert.deepEqual([...parseOptions({}, "unit").hidden], ["unit"]);
    assert.deepEqual([...parseOptions(formatOptions(parseOptions({}, "unit"), "unit"), "unit").hidden], ["unit"]);
    assert.deepEqual([...parseOptions({ hidden: formatHidden(new Set()) }, "unit").hidden], []);
});

test("systems have short names", () => {
    const ids: Record<string, string> = {
        "http://debian.org/debian/12": "Debian 12", "http://microsoft.com/win/2k22": "Windows Server 2022", "http://microsoft.com/win/11": "Windows 11",
        "http://centos.org/centos-stream/9": "CentOS Stream 9", "http://fedoraproject.org/fedora/41": "Fedora 41",
        "http://opensuse.org/opensuse/15.5": "openSUSE 15.5", "http://debian.org/debian/testing": "Debian testing",
        "http://fedoraproject.org/silverblue/rawhide": "Fedora Silverblue Rawhide", "http://libosinfo.org/linux/2022": "Linux 2022",
        "http://freebsd.org/freebsd/14.0": "FreeBSD 14.0", "http://example.com": "http://example.com", "": "",
    };
    for (const [id, name] of Object.entries(ids))
        assert.equal(osName(id), name);
});

test("a thousand machines are arranged in a few milliseconds", () => {
    const arranger = new Arranger();
    const all = Array.from({ length: 1000 }, (_, i) => machine(`vm-${(i * 7919) % 1000}`, { State: i % 2 ? "running" : "shutoff" }));
    arranger.arrange(all, parseOptions({}), NOTHING);
    // The best of some: a busy machine makes others longer.
    const times = Array.from({ length: 20 }, () => {
        const begin = performance.now();
        arranger.arrange(all, parseOptions({}), NOTHING);
        return performance.now() - begin;
    });
    assert.ok(Math.min(...times) < 16, `${Math.min(...times)} ms`);
});

test("what matters least has no room first, and cards have room for addresses again", () => {
    assert.deepEqual(withoutRoom(1300), []);
    assert.deepEqual(withoutRoom(1299), ["vcpus"]);
    assert.deepEqual(withoutRoom(1040), ["vcpus", "unit"]);
    assert.deepEqual(withoutRoom(760), ["vcpus", "unit", "os", "addresses"]);
    assert.deepEqual(withoutRoom(759), ["vcpus", "unit", "os"]);
});
