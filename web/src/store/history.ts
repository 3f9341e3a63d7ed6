// SPDX-License-Identifier: LGPL-2.1-or-later
// How a machine went over time, while its plots are shown: read once, then continued by the statistics that come anyway.
import type { Connection } from "../bus/connection";
import { MACHINE, variant, type Sample } from "../bus/contract";
import { Observable } from "../lib/observable";
import { SERIES, join, lastSlot, mean, moment, slotOf, timelineOf, type Timeline } from "./series";
import { TICK_MS, type Statistics } from "./statistics";

export type Range = "hour" | "day";

/** So many slots without a tick, and the agent is asked what was there: nobody has looked meanwhile, or the machine was off. */
const MISSED = 3;

export class MachineHistory {
    /** null: not read yet. */
    readonly timeline = new Observable<Timeline | null>(null);
    /** The samples of the latest slot, of which it is the mean. */
    private gathered: Sample[] = [];
    /** Its number; 0: no tick since the last reading. */
    private slot = 0;
    private reading = false;
    private closed = false;

    constructor(private readonly connection: Connection, private readonly statistics: Statistics,
                private readonly path: string, private readonly range: Range) {}

    /** Keeps it up to date until what is returned is called. */
    open(): () => void {
        this.closed = false;
        const unwatch = this.statistics.watch();
        const unfollow = this.statistics.load.follow(() => this.onTick());
        void this.read(0);
        return () => {
            this.closed = true;
            unfollow();
            unwatch();
        };
    }

    private onTick(): void {
        const { when, machines } = this.statistics.load.get();
        const sample = machines.get(this.path);
        const timeline = this.timeline.get();
        if (!sample || this.reading)
            return;
        if (!timeline || timeline.length === 0) {
            void this.read(0);
            return;
        }
        const slot = slotOf(when, timeline.step);
        if (slot - lastSlot(timeline) >= MISSED) {
            void this.read((lastSlot(timeline) + 1) * timeline.step);
            return;
        }
        if (slot !== this.slot)
            this.gathered = slot === lastSlot(timeline) ? read(timeline, when) : [];
        this.slot = slot;
        this.gathered.push(sample);
        this.timeline.set(join(timeline, moment(slot, timeline.step, mean(this.gathered))));
    }

    private async read(since: number): Promise<void> {
        this.reading = true;
        try {
            const [Start, Step, Series] = await this.connection.call<[number, number, Record<string, number[]>]>(
                this.path, MACHINE, "GetHistory", "a{sv}",
                [{ coarse: variant("b", this.range === "day"), ...since ? { since: variant("t", since) } : {} }]);
            if (this.closed)
                return;
            const told = timelineOf({ Start, Step, Series });
            const before = this.timeline.get();
            this.timeline.set(before ? join(before, told) : told);
            this.slot = 0;
        } catch {
            // The machine or the agent is gone; the next tick tries again.
        } finally {
            this.reading = false;
        }
    }
}

/** What was read of the slot that is under way, as the samples of which the agent has made it by now. */
function read({ step, length, series }: Timeline, when: number): Sample[] {
    const sample: Sample = {};
    for (const name of SERIES) {
        const value = series[name][length - 1] ?? null;
        if (value !== null)
            sample[name] = value;
    }
    const count = Math.max(1, Math.floor((when % step) / (TICK_MS * 1000)));
    return Array.from({ length: count }, () => sample);
}
