// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { checkAgain, fix } from "../../src/actions/host";
import type { Agent, Check, Job, Machine } from "../../src/bus/contract";
import { BusError } from "../../src/bus/errors";
import { healthOf } from "../../src/overview/health";
import { busiest, countGroups, machinesLine, hostMemoryUse, processorUse } from "../../src/overview/numbers";
import { bannerOf } from "../../src/shell/banner";
import { pageStatus, tellHealth } from "../../src/shell/health";
import { ordered, progressText, resultText, subjects } from "../../src/shell/job-words";
import { House } from "../../src/store/house";
import type { Load } from "../../src/store/statistics";
import { FakeAgent, Refusal } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

const GIB = 2 ** 30;
const inn = { CPUs: 4, Memory: 8 * GIB, Ready: true, Connected: true, ConnectionError: "" } as Agent;

function machines(...all: Partial<Machine>[]): Map<string, Machine> {
    return new Map(all.map((values, i) => [`/m/${i}`, { path: `/m/${i}`, Name: `vm${i}`, State: "running", VCPUs: 2, Memory: GIB, ...values } as Machine]));
}

function load(values: Partial<Load>): Load {
    return { when: 1, machines: new Map(), cpu: new Map(), hostCPU: null, host: null, ...values };
}

const check = (Id: string, Result: Check["Result"]): Check => ({ path: `/checks/${Id}`, Id, Result } as Check);
const checks = (...all: Check[]) => new Map(all.map((one) => [one.path, one]));

beforeEach(() => {
    Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });
});

