// SPDX-License-Identifier: LGPL-2.1-or-later
// A verb done to many machines, and what became of each.
import type { Machine, Variants } from "../bus/contract";
import { BusError, asBusError } from "../bus/errors";
import { Observable } from "../lib/observable";
import type { House } from "../store/house";
import { request, type Verb } from "./verbs";

export interface Deed {
    readonly path: string;
    readonly uuid: string;
    readonly name: string;
    readonly state: "under-way" | "done" | "failed" | "needless";
    readonly error?: BusError;
}

export interface Run {
    readonly id: number;
    readonly verb: Verb;
    readonly options: Variants;
    readonly deeds: readonly Deed[];
}

/** Calls of one run at once: the connection's other places are for what else the page asks. Jobs are not counted. */
const AT_ONCE = 8;

export function count(run: Run): Record<Deed["state"], number> {
    const counts = { "under-way": 0, "done": 0, "failed": 0, "needless": 0 };
    for (const { state } of run.deeds)
        counts[state]++;
    return counts;
}

/** Nothing is under way, and nothing failed. */
export function wentWell(run: Run): boolean {
    const counts = count(run);
    return counts["under-way"] === 0 && counts.failed === 0;
}

export class Runs {
    readonly all = new Observable<readonly Run[]>([]);
    private last = 0;
    /** Results that wait to be shown together. */
    private readonly results = new Map<number, Map<string, Deed>>();

    constructor(private readonly house: House) {}

    /** Does it to all; what is needless for a machine is not asked for. What went well before is no news any more. */
    begin(verb: Verb, machines: readonly Machine[], options: Variants = {}): void {
        const deeds = machines.map((machine): Deed => ({
            path: machine.path, uuid: machine.UUID, name: machine.Name, state: verb.offered(machine) ? "under-way" : "needless",
        }));
        const run = { id: ++this.last, verb, options, deeds };
        this.all.set([...this.all.get().filter((one) => !wentWell(one)), run]);
        void this.carryOut(run, deeds.filter(({ state }) => state === "under-way"));
    }

    /** Those that failed once more. */
    retry(id: number): void {
        const run = this.all.get().find((one) => one.id === id);
        if (!run)
            return;
        const again = run.deeds.filter(({ state }) => state === "failed").map(({ path, uuid, name }): Deed =>
            ({ path, uuid, name, state: "under-way" }));
        for (const deed of again)
            this.tell(id, deed);
        void this.carryOut(run, again);
    }

    close(id: number): void {
        this.all.set(this.all.get().filter((run) => run.id !== id));
    }

    private async carryOut(run: Run, deeds: readonly Deed[]): Promise<void> {
        const waiting = [...deeds];
        const work = async () => {
            for (let deed = waiting.shift(); deed; deed = waiting.shift())
                await this.ask(run, deed);
        };
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, work));
    }

    /** Resolves when the agent has taken it; its end is told later. */
    private async ask(run: Run, deed: Deed): Promise<void> {
        const failed = (thrown: unknown) => this.tell(run.id, { ...deed, state: "failed", error: asBusError(thrown) });
        const done = () => this.tell(run.id, { ...deed, state: "done" });
        try {
            const machine = this.house.machines.get().get(deed.path);
            if (!machine)
                throw new BusError("NoSuchMachine", "it is gone", { machine: deed.name });
            const job = await request(this.house, machine, run.verb, { options: run.options });
            if (job)
                this.house.jobs.wait(job).then(done, failed);
            else
                done();
        } catch (thrown) {
            failed(thrown);
        }
    }

    private tell(id: number, deed: Deed): void {
        const results = this.results.get(id) ?? new Map<string, Deed>();
        results.set(deed.path, deed);
        this.results.set(id, results);
        if (results.size === 1)
            setTimeout(() => this.show(id), 50);
    }

    private show(id: number): void {
        const results = this.results.get(id);
        this.results.delete(id);
        if (results)
            this.all.set(this.all.get().map((run) =>
                run.id === id ? { ...run, deeds: run.deeds.map((deed) => results.get(deed.path) ?? deed) } : run));
    }
}
