// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Job, Machine } from "../../src/bus/contract";
import { memoryUse } from "../../src/components/memory";
import { sparkPath } from "../../src/components/plot";
import { stateWords } from "../../src/components/state";
import { bytes } from "../../src/lib/format";
import { jobOn } from "../../src/machine/main-verbs";
import { FakeAgent } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });

const MiB = 2 ** 20;
const job = (Operation: string, rest: Partial<Job> = {}) => ({ Operation, State: "running", ProgressValid: false, ...rest }) as Job;

test("what rounds up to 1,024 of a unit is one of the next", () => {
    assert.equal(bytes(1023), "1,023 B");
    assert.equal(bytes(1023.4 * 1024), "1,023 KiB");
    assert.equal(bytes(1023.9 * 1024), "1 MiB");
    assert.equal(bytes(1536), "1.5 KiB");
});

test("memory is never more than was given", () => {
    const machine = { Memory: 128 * MiB, State: "running" } as Machine;
    assert.equal(memoryUse(machine, undefined).text, "128 MiB");
    assert.equal(memoryUse(machine, { MemoryUsed: 64 * MiB, MemoryRSS: 238 * MiB }).text, "64 / 128 MiB");
    assert.equal(memoryUse(machine, { MemoryRSS: 100 * MiB }).text, "100 / 128 MiB");
    const odd = memoryUse(machine, { MemoryRSS: 238 * MiB });
    assert.equal(odd.text, "128 MiB");
    assert.match(odd.explained, /238 MiB/);
    assert.equal(memoryUse(machine, { MemoryUsed: 130 * MiB }).text, "128 / 128 MiB");
});

test("memory is of what the balloon leaves, and says units where they differ", () => {
    const machine = { Memory: 2048 * MiB, State: "running" } as Machine;
    assert.equal(memoryUse(machine, { MemoryUsed: 512 * MiB, MemoryActual: 1024 * MiB }).text, "512 MiB / 1 GiB");
});

test("what is under way comes before the state", () => {
    const off = { State: "shutoff", StateReason: "shutdown" } as const;
    assert.deepEqual(stateWords(off, job("start")), { look: "busy", text: "starting …", detail: "" });
    assert.equal(stateWords({ State: "running", StateReason: "booted" }, job("save", { ProgressValid: true, Progress: 0.426 })).text, "saving … 42 %");
    assert.equal(stateWords(off, { ...job("start"), State: "ended" }).look, "off");
});

test("a state is bad where its reason is", () => {
    assert.equal(stateWords({ State: "paused", StateReason: "user" }).look, "held");
    assert.deepEqual(stateWords({ State: "paused", StateReason: "io-error" }), { look: "bad", text: "paused", detail: "disk error" });
    assert.equal(stateWords({ State: "shutoff", StateReason: "crashed" }).look, "bad");
    assert.equal(stateWords({ State: "shutoff", StateReason: "destroyed" }).look, "off");
    assert.equal(stateWords({ State: "running", StateReason: "booted" }, undefined, { Responding: false }).look, "bad");
});

test("a sparkline leaves gaps where nothing was known, and never leaves its box", () => {
    const box = { width: 60, height: 10, full: 100, count: 4 };
    assert.equal(sparkPath([0, 100, -1, 250], box).line, "M0.0 10.0L20.0 0.0M60.0 0.0");
    assert.equal(sparkPath([50], box).line, "M60.0 5.0");
    assert.equal(sparkPath([9, 9, 0, 0, 0, 0], box).line, "M0.0 10.0L20.0 10.0L40.0 10.0L60.0 10.0");
    assert.deepEqual(sparkPath([], box), { line: "", area: "" });
});

test("what leaves a machine as it is does not stand in place of its state", () => {
    const machine = { State: "running", StateReason: "booted" } as Machine;
    for (const operation of ["set-xml", "configure", "set-autostart", "screenshot"]) {
        assert.equal(stateWords(machine, job(operation)).text, "running", operation);
        assert.equal(jobOn([{ ...job(operation), Objects: ["/m"] }], "/m"), undefined, operation);
    }
    assert.equal(stateWords(machine, job("save")).text, "saving …");
    assert.equal(jobOn([{ ...job("save"), Objects: ["/m"] }], "/m")?.Operation, "save");
});
