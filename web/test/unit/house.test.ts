// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { verbs, perform } from "../../src/actions/verbs";
import { IN_FLIGHT } from "../../src/bus/connection";
import { House } from "../../src/store/house";
import { FakeAgent, Refusal } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

const verb = (word: string) => verbs.find((one) => one.word === word)!;

async function until(condition: () => boolean, what: string): Promise<void> {
    const end = Date.now() + 3000;
    while (!condition()) {
        assert.ok(Date.now() < end, `never: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

async function open(agent: FakeAgent, options = {}): Promise<House> {
    Object.assign(globalThis, { cockpit: makeCockpit(agent, options) });
    const house = new House();
    house.open();
    await until(() => house.link.get().state === "ready", "ready");
    return house;
}

function inn(count: number): FakeAgent {
    const agent = new FakeAgent();
    for (let n = 0; n < count; n++)
        agent.addMachine();
    return agent;
}

test("a thousand machines are there after five calls", async () => {
    const agent = inn(1000);
    const house = await open(agent);
    assert.equal(house.machines.get().size, 1000);
    assert.ok(agent.log.length <= 5 + 2, agent.log.join()); // two more that no list waits for
    assert.deepEqual(agent.log.slice(0, 4).sort(), ["Machines.Query", "Manager.ListJobs", "Manager.Subscribe", "Properties.GetAll"]);
});

test("what others change shows by signals, and many at once as one change", async () => {
    const agent = inn(100);
    const house = await open(agent);
    let renders = 0;
    house.machines.follow(() => renders++);
    const paths = [...agent.machines.keys()];
    for (const path of paths)
        agent.change(path, { State: "running" });
    agent.vanish(paths[0]!);
    const late = agent.appear({ Name: "late" });
    await until(() => house.machines.get().has(late), "the new one");
    const machines = house.machines.get();
    assert.equal(machines.size, 100);
    assert.equal(machines.get(paths[1]!)?.State, "running");
    assert.ok(renders <= 3, `${renders} times`);
});

test("objects that did not change stay the same", async () => {
    const agent = inn(3);
    const house = await open(agent);
    const [first, second] = [...house.machines.get().keys()] as [string, string];
    const before = house.machines.get();
    agent.change(first, { State: "paused" });
    await until(() => house.machines.get() !== before, "a change");
    assert.equal(house.machines.get().get(second), before.get(second));
    assert.equal(before.get(first)?.State, "shutoff");
});

test("a lost agent is said, what was known stays, and its next run is read anew", async () => {
    const agent = inn(2);
    const house = await open(agent);
    agent.die();
    await until(() => house.link.get().state === "lost", "lost");
    assert.equal(house.machines.get().size, 2);
    agent.addMachine({ Name: "meanwhile" });
    agent.live();
    await until(() => house.link.get().state === "ready", "ready again");
    assert.equal(house.machines.get().size, 3);
});

test("a verb with a job ends when the job does", async () => {
    const agent = inn(1);
    const house = await open(agent);
    const [machine] = [...house.machines.get().values()];
    await perform(house, machine!, verb("start"));
    await until(() => house.machines.get().get(machine!.path)?.State === "running", "running");
});

test("a job that fails says why, by name", async () => {
    const agent = inn(1);
    const house = await open(agent);
    const [machine] = [...house.machines.get().values()];
    agent.refusals.set("start", new Refusal("NetworkInactive", "network 'default' is not active"));
    await assert.rejects(perform(house, machine!, verb("start")), { name: "NetworkInactive", message: "network 'default' is not active" });
});

test("a job is not lost when its agent is", async () => {
    const agent = inn(1);
    const house = await open(agent);
    const [machine] = [...house.machines.get().values()];
    const started = perform(house, machine!, verb("start"));
    started.catch(() => undefined);
    await until(() => agent.jobs.size === 1, "the job");
    agent.jobs.clear();
    agent.endJob = () => undefined;
    agent.die();
    agent.live();
    await assert.rejects(started, { name: "Interrupted" });
});

test("no more calls are under way than agreed", async () => {
    const agent = inn(1);
    const house = await open(agent);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { client } = house.connection as unknown as { client: cockpit.DBusClient };
    const real = client.call.bind(client);
    let now = 0, most = 0;
    client.call = async (...args) => {
        most = Math.max(most, ++now);
        try {
            return await real(...args);
        } finally {
            now--;
        }
    };
    const [path] = [...agent.machines.keys()];
    await Promise.all(Array.from({ length: 100 }, () => house.connection.call(path!, "org.hatago.Host1.Machine", "GetXML", "a{sv}", [{}])));
    assert.equal(most, IN_FLIGHT);
});

test("details come for the machine whose page is open, and follow what is only invalidated", async () => {
    const agent = inn(2);
    const house = await open(agent);
    const [path, other] = [...agent.machines.keys()] as [string, string];
    const leave = house.details.keep(path);
    await until(() => house.machines.get().get(path)?.Disks?.length === 1, "disks");
    agent.change(path, { Disks: [] });
    await until(() => house.machines.get().get(path)?.Disks?.length === 0, "no disks");
    assert.equal(house.machines.get().get(other)?.Disks, undefined);
    leave();
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

test("what happens while the page reads is not lost", async () => {
    const agent = inn(2);
    const [first] = [...agent.machines.keys()] as [string];
    agent.startJob("save", first, () => undefined, 10_000);
    const opening = open(agent, { delay: 10, slow: "ListJobs" });
    await new Promise((resolve) => setTimeout(resolve, 35)); // Query has answered, ListJobs has not
    agent.change(first, { State: "running" });
    const late = agent.appear({ Name: "late" });
    const house = await opening;
    await settled();
    assert.equal(house.machines.get().get(first)?.State, "running");
    assert.ok(house.machines.get().has(late));
    assert.equal(house.jobs.all.get().size, 1);
});

test("a job that ends while jobs are read has ended", async () => {
    const agent = inn(1);
    const [first] = [...agent.machines.keys()] as [string];
    const job = agent.startJob("save", first, () => undefined, 10_000);
    const opening = open(agent, { delay: 10 });
    await until(() => agent.log.includes("Manager.ListJobs"), "asked for jobs");
    agent.endJob(job);
    const house = await opening;
    await settled();
    assert.deepEqual([...house.jobs.all.get().values()].filter(({ State }) => State === "running"), []);
});

test("a new run of the agent that has read nothing yet takes nothing away", async () => {
    const agent = inn(3);
    const house = await open(agent);
    const [first, second] = [...agent.machines.keys()] as [string, string];
    const least: number[] = [];
    house.machines.follow(() => least.push(house.machines.get().size));
    agent.die();
    await until(() => house.link.get().state === "lost", "lost");
    agent.liveUnready();
    await until(() => house.link.get().state === "ready", "ready again");
    assert.equal(house.agent.get()?.Ready, false);
    assert.equal(house.machines.get().size, 3);
    agent.haveRead();
    agent.machines.delete(second); // gone while the agent was
    await until(() => house.machines.get().size === 2, "the one that is gone");
    assert.ok(house.machines.get().has(first));
    assert.equal(Math.min(...least), 2);
});

test("an agent that does not come is said", async () => {
    const agent = inn(1);
    agent.owner = null;
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const house = new House();
    house.open();
    await until(() => house.link.get().state === "lost", "lost");
    assert.equal(house.link.get().error?.name, "org.freedesktop.DBus.Error.ServiceUnknown");
    agent.live();
    await until(() => house.link.get().state === "ready", "ready");
});

test("a connection that Cockpit closes is said with its reason", () => {
    const agent = inn(1);
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const house = new House();
    house.open();
    const { client } = house.connection as unknown as { client: cockpit.DBusClient };
    client.onclose?.(new Event("close"), { problem: "access-denied" });
    assert.equal(house.link.get().state, "lost");
    assert.equal(house.link.get().error?.name, "access-denied");
    house.connection.close();
});

test("who waits for a job hears of its end though its beginning was missed", async () => {
    const agent = inn(1);
    const house = await open(agent);
    const waited = house.jobs.wait("/org/hatago/Host1/jobs/77");
    house.jobs.ended("/org/hatago/Host1/jobs/77", "failed", "org.hatago.Host1.Error.NoMemory", "none left");
    await assert.rejects(waited, { name: "NoMemory" });
});

test("a machine that goes and comes at once has its details again", async () => {
    const agent = inn(1);
    const house = await open(agent);
    const [path] = [...agent.machines.keys()] as [string];
    const { UUID } = agent.machines.get(path)!;
    const leave = house.details.keep(path);
    await until(() => house.machines.get().get(path)?.Disks !== undefined, "disks");
    agent.vanish(path);
    assert.equal(agent.appear({ UUID }), path);
    await until(() => house.machines.get().get(path)?.Disks !== undefined && agent.log.filter((call) => call === "Properties.Get").length > 3, "disks again");
    await settled();
    assert.ok(house.machines.get().get(path)?.Disks);
    leave();
});

test("nobody sees the page: the agent is not asked to look", async () => {
    const agent = inn(1);
    const seen = makeCockpit(agent);
    seen.hidden = true;
    Object.assign(globalThis, { cockpit: seen });
    const house = new House();
    house.open();
    await until(() => house.link.get().state === "ready", "ready");
    assert.ok(!agent.log.includes("Manager.Subscribe"));
    seen.hidden = false;
    seen.dispatch("visibilitychange");
    await until(() => agent.log.includes("Manager.Subscribe"), "asked to look");
});

test("who looks at statistics together asks once, and after a pause for what was missed", async () => {
    const agent = inn(2);
    const asked: unknown[] = [];
    const real = agent.call.bind(agent);
    agent.call = (path, iface, method, args) => {
        if (method === "GetStatistics")
            asked.push(Object.keys(args[0] as object));
        return real(path, iface, method, args);
    };
    const house = await open(agent);
    const leave = [house.statistics.watch(), house.statistics.watch(), house.statistics.watch({ host: true })];
    await settled();
    assert.deepEqual(asked, [["history"]]);
    leave.forEach((stop) => stop());
    const now = Date.now;
    Date.now = () => now() + 60_000;
    try {
        house.statistics.watch()();
        await settled();
    } finally {
        Date.now = now;
    }
    assert.deepEqual(asked, [["history"], ["history"]]);
});

test("a list that is shown before its machines are told of asks for statistics after them", async () => {
    const agent = inn(2);
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const house = new House();
    house.open();
    const leave = house.statistics.watch();
    await until(() => agent.log.includes("Machines.GetStatistics"), "asked");
    assert.ok(agent.log.indexOf("Machines.Query") < agent.log.indexOf("Machines.GetStatistics"), agent.log.join());
    await settled();
    assert.equal(agent.log.filter((call) => call === "Machines.GetStatistics").length, 1);
    leave();
});

test("an agent that was stopped stays so, until somebody wants it", async () => {
    const agent = inn(1);
    const house = await open(agent);
    await settled();
    agent.die();
    await until(() => house.link.get().state === "lost", "lost");
    agent.owner = ":1.99"; // what a call would have the bus do
    const before = agent.log.length;
    house.statistics.watch()();
    await assert.rejects(house.connection.call("/org/hatago/Host1", "org.hatago.Host1.Manager", "ListJobs", "a{sv}", [{}]), { name: "disconnected" });
    await settled();
    assert.equal(agent.log.length, before);
    await house.start();
    assert.deepEqual(agent.log.slice(before), ["Peer.Ping"]);
});

test("events are unknown until they are read, not none", async () => {
    const agent = inn(1);
    agent.record([...agent.machines.keys()][0]!, "started");
    Object.assign(globalThis, { cockpit: makeCockpit(agent, { delay: 20 }) });
    const house = new House();
    const seen: (number | undefined)[] = [];
    house.link.follow(() => seen.push(house.events.get()?.length));
    house.events.follow(() => seen.push(house.events.get()?.length));
    house.open();
    await until(() => house.events.get() !== null, "events");
    assert.deepEqual(seen, [undefined, 1]);
});

test("a job that another run of the agent has adopted is there, and can be canceled as soon as that can", async () => {
    const agent = inn(1);
    const [machine] = [...agent.machines.keys()];
    const house = await open(agent);
    const path = agent.newJob("shutdown", machine!);
    await until(() => house.jobs.all.get().has(path), "the job");
    agent.die();
    await until(() => house.link.get().state === "lost", "lost");
    Object.assign(agent.jobs.get(path)!, { Cancelable: false });
    agent.liveUnready();
    await until(() => house.jobs.all.get().get(path)?.Cancelable === false, "what the other run tells of it");
    agent.changeJob(path, { Cancelable: true });
    await until(() => house.jobs.all.get().get(path)?.Cancelable === true, "Cancel");
    agent.haveRead();
    await settled();
    assert.equal(house.jobs.all.get().get(path)?.Cancelable, true);
});
