// SPDX-License-Identifier: LGPL-2.1-or-later
// The only module that talks to the bus. It knows how to call and to listen; what any of it means is the store's.
import { Observable } from "../lib/observable";
import { BUS_NAME, ROOT } from "./contract";
import { BusError, asBusError } from "./errors";

/** Calls under way at once; more wait here. The agent lets one user have a few dozen. */
export const IN_FLIGHT = 16;

const REOPEN_AFTER_MS = 1000;

export type Signal = (path: string, iface: string, member: string, args: unknown[]) => void;

interface Waiting {
    send(): void;
    fail(error: BusError): void;
}

export class Connection {
    /** Who has the agent's name on the bus; null: nobody; undefined: not known yet. Another owner is another run of the agent. */
    readonly owner = new Observable<string | null | undefined>(undefined);
    /** Why Cockpit closed the connection; null: it did not. */
    failure: BusError | null = null;
    /** How many calls were made, for figures. */
    calls = 0;

    private client: cockpit.DBusClient | null = null;
    private inFlight = 0;
    private waiting: Waiting[] = [];
    private closed = false;

    constructor(private readonly onSignal: Signal) {}

    /** Opens it; with administrative access in Cockpit calls are root's, else the user's. */
    open(): void {
        const client = cockpit.dbus(BUS_NAME, { bus: "system", superuser: "try" });
        this.client = client;
        // One match for all: the agent's objects are all below one path.
        client.subscribe({ path_namespace: ROOT }, (...signal) => this.onSignal(...signal));
        client.onowner = (_event, owner) => {
            this.failure = null;
            this.owner.set(owner || null);
        };
        client.onclose = (_event, failure) => {
            this.client = null;
            this.failure = asBusError(failure);
            this.owner.set(null);
            this.failWaiting(this.failure);
            if (!this.closed)
                setTimeout(() => this.open(), REOPEN_AFTER_MS);
        };
    }

    close(): void {
        this.closed = true;
        this.client?.close();
    }

    /** Has the bus start an agent that does not run. Its owner tells that it does. */
    async start(): Promise<void> {
        await this.send(ROOT, "org.freedesktop.DBus.Peer", "Ping");
    }

    /**
     * Calls a method. type: the signature of args, so that nobody has to ask the agent for it. Throws BusError. An agent that
     * is not there is not called, which would start it: an administrator may have stopped it.
     */
    async call<T extends unknown[]>(path: string, iface: string, method: string, type = "", args: unknown[] = []): Promise<T> {
        await this.turn();
        this.calls++;
        try {
            if (this.owner.get() === null)
                throw new BusError("disconnected", "hatagod does not run");
            return await this.send(path, iface, method, type, args) as T;
        } finally {
            this.passTurn();
        }
    }

    private async send(path: string, iface: string, method: string, type = "", args: unknown[] = []): Promise<unknown[]> {
        try {
            if (!this.client)
                throw new BusError("disconnected", "not connected");
            return await this.client.call(path, iface, method, args, { type });
        } catch (thrown) {
            throw asBusError(thrown);
        }
    }

    private turn(): Promise<void> {
        if (this.inFlight < IN_FLIGHT) {
            this.inFlight++;
            return Promise.resolve();
        }
        return new Promise((resolve, reject) => this.waiting.push({ send: resolve, fail: reject }));
    }

    /** Who waits longest takes the place; else it is free. */
    private passTurn(): void {
        const next = this.waiting.shift();
        if (next)
            next.send();
        else
            this.inFlight--;
    }

    private failWaiting(error: BusError): void {
        for (const waiting of this.waiting.splice(0))
            waiting.fail(error);
    }
}