async function until(condition: () => boolean, what: string): Promise<void> {
    const end = Date.now() + 3000;
    while (!condition()) {
        assert.ok(Date.now() < end, `never: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

async function open(agent: FakeAgent): Promise<House> {
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const house = new House();
    house.open();
    await until(() => house.link.get().state === "ready", "ready");
    return house;
}

test("machines are counted as the list filters them", () => {
    const counts = countGroups(machines({ State: "running" }, { State: "blocked" }, { State: "pmsuspended" }, { State: "crashed" }, { State: "unknown" }, { State: "shutoff" }));
    assert.deepEqual(counts, { on: 2, paused: 1, off: 1, crashed: 1, other: 1 });
});

test("what machines take of the processors is a part of what the host does", () => {
    const sampled = new Map([["/m/0", { CPUPercent: 100 }], ["/m/1", { CPUPercent: 60 }]]);
    const all = machines({}, {}, { State: "shutoff", VCPUs: 8 });
    assert.deepEqual(processorUse(inn, all, load({ machines: sampled, hostCPU: 0.5 })), { used: 0.5, machines: 0.4, given: 4 });
    assert.deepEqual(processorUse(inn, all, load({ machines: sampled, hostCPU: 0.3 })), { used: 0.3, machines: 0.3, given: 4 });
    assert.deepEqual(processorUse(inn, all, load({ machines: sampled })), { used: null, machines: 0.4, given: 4 });
    assert.deepEqual(processorUse(inn, all, load({ when: 0 })), { used: null, machines: null, given: 4 });
});

test("memory that machines hold is a part of what is used, and what they were given is told", () => {
    const use = hostMemoryUse(inn, machines({}, { Memory: 10 * GIB }, { State: "crashed" }),
                          load({ machines: new Map([["/m/0", { MemoryRSS: 2 * GIB }]]), host: { MemoryAvailable: 4 * GIB } }));
    assert.deepEqual(use, { used: 0.5, machines: 0.25, given: 11 * GIB });
    assert.equal(hostMemoryUse(inn, machines(), load({})).used, null);
});

test("the line of all machines ends now for each of them, and has gaps where nothing was known", () => {
    const cpu = new Map([["/m/0", [-1, 100, 200]], ["/m/1", [200]]]);
    assert.deepEqual(machinesLine(inn, load({ cpu })), [-1, 0.25, 1]);
});

test("the busiest come first; those that are gone, or were not measured, do not", () => {
    const sampled = new Map([["/m/0", { CPUPercent: 3 }], ["/m/1", { CPUPercent: 80 }], ["/m/2", {}], ["/m/9", { CPUPercent: 99 }]]);
    assert.deepEqual(busiest(machines({}, {}, {}), load({ machines: sampled }), 5).map(({ machine }) => machine.Name), ["vm1", "vm0"]);
});

test("what failed comes before warnings, each in the order of the tool", () => {
    const health = healthOf(checks(check("ksm", "warn"), check("default-network", "fail"), check("kvm-device", "fail"), check("clock", "skip"), check("tun", "pass")));
    assert.deepEqual(health.wrong.map(({ Id }) => Id), ["kvm-device", "default-network", "ksm"]);
    assert.deepEqual([health.failed, health.warned, health.passed.length, health.skipped.length], [2, 1, 1, 1]);
});

test("Cockpit's menu says the worst there is", () => {
    const ready = { state: "ready" } as const;
    assert.equal(pageStatus(ready, inn, checks(check("tun", "pass"), check("clock", "skip"))), null);
    assert.deepEqual(pageStatus(ready, inn, checks(check("tun", "warn"), check("ksm", "warn"))), { type: "warning", title: "2 warnings about the host" });
    assert.deepEqual(pageStatus(ready, inn, checks(check("tun", "warn"), check("ksm", "fail"))), { type: "error", title: "1 check of the host failed" });
    assert.equal(pageStatus(ready, { ...inn, Connected: false }, checks(check("tun", "warn")))?.title, "libvirt does not answer.");
    assert.equal(pageStatus({ state: "lost" }, inn, checks())?.type, "error");
    assert.equal(pageStatus({ state: "connecting" }, null, checks(check("ksm", "fail"))), null);
});

test("Cockpit's menu follows the checks, and is told nothing twice", async () => {
    const agent = new FakeAgent();
    agent.addCheck({ Id: "tun", Result: "fail", Reason: "missing" });
    const fake = makeCockpit(agent);
    const told: unknown[] = [];
    Object.assign(fake, { transport: { control: (command: string, options: { page_status: unknown }) => told.push([command, options.page_status]) } });
    Object.assign(globalThis, { cockpit: fake });
    const house = new House();
    tellHealth(house);
    house.open();
    await until(() => told.length === 2, "the failure");
    assert.deepEqual(told, [["notify", null], ["notify", { type: "error", title: "1 check of the host failed" }]]);
    const [path] = [...agent.checks.keys()];
    agent.changeCheck(path!, { Value: "other" });
    agent.changeCheck(path!, { Result: "warn" });
    await until(() => told.length === 3, "the warning");
    agent.changeCheck(path!, { Result: "pass" });
    await until(() => told.length === 4, "all is well");
    assert.deepEqual(told.slice(2), [["notify", { type: "warning", title: "1 warning about the host" }], ["notify", null]]);
});

test("an agent that stays away is told of after five seconds, however often it is asked meanwhile", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const titles: unknown[] = [];
    Object.assign(cockpit, { transport: { control: (_command: string, { page_status: status }: { page_status: { title: string } | null }) =>
        titles.push(status && status.title) } });
    const house = new House();
    house.agent.set(inn);
    house.link.set({ state: "ready" });
    tellHealth(house);
    const lost = (times: number) => {
        for (let i = 0; i < times; i++) {
            house.link.set({ state: "lost", error: new BusError("Timeout", "no") });
            context.mock.timers.tick(2000);
        }
    };
    lost(2);
    house.link.set({ state: "ready" });
    lost(2);
    assert.deepEqual(titles, [null]);
    lost(1);
    assert.deepEqual(titles, [null, "The service hatagod does not answer."]);
    house.link.set({ state: "ready" });
    assert.equal(titles.at(-1), null);
});

test("the banner says who is gone, and offers a start only where nobody owns the name", () => {
    const error = new BusError("not-found", "no");
    const gone = bannerOf({ state: "lost", error }, inn, null);
    assert.deepEqual([gone?.about, gone?.offersStart], ["agent", true]);
    assert.match(gone?.text ?? "", /not installed here.*\n.* may be old\.$/);
    assert.equal(bannerOf({ state: "lost", error: new BusError("NotReady", "x") }, inn, ":1.7")?.offersStart, false);
    assert.doesNotMatch(bannerOf({ state: "lost" }, null, null)?.text ?? "", /old/);
    const libvirt = bannerOf({ state: "ready" }, { ...inn, Connected: false, ConnectionError: "Connection refused" }, ":1.7");
    assert.deepEqual([libvirt?.about, libvirt?.offersStart], ["libvirt", false]);
    assert.match(libvirt?.text ?? "", /^Connection refused/);
    assert.equal(bannerOf({ state: "ready" }, { ...inn, Ready: false, Connected: false }, ":1.7"), null, "it is being read");
    assert.ok(bannerOf({ state: "ready" }, { ...inn, Ready: false, Connected: false, ConnectionError: "no" }, ":1.7"));
    assert.equal(bannerOf({ state: "ready" }, inn, ":1.7"), null);
    assert.equal(bannerOf({ state: "connecting" }, null, null), null);
});

test("a remedy is applied and taken back, and the checks show it", async () => {
    const agent = new FakeAgent();
    agent.addCheck({ Id: "tun", Result: "warn", Reason: "missing", Fixable: true });
    const house = await open(agent);
    await until(() => house.checks.get().size === 1, "the check");
    const now = () => [...house.checks.get().values()][0]!;
    await fix(house, now(), false);
    await until(() => now().Result === "pass", "mended");
    await fix(house, now(), true);
    await until(() => now().Result === "warn" && !now().Undoable, "taken back");
    agent.refusals.set("Fix", new Refusal("FixFailed", "the unit failed"));
    await assert.rejects(fix(house, now(), false), { name: "FixFailed" });
    await checkAgain(house);
    assert.ok(agent.log.includes("Validation.Run"));
});

test("an agent without the plugin for checks is not a lost one", async () => {
    const agent = new FakeAgent();
    agent.addMachine();
    const call = agent.call.bind(agent);
    agent.call = (path, iface, method, args) => {
        if (iface.endsWith("Validation") || method === "ListEvents")
            throw new Refusal("org.freedesktop.DBus.Error.UnknownMethod", "no such interface");
        return call(path, iface, method, args);
    };
    const house = await open(agent);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(house.link.get().state, "ready");
    assert.equal(house.machines.get().size, 1);
});

test("jobs: those that run first, with progress, what they work on, and how they ended", async () => {
    const agent = new FakeAgent();
    const machine = agent.addMachine({ Name: "web" });
    const house = await open(agent);
    const job = (values: Partial<Job>): Job => ({
        path: `/jobs/${values.Id}`, Id: 1, Operation: "save", Objects: [machine], State: "running", Result: "", ErrorName: "", ErrorMessage: "",
        ErrorArguments: {}, StartedAt: 1, EndedAt: 0, StartedByUID: 0, Cancelable: true, Progress: 0, ProgressValid: false, Bytes: 0, BytesTotal: 0,
        Rate: 0, ExpectedEnd: 0, ...values,
    });
    const all = [job({ Id: 1 }), job({ Id: 2, State: "ended", Result: "done", StartedAt: 9 }), job({ Id: 3, StartedAt: 5 })];
    assert.deepEqual(ordered(new Map(all.map((one) => [one.path, one]))).map(({ Id }) => Id), [3, 1, 2]);
    assert.deepEqual(subjects(house, all[0]!).map(({ name }) => name), ["web"]);
    assert.deepEqual(subjects(house, job({ Objects: ["/gone"] })), []);
    const saving = { ProgressValid: true, Progress: 0.426, Bytes: GIB, BytesTotal: 2 * GIB, Rate: 2 ** 20 };
    assert.equal(progressText(job(saving)), "42 %, 1 GiB of 2 GiB, 1 MiB/s");
    assert.equal(progressText(job({ ...saving, ExpectedEnd: (Date.now() + 90_400) * 1000 })), "42 %, 1 GiB of 2 GiB, 1 MiB/s, 1 min 30 sec left");
    assert.equal(progressText(job({ ExpectedEnd: (Date.now() - 1000) * 1000 })), "");
    assert.equal(progressText(job({})), "");
    assert.equal(resultText(job({ State: "ended", Result: "failed", ErrorName: "org.hatago.Host1.Error.NetworkInactive", ErrorArguments: { network: "lan" } })),
                 "The network 'lan' is not active.");
    assert.equal(resultText(job({ State: "ended", Result: "canceled" })), "canceled");
});
