// SPDX-License-Identifier: LGPL-2.1-or-later
// The state of the whole page: what the agent has told, kept true by its signals. Data flows one way: bus, tables, components.
import { Connection } from "../bus/connection";
import {
    CHECK, CHECK_PROPERTIES, HOST, JOB, MACHINE, MACHINES, MANAGER, NAME, OBJECTS, PROPERTIES, ROOT, SUMMARY, VALIDATION, plain,
    type Agent, type Check, type Job, type Machine, type MachineEvent, type Variants,
} from "../bus/contract";
import { asBusError, type BusError } from "../bus/errors";
import { Observable } from "../lib/observable";
import { Details } from "./details";
import { Jobs } from "./jobs";
import { Rights } from "./rights";
import { Statistics } from "./statistics";
import { Table } from "./table";

/** How many of the latest events are kept. */
const EVENTS = 200;
/** A reading that failed though the agent is there is tried again. */
const AGAIN_MS = 2000;

/**
 * connecting: the page has just opened; ready: everything is told by signals; lost: the agent is gone (what was last known is
 * still shown), or never came: error says why.
 */
export interface Link {
    state: "connecting" | "ready" | "lost";
    error?: BusError;
}

export class House {
    readonly link = new Observable<Link>({ state: "connecting" });
    /** The agent itself and its host; null: not read yet. */
    readonly agent = new Observable<Agent | null>(null);
    readonly events = new Observable<readonly MachineEvent[]>([]);
    readonly connection: Connection;
    readonly jobs: Jobs;
    readonly statistics: Statistics;
    readonly details: Details;
    readonly rights: Rights;

    private readonly machineTable = new Table<Machine>();
    private readonly checkTable = new Table<Check>();
    /** Counts readings, so that a late answer of an older one is known. */
    private reading = 0;

    readonly machines = this.machineTable.rows;
    readonly checks = this.checkTable.rows;

    constructor() {
        this.connection = new Connection((...signal) => this.onSignal(...signal));
        this.jobs = new Jobs(this.connection);
        this.statistics = new Statistics(this.connection);
        this.details = new Details(this.connection, this.machineTable);
        this.rights = new Rights(this.connection);
        this.connection.owner.follow(() => this.onOwner());
    }

    open(): void {
        this.connection.open();
    }

    /** Asks for the agent, which starts it where it does not run. */
    retry(): void {
        void this.read();
    }

    private onOwner(): void {
        if (this.connection.owner.get()) {
            void this.read();
        } else {
            this.reading++;
            this.link.set({ state: "lost" });
        }
    }

    /**
     * Reads all anew: the agent, its machines and its jobs are what a page needs first. Signals that come meanwhile belong to
     * what is already there; what is read is as new as they are, since agent and bus keep the order.
     */
    private async read(): Promise<void> {
        const reading = ++this.reading;
        const { connection } = this;
        try {
            const [agent, , machines] = await Promise.all([
                connection.call<[Variants]>(ROOT, PROPERTIES, "GetAll", "s", [""]),
                connection.call(ROOT, MANAGER, "Subscribe", "a{sv}", [{}]),
                connection.call<[Record<string, Variants>]>(ROOT, MACHINES, "Query", "asa{sv}", [SUMMARY, {}]),
                this.jobs.read(),
            ]);
            if (reading !== this.reading)
                return;
            this.agent.set(plain(agent[0]) as unknown as Agent);
            this.machineTable.replace(Object.entries(machines[0]).map(([path, values]) =>
                ({ ...this.machineTable.get(path), ...plain(values), path }) as Machine));
            this.link.set({ state: "ready" });
            this.details.renew();
            this.rights.forget();
            this.statistics.renew();
            await this.readRest(reading);
        } catch (thrown) {
            if (reading !== this.reading)
                return;
            this.link.set({ state: "lost", error: asBusError(thrown) });
            if (this.connection.owner.get())
                setTimeout(() => reading === this.reading && void this.read(), AGAIN_MS);
        }
    }

