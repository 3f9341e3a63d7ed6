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
    /** The latest, the newest at the end; null: not read yet. */
    readonly events = new Observable<readonly MachineEvent[] | null>(null);
    /** How often all was read: what happened while the agent was away no signal tells, and its counts begin anew with it. */
    readonly readings = new Observable(0);
    readonly connection: Connection;
    readonly jobs: Jobs;
    readonly statistics: Statistics;
    readonly details: Details;
    readonly rights: Rights;

    private readonly machineTable = new Table<Machine>();
    private readonly checkTable = new Table<Check>();
    /** Counts readings, so that a late answer of an older one is known. */
    private reading = 0;
    private subscribed = false;

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
        cockpit.addEventListener("visibilitychange", () => void this.subscribe().catch(() => undefined));
    }

    /** Has an agent started that does not run; when it is there, all is read. */
    async start(): Promise<void> {
        try {
            await this.connection.start();
        } catch (thrown) {
            this.link.set({ state: "lost", error: asBusError(thrown) });
        }
    }

    private onOwner(): void {
        const { owner, failure } = this.connection;
        this.subscribed = false;
        if (owner.get()) {
            void this.read();
        } else if (this.link.get().state === "connecting" && !failure) {
            // Only a page that opens has it started by itself.
            void this.start();
        } else {
            this.reading++;
            this.link.set({ state: "lost", ...failure && { error: failure } });
        }
    }

    /**
     * Reads all anew: the agent, its machines and its jobs are what a page needs first. Agent and bus keep the order, so each
     * answer is taken over at once: it is newer than the signals before it, and older than those after it.
     */
    private async read(): Promise<void> {
        const reading = ++this.reading;
        const take = <T extends unknown[]>(takeOver: (...answer: T) => void) => (answer: T) => {
            if (reading === this.reading)
                takeOver(...answer);
        };
        const { connection } = this;
        try {
            await Promise.all([
                connection.call<[Variants]>(ROOT, PROPERTIES, "GetAll", "s", [""]).then(
                    take((values) => this.agent.set(plain(values) as unknown as Agent))),
                this.subscribe(),
                connection.call<[Record<string, Variants>]>(ROOT, MACHINES, "Query", "asa{sv}", [SUMMARY, {}]).then(
                    take((values) => this.takeMachines(values))),
                this.jobs.read(),
            ]);
            if (reading !== this.reading)
                return;
            this.link.set({ state: "ready" });
            if (this.agent.get()?.Ready)
                this.readings.set(this.readings.get() + 1);
            this.details.renew();
            this.statistics.renew();
            await Promise.all([
                this.ifOffered(connection.call<[Record<string, Variants>]>(
                    ROOT, VALIDATION, "Query", "asa{sv}", [CHECK_PROPERTIES, {}]), [{}]).then(
                    take((values) => this.takeChecks(values))),
                this.ifOffered(connection.call<[EventTuple[]]>(
                    ROOT, MACHINES, "ListEvents", "a{sv}", [{ limit: { t: "u", v: EVENTS } }]), [[]]).then(
                    take((events) => this.events.set(events.map(asEvent)))),
            ]);
        } catch (thrown) {
            if (reading !== this.reading)
                return;
            this.link.set({ state: "lost", error: asBusError(thrown) });
            if (this.connection.owner.get())
                setTimeout(() => reading === this.reading && void this.read(), AGAIN_MS);
        }
    }

    /**
     * An agent that has not read the hypervisor yet (Ready) tells of a few machines, or none: what was there before stays until
     * it has, and all is read again then.
     */
    private takeMachines(told: Record<string, Variants>): void {
        const known = this.agent.get()?.Ready ? new Map<string, Machine>() : new Map(this.machines.get());
        for (const [path, values] of Object.entries(told))
            known.set(path, { ...this.machineTable.get(path), ...plain(values), path } as Machine);
        this.machineTable.replace(known.values());
    }

    private takeChecks(told: Record<string, Variants>): void {
        this.checkTable.replace(Object.entries(told).map(([path, values]) => ({ ...plain(values), path }) as Check));
    }

    /**
     * Has the agent look at what has no event, and take samples, once somebody sees the page: Cockpit loads it before, for its
     * menu. Too many who do so already are no reason to show nothing.
     */
    private async subscribe(): Promise<void> {
        if (cockpit.hidden || this.subscribed || !this.connection.owner.get())
            return;
        this.subscribed = true;
        try {
            await this.connection.call(ROOT, MANAGER, "Subscribe", "a{sv}", [{}]);
        } catch (thrown) {
            this.subscribed = false;
            if (asBusError(thrown).name !== "LimitsExceeded")
                throw thrown;
        }
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
            // What is told before they are read is among those that are read.
            const known = this.events.get();
            if (known)
                this.events.set([...known.slice(1 - EVENTS), asEvent(args as EventTuple)]);
        }
    }

    private onChanged(path: string, iface: string, changed: Record<string, unknown>, invalidated: string[]): void {
        if (path === ROOT && (iface === MANAGER || iface === VALIDATION || iface === HOST)) {
            const agent = this.agent.get();
            if (agent)
                this.agent.set({ ...agent, ...changed });
            if (changed.Ready === true)
                void this.read();
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
        if (MACHINE in interfaces) {
            this.machineTable.add({ ...values, path } as Machine);
            this.details.added(path);
        } else if (CHECK in interfaces)
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

type EventTuple = [when: number, path: string, name: string, event: string, detail: string];

function asEvent([When, Path, Name, Event, Detail]: EventTuple): MachineEvent {
    return { When, Path, Name, Event, Detail };
}
