// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Connection } from "../bus/connection";
import { HOST, MACHINES, ROOT, plain, variant, type Sample, type Usage, type Variants } from "../bus/contract";
import { Observable } from "../lib/observable";

/** As often as the agent samples by default. There is no signal of it: who looks asks, once for all machines. */
export const TICK_MS = 5000;
/** What was missed longer than this is asked for again. */
const GAP_MS = 2.5 * TICK_MS;
/** Samples in a sparkline. */
export const HISTORY = 60;

export interface Load {
    /** When the sample was taken, µs since the epoch; 0: there is none. */
    when: number;
    machines: ReadonlyMap<string, Sample>;
    /** The latest of CPUPercent, oldest first, -1 where it was not known. */
    cpu: ReadonlyMap<string, readonly number[]>;
    /** How busy the host's processors are, 0 to 1; null: not known yet. */
    hostCPU: number | null;
    host: Usage | null;
}

export const NOTHING: Load = { when: 0, machines: new Map(), cpu: new Map(), hostCPU: null, host: null };

/** What machines and host take, asked for while somebody looks. */
export class Statistics {
    readonly load = new Observable<Load>(NOTHING);
    private watchers = 0;
    private hostWatchers = 0;
    private timer: ReturnType<typeof setInterval> | null = null;
    /** When the last sample came, by this browser's clock. */
    private heardAt = 0;
    /** What the page asks the agent for first is not to wait for samples. */
    private offered = false;
    private readonly underWay = new Map<string, Promise<void>>();
    private readonly onVisible = () => void this.tick();

    constructor(private readonly connection: Connection) {}

    /** Asks until what is returned is called; host: for the host's own numbers too. */
    watch({ host = false } = {}): () => void {
        this.watchers++;
        this.hostWatchers += host ? 1 : 0;
        if (!this.timer) {
            this.timer = setInterval(() => void this.tick(), TICK_MS);
            cockpit.addEventListener("visibilitychange", this.onVisible);
            void this.tick();
        } else if (host && this.hostWatchers === 1) {
            void this.tick();
        }
        return () => {
            this.hostWatchers -= host ? 1 : 0;
            if (--this.watchers === 0 && this.timer) {
                clearInterval(this.timer);
                this.timer = null;
                cockpit.removeEventListener("visibilitychange", this.onVisible);
            }
        };
    }

    /** The agent has told of its machines. If it is another one than before, its history begins anew. */
    renew(): void {
        this.offered = true;
        this.load.set(NOTHING);
        if (this.watchers > 0)
            void this.tick();
    }

    private async tick(): Promise<void> {
        if (cockpit.hidden || !this.offered)
            return;
        await Promise.all([
            this.once("machines", () => this.readMachines()),
            this.hostWatchers > 0 ? this.once("host", () => this.readHost()) : null,
        ]).catch(() => undefined);
    }

    /** Who asks while the same is asked already shares the answer. */
    private once(what: string, read: () => Promise<void>): Promise<void> {
        const asked = this.underWay.get(what) ?? read().finally(() => this.underWay.delete(what));
        this.underWay.set(what, asked);
        return asked;
    }

    private async readMachines(): Promise<void> {
        const missed = this.load.get().when === 0 || Date.now() - this.heardAt > GAP_MS;
        const options = missed ? { history: variant("u", HISTORY) } : {};
        const [when, told] = await this.connection.call<[number, Record<string, Variants>]>(
            ROOT, MACHINES, "GetStatistics", "a{sv}", [options]);
        const before = this.load.get();
        this.heardAt = Date.now();
        if (when === before.when)
            return;
        const machines = new Map(Object.entries(told).map(([path, values]) => [path, plain(values) as Sample]));
        const cpu = new Map([...machines].map(([path, sample]) =>
            [path, sample.CPUPercentHistory ?? [...before.cpu.get(path) ?? [], sample.CPUPercent ?? -1].slice(-HISTORY)]));
        this.load.set({ ...before, when, machines, cpu });
    }

    private async readHost(): Promise<void> {
        const [values] = await this.connection.call<[Variants]>(ROOT, HOST, "GetUsage", "a{sv}", [{}]);
        const host = plain(values) as Usage;
        const before = this.load.get();
        this.load.set({ ...before, host, hostCPU: busy(before.host, host) ?? before.hostCPU });
    }
}

/** Of what share of the time between two answers the processors worked. */
function busy(before: Usage | null, now: Usage): number | null {
    const worked = (now.CPUTime ?? 0) - (before?.CPUTime ?? 0);
    const idled = (now.CPUIdleTime ?? 0) - (before?.CPUIdleTime ?? 0);
    return before?.CPUTime !== undefined && now.CPUTime !== undefined && worked + idled > 0 ? worked / (worked + idled) : null;
}
