// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Sample } from "../../src/bus/contract";
import { Observable } from "../../src/lib/observable";
import { MachineHistory } from "../../src/store/history";
import { KEPT, figures, join, lastSlot, mean, moment, rows, timelineOf, type Timeline } from "../../src/store/series";
import type { Load, Statistics } from "../../src/store/statistics";

const STEP = 5e6;
const cpu = (timeline: Timeline) => timeline.series.CPUPercent;
const told = (slot: number, values: number[]) => timelineOf({ Start: slot * STEP, Step: STEP, Series: { CPUPercent: values } });

test("what the agent does not know is a gap", () => {
    const timeline = told(100, [1, -1, 3]);
    assert.deepEqual(cpu(timeline), [1, null, 3]);
    assert.deepEqual(timeline.series.MemoryUsed, [null, null, null]);
});

test("nothing told is an empty timeline", () => {
    assert.equal(timelineOf({ Start: 0, Step: STEP, Series: { CPUPercent: [] } }).length, 0);
});

test("the newer goes behind the older, with a gap between", () => {
    const both = join(told(100, [1, 2]), told(104, [5]));
    assert.deepEqual(cpu(both), [1, 2, null, null, 5]);
    assert.equal(both.first, 100);
    assert.equal(lastSlot(both), 104);
});

test("where they overlap the newer counts", () => {
    assert.deepEqual(cpu(join(told(100, [1, 2, 3]), told(101, [20, 30, 40]))), [1, 20, 30, 40]);
});

test("the oldest give way, and the rest keep their times", () => {
    const both = join(told(100, Array.from({ length: KEPT }, (_, i) => i)), told(100 + KEPT + 1, [7]));
    assert.equal(both.length, KEPT);
    assert.deepEqual(cpu(both).slice(-3), [KEPT - 1, null, 7]);
    assert.equal(both.first, 102);
    assert.equal(cpu(both)[0], 2);
});

test("another step, or a clock set back, begins anew", () => {
    const other = { ...told(1000, [9]), step: 1e6 };
    assert.equal(join(told(100, [1]), other), other);
    const earlier = told(50, [9]);
    assert.equal(join(told(100, [1]), earlier), earlier);
});

test("figures are those of the known numbers", () => {
    assert.deepEqual(figures([2, null, 4]), { last: 4, mean: 3, most: 4 });
    assert.deepEqual(figures([2, null]), { last: null, mean: 2, most: 2 });
    assert.deepEqual(figures([null]), { last: null, mean: null, most: null });
    assert.deepEqual(mean([{ CPUPercent: 2 }, {}, { CPUPercent: 4, MemoryRSS: 7 }]), { CPUPercent: 3, MemoryRSS: 7 });
});

test("rows begin at full spans, the latest first, and empty ones are left out", () => {
    const table = rows(told(58, [1, 2, ...Array.from({ length: 60 }, () => -1), 9]), 60);
    assert.deepEqual(table.map(({ from }) => from / STEP), [120, 0]);
    assert.equal(table[0]?.figures.CPUPercent.most, 9);
    assert.equal(table[1]?.figures.CPUPercent.mean, 1.5);
    assert.deepEqual(rows(told(0, []), 60), []);
});

/** A history over an agent that answers with what is queued. */
function history(answers: Timeline[], range: "hour" | "day" = "hour") {
    const asked: Record<string, { v: unknown }>[] = [];
    const load = new Observable({ when: 0, machines: new Map() } as unknown as Load);
    const connection = {
        call: (_path: string, _iface: string, _method: string, _type: string, [options]: [Record<string, { v: unknown }>]) => {
            asked.push(options);
            const answer = answers.shift();
            return answer
                ? Promise.resolve([answer.first * answer.step, answer.step, { CPUPercent: cpu(answer).map((value) => value ?? -1) }])
                : Promise.reject(new Error("gone"));
        },
    };
    const statistics = { load, watch: () => () => undefined };
    const made = new MachineHistory(connection as never, statistics as unknown as Statistics, "/m", range);
    const close = made.open();
    const tick = async (slot: number, sample: Sample | null) => {
        load.set({ ...load.get(), when: slot * STEP + 1e6, machines: new Map(sample ? [["/m", sample]] : []) });
        await settle();
    };
    return { made, asked, tick, close };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

test("ticks continue what was read, and nothing is asked for again", async () => {
    const { made, asked, tick, close } = history([told(100, [1, 2])]);
    await settle();
    await tick(102, { CPUPercent: 3 });
    await tick(103, { CPUPercent: 4 });
    assert.deepEqual(cpu(made.timeline.get()!), [1, 2, 3, 4]);
    assert.equal(asked.length, 1);
    close();
    await tick(104, { CPUPercent: 5 });
    assert.equal(made.timeline.get()!.length, 4);
});

test("ticks within one slot are its mean", async () => {
    const { made, tick } = history([told(100, [1])]);
    await settle();
    await tick(101, { CPUPercent: 10 });
    await tick(101.5, { CPUPercent: 20 });
    assert.deepEqual(cpu(made.timeline.get()!), [1, 15]);
});

test("the slot under way goes on from what was read of it, by the samples that are in it", async () => {
    const slots = 24 * STEP;
    const day = (slot: number, values: number[]) => timelineOf({ Start: slot * slots, Step: slots, Series: { CPUPercent: values } });
    const { made, tick, close } = history([day(10, [1, 30]), day(10, [1, 40])], "day");
    await settle();
    // Eleven and a half ticks into it: that one is the twelfth.
    await tick(11 * 24 + 11.3, { CPUPercent: 90 });
    assert.deepEqual(cpu(made.timeline.get()!), [1, (11 * 30 + 90) / 12]);
    await tick(11 * 24 + 12.3, { CPUPercent: 90 });
    assert.deepEqual(cpu(made.timeline.get()!), [1, (11 * 30 + 2 * 90) / 13]);
    // Read anew, that counts.
    close();
    made.open();
    await settle();
    await tick(11 * 24 + 20.3, { CPUPercent: 19 });
    assert.deepEqual(cpu(made.timeline.get()!), [1, (20 * 40 + 19) / 21]);
});

test("after a time without ticks only what was missed is read", async () => {
    const { made, asked, tick } = history([told(100, [1, 2]), told(102, [3, -1, -1, 6])]);
    await settle();
    await tick(105, { CPUPercent: 6 });
    assert.deepEqual(cpu(made.timeline.get()!), [1, 2, 3, null, null, 6]);
    assert.equal(asked[1]?.since?.v, 102 * STEP);
});

test("a machine that is off is not asked about, and an agent that fails is asked again", async () => {
    const { made, asked, tick } = history([]);
    await settle();
    await tick(105, null);
    assert.equal(asked.length, 1);
    await tick(106, { CPUPercent: 1 });
    assert.equal(asked.length, 2);
    assert.equal(made.timeline.get(), null);
});

test("the day is asked for in means", () => {
    const { asked } = history([told(100, [1])], "day");
    assert.equal(asked[0]?.coarse?.v, true);
});

test("a moment knows what its sample does", () => {
    assert.deepEqual(cpu(moment(3, STEP, {})), [null]);
});
