// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { changes, differences, faultsOf, fieldOf, rebase, settingsOf, type Settings } from "../../src/machine/service/settings";
import { UNITS, amountOf, spanInput, spanMicros } from "../../src/machine/service/spans";
import { configure, setAutostart } from "../../src/store/service";
import { House } from "../../src/store/house";
import { FakeAgent, Refusal } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });

const SETTINGS: Settings = {
    startAfter: ["a"], startDelay: spanInput(0), ready: "running", readyPort: "", readyTimeout: spanInput(300e6), stopTimeout: spanInput(0, "min"),
    hostShutdown: "shutdown",
};

test("a span is shown in the largest unit that holds it", () => {
    assert.deepEqual(spanInput(90e6), { amount: "90", unit: "s" });
    assert.deepEqual(spanInput(300e6), { amount: "5", unit: "min" });
    assert.deepEqual(spanInput(7200e6), { amount: "2", unit: "h" });
    assert.deepEqual(spanInput(0), { amount: "", unit: "s" });
    assert.deepEqual(spanInput(0, "min"), { amount: "", unit: "min" });
    assert.deepEqual(UNITS.map(({ word }) => amountOf(180e6, word)), ["180", "3", "0.05"]);
});

test("what is no span is told from none", () => {
    assert.equal(spanMicros({ amount: " 1.5 ", unit: "min" }), 90e6);
    assert.equal(spanMicros({ amount: "", unit: "h" }), 0);
    for (const amount of ["-1", "1e9", "two", "1,5", "9999999999"])
        assert.equal(spanMicros({ amount, unit: "s" }), null, amount);
});

test("only what differs is asked for", () => {
    assert.deepEqual(changes(SETTINGS, SETTINGS), {});
    assert.deepEqual(changes(SETTINGS, { ...SETTINGS, startAfter: ["b", "a"], stopTimeout: { amount: "2", unit: "min" } }), {
        "start-after": { t: "as", v: ["b", "a"] }, "stop-timeout": { t: "t", v: 120e6 },
    });
    assert.deepEqual(changes(SETTINGS, { ...SETTINGS, readyTimeout: { amount: "300", unit: "s" } }), {}, "the same span otherwise written");
});

test("a port means that it is what is waited for", () => {
    assert.deepEqual(changes(SETTINGS, { ...SETTINGS, ready: "port", readyPort: "22" }), { "ready-port": { t: "u", v: 22 } });
    const port: Settings = { ...SETTINGS, ready: "port", readyPort: "22" };
    assert.deepEqual(changes(port, { ...port, readyPort: "80" }), { "ready-port": { t: "u", v: 80 } });
    assert.deepEqual(changes(port, { ...port, ready: "agent" }), { ready: { t: "s", v: "agent" } });
});

test("no span is one that is taken back", () => {
    assert.deepEqual(changes({ ...SETTINGS, stopTimeout: spanInput(60e6) }, SETTINGS), { "stop-timeout": { t: "t", v: 0 } });
});

test("what is wrong is said at its field", () => {
    assert.deepEqual(faultsOf(SETTINGS), {});
    const fields = (draft: Partial<Settings>) => Object.keys(faultsOf({ ...SETTINGS, ...draft }));
    assert.deepEqual(fields({ ready: "port", readyPort: "" }), ["readyPort"]);
    assert.deepEqual(fields({ ready: "port", readyPort: "65536" }), ["readyPort"]);
    assert.deepEqual(fields({ ready: "agent", readyTimeout: spanInput(0) }), ["readyTimeout"]);
    assert.deepEqual(fields({ readyTimeout: { amount: "x", unit: "s" } }), [], "it does not count while nothing is waited for");
    assert.deepEqual(fields({ stopTimeout: { amount: "0.5", unit: "s" } }), ["stopTimeout"]);
    assert.deepEqual(fields({ startDelay: { amount: "25", unit: "h" } }), ["startDelay"]);
    assert.deepEqual(fields({ startAfter: Array.from({ length: 65 }, String) }), ["startAfter"]);
});

test("what others change meanwhile is taken over, but not where one has changed it oneself", () => {
    const draft: Settings = { ...SETTINGS, hostShutdown: "save" };
    const theirs: Settings = { ...SETTINGS, startAfter: ["z"] };
    assert.deepEqual(rebase(SETTINGS, draft, theirs), { draft: { ...theirs, hostShutdown: "save" }, contested: [] });
    const both: Settings = { ...SETTINGS, hostShutdown: "poweroff" };
    assert.deepEqual(rebase(SETTINGS, draft, both), { draft, contested: ["hostShutdown"] });
    assert.deepEqual(rebase(SETTINGS, draft, draft).contested, [], "both chose the same");
});

test("the order of those that it starts after means nothing", () => {
    assert.deepEqual(differences({ ...SETTINGS, startAfter: ["a", "b"] }, { ...SETTINGS, startAfter: ["b", "a"] }), []);
});

test("an error of the agent belongs to a field where one is named", () => {
    assert.equal(fieldOf({ name: "StartCycle", message: "" }), "startAfter");
    assert.equal(fieldOf({ name: "InvalidArgument", message: "The option 'stop-timeout' is too long." }), "stopTimeout");
    assert.equal(fieldOf({ name: "UnitUnavailable", message: "start-after" }), undefined);
});

async function house(): Promise<{ agent: FakeAgent; house: House; path: string }> {
    const agent = new FakeAgent();
    const path = agent.addMachine();
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const made = new House();
    made.open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { agent, house: made, path };
}

test("settings that were changed show", async () => {
    const { house: made, path } = await house();
    made.details.keep(path);
    await configure(made, path, { "ready-port": { t: "u", v: 22 }, "start-delay": { t: "t", v: 5e6 } });
    await setAutostart(made, path, true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const machine = made.machines.get().get(path)!;
    assert.deepEqual(settingsOf(machine), { ...SETTINGS, startAfter: [], ready: "port", readyPort: "22", startDelay: spanInput(5e6) });
    assert.deepEqual(machine.AutostartBy, ["hatago"]);
});

test("an error comes with what it is about, which its job has", async () => {
    const { agent, house: made, path } = await house();
    agent.refusals.set("Configure", new Refusal("StartCycle", "an older one", { cycle: "a, a" }));
    await assert.rejects(configure(made, path, {}));
    agent.refusals.set("Configure", new Refusal("StartCycle", "a cycle", { cycle: "a, b, a" }));
    await assert.rejects(configure(made, path, {}), { name: "StartCycle", values: { cycle: "a, b, a" } });
});

test("without such a job the error is told without", async () => {
    const { agent, house: made, path } = await house();
    agent.endJob = () => undefined;
    agent.refusals.set("Configure", new Refusal("StartCycle", "a cycle"));
    await assert.rejects(configure(made, path, {}), { name: "StartCycle", values: {} });
});