    /** What no list waits for. */
    private async readRest(reading: number): Promise<void> {
        const [checks, events] = await Promise.all([
            this.ifOffered(this.connection.call<[Record<string, Variants>]>(
                ROOT, VALIDATION, "Query", "asa{sv}", [CHECK_PROPERTIES, {}]), [{}]),
            this.ifOffered(this.connection.call<[[number, string, string, string, string][]]>(
                ROOT, MACHINES, "ListEvents", "a{sv}", [{ limit: { t: "u", v: EVENTS } }]), [[]]),
        ]);
        if (reading !== this.reading)
            return;
        this.checkTable.replace(Object.entries(checks[0]).map(([path, values]) => ({ ...plain(values), path }) as Check));
        this.events.set(events[0].map(asEvent));
    }

    /** The answer; nothing of an agent that is older, or has no plugin for it: the package hatago-host can be left out. */
    private async ifOffered<T>(call: Promise<T>, nothing: T): Promise<T> {
        return call.catch((thrown: unknown) => {
            if (/\.Unknown(Method|Interface)$/.test(asBusError(thrown).name))
                return nothing;
            throw thrown;
        });
    }

    private onSignal(path: string, iface: string, member: string, args: unknown[]): void {
        if (iface === PROPERTIES && member === "PropertiesChanged") {
            const [of, changed, invalidated] = args as [string, Variants, string[]];
            this.onChanged(path, of, plain(changed), invalidated);
        } else if (iface === OBJECTS && member === "InterfacesAdded") {
            const [object, interfaces] = args as [string, Record<string, Variants>];
            this.onAdded(object, interfaces);
        } else if (iface === OBJECTS && member === "InterfacesRemoved") {
            const [object, interfaces] = args as [string, string[]];
            this.onRemoved(object, interfaces);
        } else if (iface === MANAGER && member === "JobRemoved") {
            const [job, result, error, message] = args as [string, Job["Result"], string, string];
            this.jobs.ended(job, result, error, message);
        } else if (iface === MACHINES && member === "EventRecorded") {
            this.events.set([...this.events.get().slice(1 - EVENTS), asEvent(args as [number, string, string, string, string])]);
        }
    }

    private onChanged(path: string, iface: string, changed: Record<string, unknown>, invalidated: string[]): void {
        if (path === ROOT && (iface === MANAGER || iface === VALIDATION || iface === HOST)) {
            const agent = this.agent.get();
            if (agent)
                this.agent.set({ ...agent, ...changed });
        } else if (iface === MACHINE || iface.startsWith(MACHINE + ".")) {
            this.machineTable.change(path, changed);
            this.details.invalidated(path, invalidated);
        } else if (iface === CHECK) {
            this.checkTable.change(path, changed);
        } else if (iface === JOB) {
            this.jobs.changed(path, changed);
        }
    }

    private onAdded(path: string, interfaces: Record<string, Variants>): void {
        const values: Record<string, unknown> = {};
        for (const [name, properties] of Object.entries(interfaces))
            if (name.startsWith(NAME))
                Object.assign(values, plain(properties));
        if (MACHINE in interfaces)
            this.machineTable.add({ ...values, path } as Machine);
        else if (CHECK in interfaces)
            this.checkTable.add({ ...values, path } as Check);
        else if (JOB in interfaces)
            this.jobs.added({ ...values, path } as Job);
    }

    private onRemoved(path: string, interfaces: string[]): void {
        if (interfaces.includes(MACHINE))
            this.machineTable.remove(path);
        else if (interfaces.includes(CHECK))
            this.checkTable.remove(path);
        else if (interfaces.includes(JOB))
            this.jobs.removed(path);
    }
}

function asEvent([When, Path, Name, Event, Detail]: [number, string, string, string, string]): MachineEvent {
    return { When, Path, Name, Event, Detail };
}
