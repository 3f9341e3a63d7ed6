// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { bulkChoices, choices } from "../../src/actions/choices";
import { nameFault } from "../../src/actions/name";
import { Runs, count, wentWell } from "../../src/actions/runs";
import { labelOf, perform, verbOf } from "../../src/actions/verbs";
import { House } from "../../src/store/house";
import { FakeAgent, Refusal } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

async function until(condition: () => boolean, what: string): Promise<void> {
    const end = Date.now() + 3000;
    while (!condition()) {
        assert.ok(Date.now() < end, `never: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

async function open(...states: string[]): Promise<{ agent: FakeAgent; house: House }> {
    const agent = new FakeAgent();
    for (const State of states)
        agent.addMachine({ State });
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const house = new House();
    house.open();
    await until(() => house.link.get().state === "ready", "ready");
    return { agent, house };
}

const ids = (some: readonly { verb: { id: string } }[]) => some.map(({ verb }) => verb.id);

test("a menu has what makes sense in the machine's state", async () => {
    const { house } = await open("running", "shutoff", "paused");
    const [running, off, paused] = [...house.machines.get().values()];
    assert.deepEqual(ids(choices(running!, undefined)),
                     ["shutdown", "reboot", "suspend", "save", "reset", "poweroff", "autostart-on"]);
    assert.deepEqual(ids(choices(off!, undefined)), ["start", "autostart-on", "rename", "undefine"]);
    assert.deepEqual(ids(choices(paused!, undefined)), ["resume", "save", "reset", "poweroff", "autostart-on"]);
    assert.match(choices({ ...off!, ManagedSave: true }, undefined)[0]!.hint, /saved/);
});

test("what the user may not do stays in the menu, with the reason", async () => {
    const { house } = await open("shutoff");
    const [off] = [...house.machines.get().values()];
    const [start, autostart, rename] = choices(off!, { "start": "no", "set-autostart": "auth", "rename": "yes" });
    assert.match(start!.obstacle, /not allowed/);
    assert.match(autostart!.obstacle, /administrative/);
    assert.equal(rename!.obstacle, "");
});

test("for several, a verb is offered for those that it fits and who may", async () => {
    const { house } = await open("running", "shutoff", "shutoff");
    const all = [...house.machines.get().values()];
    const start = (answers: [number, string][]) =>
        bulkChoices(all, new Map(answers.map(([n, start]) => [all[n]!.path, { start }]))).find(({ verb }) => verb.id === "start")!;
    assert.deepEqual(start([]).machines, [all[1], all[2]]);
    assert.match(start([]).hint, /2 of 3/);
    assert.deepEqual(start([[1, "no"], [2, "yes"]]).machines, [all[2]]);
    assert.match(start([[1, "no"], [2, "auth"]]).obstacle, /not allowed/);
    assert.match(start([[1, "no"]]).obstacle, /not allowed/);
    assert.ok(!ids(bulkChoices(all, new Map())).includes("rename"));
});

test("rights are asked a few at a time", async () => {
    const { agent, house } = await open("running");
    const [path] = [...agent.machines.keys()] as [string];
    agent.answers = { start: "no" };
    const before = agent.log.length;
    const asked = Promise.all(Array.from({ length: 10 }, () => house.rights.ask(path, ["start"])));
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.ok(agent.log.length - before <= 4, String(agent.log.length - before));
    assert.deepEqual((await asked)[9], { start: "no" });
});

test("a run tells the end of each, leaves out what needs nothing, and tries again what failed", async () => {
    const { agent, house } = await open("shutoff", "running", "shutoff");
    const runs = new Runs(house);
    agent.refusals.set("Start", new Refusal("Busy", "it is busy"));
    runs.begin(verbOf("start"), [...house.machines.get().values()]);
    const run = () => runs.all.get()[0]!;
    assert.deepEqual(run().deeds.map(({ state }) => state), ["under-way", "needless", "under-way"]);
    await until(() => count(run())["under-way"] === 0, "the end");
    assert.deepEqual(run().deeds.map(({ state }) => state), ["failed", "needless", "done"]);
    assert.equal(run().deeds[0]!.error?.name, "Busy");
    runs.retry(run().id);
    await until(() => count(run()).done === 2, "the second try");
    assert.equal(agent.log.filter((call) => call === "Machine.Start").length, 3);
    runs.close(run().id);
    assert.equal(runs.all.get().length, 0);
});

test("a run over a thousand leaves room for other calls", async () => {
    const { agent, house } = await open(...Array.from({ length: 1000 }, () => "running"));
    const runs = new Runs(house);
    runs.begin(verbOf("suspend"), [...house.machines.get().values()]);
    await house.connection.call("/org/hatago/Host1", "org.hatago.Host1.Machines", "GetStatistics", "a{sv}", [{}]);
    assert.ok(agent.log.filter((call) => call === "Machine.Suspend").length < 100, "it waited for its turn");
    await until(() => count(runs.all.get()[0]!).done === 1000, "all");
});

test("what went well makes way for what comes next; what failed stays until it is closed", async () => {
    const { agent, house } = await open("shutoff", "shutoff");
    const runs = new Runs(house);
    const [one, other] = [...house.machines.get().values()];
    runs.begin(verbOf("start"), [one!, other!]);
    assert.equal(wentWell(runs.all.get()[0]!), false, "it is under way");
    await until(() => count(runs.all.get()[0]!).done === 2, "both");
    assert.equal(wentWell(runs.all.get()[0]!), true);
    agent.refusals.set("Suspend", new Refusal("Busy"));
    runs.begin(verbOf("suspend"), [...house.machines.get().values()]);
    assert.deepEqual(runs.all.get().map(({ verb }) => verb.word), ["suspend"]);
    await until(() => count(runs.all.get()[0]!).failed === 1, "the failure");
    runs.begin(verbOf("resume"), [...house.machines.get().values()]);
    assert.deepEqual(runs.all.get().map(({ verb }) => verb.word), ["suspend", "resume"]);
});

test("dots say that something is asked first", () => {
    assert.deepEqual(["start", "shutdown", "rename", "poweroff", "undefine"].map((id) => labelOf(verbOf(id))),
                     ["Start", "Shut down", "Rename …", "Power off …", "Remove …"]);
});

test("autostart goes with its value, before the options", async () => {
    const { agent, house } = await open("shutoff");
    const [machine] = [...house.machines.get().values()];
    await perform(house, machine!, verbOf("autostart-on"));
    assert.equal(agent.machines.get(machine!.path)!.Autostart, true);
    await perform(house, machine!, verbOf("rename"), { args: ["new"] });
    assert.equal(agent.machines.get(machine!.path)!.Name, "new");
});

test("names are judged as the agent does", async () => {
    const { house } = await open("shutoff", "shutoff");
    const [machine, other] = [...house.machines.get().values()];
    const fault = (name: string) => nameFault(name, machine!, [machine!, other!]);
    for (const good of [machine!.Name, "a b", "旅籠", "-h", "x".repeat(240)])
        assert.equal(fault(good), "", good);
    for (const bad of ["", ".", "..", "a/b", "a\nb", "\u007f", "x".repeat(241), "旅".repeat(81), other!.Name, other!.UUID.toUpperCase()])
        assert.notEqual(fault(bad), "", bad);
});
