// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node test/bench.mjs [--machines N] [--rounds N] [--json]
// How quick the list is over the stand-in for Cockpit and the agent, in Chromium: until the first rows are there, how long
// its thread works for that (which depends less on what else the machine does), what blocks it while machines change, and
// what it holds after an hour of changes and statistics (an hour of the page's clock).
import { loadavg } from "node:os";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

import { serve } from "./serve.mjs";

const { values } = parseArgs({
    options: {
        machines: { type: "string", default: "1000" }, rounds: { type: "string", default: "7" }, json: { type: "boolean" },
    },
});
const rounds = Number(values.rounds);
const CHANGES_PER_SECOND = 50;
const CHANGES_FOR_S = 10;
const TICK_S = 5;
const TICKS = 720;
const CHANGES_PER_TICK = 10;
const SETTLED_MS = 1000;

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const { server, url } = await serve();
const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--js-flags=--expose-gc"],
});
const address = `${url}?machines=${values.machines}#/machines`;
const opened = async ({ clock = false } = {}) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    // Chromium is busy with the new window itself for a while.
    await page.waitForTimeout(SETTLED_MS);
    if (clock)
        await page.clock.install();
    await page.addInitScript(() => {
        new MutationObserver((_changes, observer) => {
            if (!document.querySelector("tr[data-index]"))
                return;
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(() => { window.rowsAt = performance.now(); }));
        }).observe(document, { childList: true, subtree: true });
    });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" }); // it counts from now on
    await page.goto(address);
    if (clock)
        await page.clock.runFor(1000);
    await page.waitForSelector("tr[data-index]");
    return { page, session };
};

const spread = (times) => ({ median: median(times), least: Math.min(...times), most: Math.max(...times) });

/** Milliseconds from the navigation until the first rows are painted, and of processor time of the page's thread. */
async function firstRows() {
    const times = [], work = [];
    for (let round = 0; round < rounds; round++) {
        const { page, session } = await opened();
        await page.waitForFunction(() => window.rowsAt);
        times.push(await page.evaluate(() => window.rowsAt));
        work.push(await workOf(session));
        await page.close();
    }
    return { ...spread(times), work: spread(work) };
}

async function workOf(session) {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "ThreadTime").value * 1000;
}

/** Tasks of more than 50 ms while machines change. */
async function whileChanging() {
    const { page } = await opened();
    await page.waitForTimeout(1000);
    const seen = await page.evaluate(async ({ perSecond, seconds }) => {
        const tasks = [];
        const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
        observer.observe({ entryTypes: ["longtask"] });
        const paths = [...window.agent.machines.keys()];
        let n = 0;
        await new Promise((resolve) => {
            const timer = setInterval(() => {
                const path = paths[(n * 37) % paths.length];
                window.agent.change(path, n % 2 ? { State: "running", StateReason: "booted" } : { State: "paused", StateReason: "user" });
                if (++n === perSecond * seconds) {
                    clearInterval(timer);
                    setTimeout(resolve, 500);
                }
            }, 1000 / perSecond);
        });
        observer.disconnect();
        return tasks;
    }, { perSecond: CHANGES_PER_SECOND, seconds: CHANGES_FOR_S });
    await page.close();
    return { count: seen.length, longest: Math.max(0, ...seen), total: seen.reduce((sum, one) => sum + one, 0) };
}

/** Bytes of the heap, after a collection of garbage: at first, and after an hour. */
async function anHour() {
    const { page } = await opened({ clock: true });
    const session = await page.context().newCDPSession(page);
    const heap = async () => {
        await session.send("HeapProfiler.collectGarbage");
        await session.send("HeapProfiler.collectGarbage");
        return (await session.send("Runtime.getHeapUsage")).usedSize;
    };
    await page.clock.runFor(60_000);
    const before = await heap();
    for (let tick = 0; tick < TICKS; tick++) {
        await page.evaluate(({ tick, changes }) => {
            const paths = [...window.agent.machines.keys()];
            for (let n = 0; n < changes; n++) {
                const path = paths[(tick * 97 + n * 31) % paths.length];
                const running = (tick + n) % 2 === 0;
                window.agent.change(path, { State: running ? "running" : "paused", StateReason: running ? "unpaused" : "user" });
                window.agent.record(path, running ? "resumed" : "suspended");
            }
            window.agent.log.length = 0;
            window.agent.events.splice(0, Math.max(0, window.agent.events.length - 200));
        }, { tick, changes: CHANGES_PER_TICK });
        await page.clock.runFor(TICK_S * 1000);
    }
    const after = await heap();
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    await page.close();
    return { before, after, nodes };
}

try {
    const rows = await firstRows();
    const busy = await whileChanging();
    const hour = await anHour();
    if (values.json) {
        console.log(JSON.stringify({ machines: Number(values.machines), rows, busy, hour }));
    } else {
        const ms = (value) => `${value.toFixed(0)} ms`;
        const mib = (value) => `${(value / 2 ** 20).toFixed(1)} MiB`;
        console.log(`${values.machines} machines, ${rounds} rounds`);
        console.log(`first rows                ${ms(rows.median)} (${ms(rows.least)} to ${ms(rows.most)}), load ${loadavg()[0].toFixed(1)}`);
        console.log(`work of the page's thread ${ms(rows.work.median)} (${ms(rows.work.least)} to ${ms(rows.work.most)})`);
        console.log(`${CHANGES_PER_SECOND} changes a second      ${busy.count} tasks of more than 50 ms in ${CHANGES_FOR_S} s, the longest ${ms(busy.longest)}`);
        console.log(`heap at first             ${mib(hour.before)}`);
        console.log(`heap after an hour        ${mib(hour.after)}, ${TICKS * CHANGES_PER_TICK} changes, ${TICKS} statistics, ${hour.nodes} elements`);
    }
} finally {
    await browser.close();
    server.close();
}
