// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { choices } from "../../src/actions/choices";
import type { Disk, Display, Interface, Job, Machine } from "../../src/bus/contract";
import { adviceOf, startFailureText } from "../../src/machine/advice";
import { addressOf, doors, isEmpty, isLocked, ofAtMost, placeText, sourceText } from "../../src/machine/hardware";
import { jobOn, mainVerbs } from "../../src/machine/main-verbs";
import { KINDS, describe, figure, kindsOf } from "../../src/machine/plots/kinds";
import { timelineOf } from "../../src/store/series";
import { FakeAgent } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });

function machine(values: Partial<Machine> = {}): Machine {
    const agent = new FakeAgent();
    const path = agent.addMachine(values);
    return { ...agent.machines.get(path), path } as unknown as Machine;
}

const DISK: Disk = { Key: "vda", Device: "disk", ReadOnly: false, Shareable: false };

test("a disk says where its data lie", () => {
    assert.equal(sourceText({ ...DISK, Source: "/a.qcow2" }), "/a.qcow2");
    assert.equal(sourceText({ ...DISK, Source: "vol", Pool: "default" }), "default/vol");
    assert.equal(sourceText({ ...DISK, Source: "pool/image", Protocol: "rbd" }), "rbd:pool/image");
    assert.equal(sourceText(DISK), "");
    assert.equal(isEmpty({ ...DISK, Device: "cdrom" }), true);
    assert.equal(isEmpty({ ...DISK, Device: "cdrom", Source: "/a.iso" }), false);
    assert.equal(isLocked({ ...DISK, ReadOnly: true }), true);
    assert.equal(isLocked({ ...DISK, Device: "cdrom", ReadOnly: true }), false);
});

test("an interface says what it is connected to", () => {
    const nic: Interface = { Key: "52:54:00:00:00:01#1", Type: "bridge", Source: "br0", LinkUp: true };
    assert.equal(placeText(nic), "Bridge br0");
    assert.equal(placeText({ ...nic, Type: "vhostuser", Source: "/s" }), "vhostuser: /s");
    assert.equal(placeText({ Key: "x", Type: "user", LinkUp: true }), "Through QEMU itself");
    assert.equal(addressOf(nic), "52:54:00:00:00:01");
});

test("a display says where it can be reached", () => {
    const vnc: Display = { Key: "vnc0", Index: 0, Type: "vnc" };
    assert.deepEqual(doors(vnc), []);
    assert.deepEqual(doors({ ...vnc, Listen: "127.0.0.1", Port: 5900, WebSocket: 5700 }), ["127.0.0.1:5900", "127.0.0.1:5700 (WebSocket)"]);
    assert.deepEqual(doors({ ...vnc, Listen: "::1", Port: 5900, Socket: "/run/vnc" }), ["[::1]:5900", "/run/vnc"]);
});

test("a maximum is only said where it is another", () => {
    assert.equal(ofAtMost("2", "2"), "2");
    assert.equal(ofAtMost("2", "4"), "2 of at most 4");
});

test("advice begins with what is worst", () => {
    const told = adviceOf(machine({
        StartFailure: ["org.hatago.Host1.Error.ImageMissing", "no file /a", { path: "/a" }], Warnings: ["no-guest-agent"],
        PendingChanges: ["memory", "disks"], Persistent: false,
    }));
    assert.deepEqual(told.map(({ id }) => id), ["start-failure", "no-guest-agent", "pending", "transient"]);
    assert.match(told[2]!.todo, /memory, disks/);
    assert.deepEqual(adviceOf(machine()), []);
});

test("a warning that is not known yet is told all the same", () => {
    assert.deepEqual(adviceOf(machine({ Warnings: ["from-the-future"] })),
                     [{ id: "from-the-future", variant: "warning", title: "from-the-future", todo: "" }]);
});

test("a guest that its disk has stopped is told of, with what helps", () => {
    const [told] = adviceOf(machine({ State: "paused", StateReason: "io-error" }));
    assert.match(told!.todo, /Free some space/);
});

test("a failure that no words are known for speaks for itself", () => {
    assert.equal(startFailureText(machine({ StartFailure: ["org.hatago.Host1.Error.Strange", "it broke", {}] })), "it broke");
});

const ids = (values: Partial<Machine>, answers = {}, job?: Partial<Job>) => {
    const { main, beside } = mainVerbs(choices(machine(values), answers), job as Job | undefined);
    return [main?.verb.id, ...beside.map(({ verb }) => verb.id)];
};

test("the button is for what is most likely wanted", () => {
    assert.deepEqual(ids({ State: "shutoff" }), ["start"]);
    assert.deepEqual(ids({ State: "running" }), ["shutdown", "reboot", "suspend", "save", "reset", "poweroff"]);
    assert.deepEqual(ids({ State: "paused" }), ["resume"]);
});

test("a guest that is being shut down can be powered off", () => {
    assert.deepEqual(ids({ State: "running" }, {}, { Operation: "shutdown", State: "running" }), ["poweroff"]);
});

test("a button that cannot be pushed has nothing beside it", () => {
    assert.deepEqual(ids({ State: "running" }, { shutdown: "no" }), ["shutdown"]);
});

test("the latest job on a machine is the one that is told of", () => {
    const job = (Id: number, Objects: string[], State: Job["State"] = "running") => ({ Id, Objects, State }) as Job;
    const all = [job(1, ["/m"]), job(4, ["/m"], "ended"), job(3, ["/m"]), job(5, ["/other"]), job(2, ["/m"])];
    assert.equal(jobOn(all, "/m")?.Id, 3);
    assert.equal(jobOn(all, "/none"), undefined);
});

test("a plot is told in words too", () => {
    const [cpu] = KINDS;
    const timeline = timelineOf({ Start: 5e6, Step: 5e6, Series: { CPUPercent: [10, 30, -1] } });
    assert.equal(describe(cpu!, timeline), "CPU. CPU: now –, mean 20 %, at most 30 %");
    assert.equal(figure(cpu!, 12.34), "12 %");
});

test("what a machine does not have is not plotted, unless it had it in that time", () => {
    const words = (values: Partial<Machine>, Series: Record<string, number[]> | null) =>
        kindsOf(machine(values), Series && timelineOf({ Start: 5e6, Step: 5e6, Series })).map(({ word }) => word);
    const Disks = [{ Key: "vda" } as Disk];
    assert.deepEqual(words({}, null), ["cpu", "memory", "disks", "network"], "not read yet");
    assert.deepEqual(words({ Disks: [], Interfaces: [] }, null), ["cpu", "memory"]);
    assert.deepEqual(words({ Disks, Interfaces: [] }, { DiskReadRate: [0], NetworkReceiveRate: [0, -1] }), ["cpu", "memory", "disks"]);
    assert.deepEqual(words({ Disks, Interfaces: [] }, { NetworkTransmitRate: [0, 7] }), ["cpu", "memory", "disks", "network"]);
});
