// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Connection } from "../bus/connection";
import { JOB, MANAGER, PROPERTIES, ROOT, plain, type Job, type Variants } from "../bus/contract";
import { BusError, asBusError } from "../bus/errors";
import { Table } from "./table";

/** How long an ended job is still shown; the agent keeps it for ten minutes. */
const SHOWN_MS = 60_000;
const NO_OBJECT = "org.freedesktop.DBus.Error.UnknownObject";

interface Waiter {
    resolve(): void;
    reject(error: BusError): void;
}

/** Jobs under way and lately ended, and those whose end somebody waits for. */
export class Jobs {
    private readonly table = new Table<Job>();
    private readonly waiters = new Map<string, Waiter[]>();
    private readonly expiry = new Map<string, ReturnType<typeof setTimeout>>();
    readonly all = this.table.rows;

    constructor(private readonly connection: Connection) {}

    /** All that run now; what was waited for while nobody listened is asked for too. */
    async read(): Promise<void> {
        const [listed] = await this.connection.call<[[number, string, string, string[]][]]>(ROOT, MANAGER, "ListJobs", "a{sv}", [{}]);
        // Another run of the agent can give the numbers of the one before again.
        this.expiry.forEach(clearTimeout);
        this.expiry.clear();
        const running = listed.map(([, , path]) => path);
        this.table.replace(running.map((path) => this.table.get(path)).filter((job) => job !== undefined));
        const paths = new Set([...running, ...this.waiters.keys()]);
        await Promise.all([...paths].map((path) => this.readOne(path)));
    }

    /** Resolves when the job has ended well; else throws BusError. */
    wait(path: string): Promise<void> {
        return new Promise((resolve, reject) => {
            this.waiters.set(path, [...this.waiters.get(path) ?? [], { resolve, reject }]);
            const job = this.table.get(path);
            if (job?.State === "ended")
                this.settle(path, job);
        });
    }

    async cancel(path: string): Promise<void> {
        await this.connection.call(path, JOB, "Cancel", "a{sv}", [{}]);
    }

    added(job: Job): void {
        this.table.add(job);
    }

    changed(path: string, properties: Record<string, unknown>): void {
        this.table.change(path, properties);
    }

    removed(path: string): void {
        this.table.remove(path);
    }

    ended(path: string, result: Job["Result"], name: string, message: string): void {
        this.table.change(path, { State: "ended", Result: result, ErrorName: name, ErrorMessage: message });
        this.settle(path, this.table.get(path) ?? { Result: result, ErrorName: name, ErrorMessage: message, ErrorArguments: {} });
        this.expire(path);
    }

    private expire(path: string): void {
        clearTimeout(this.expiry.get(path));
        this.expiry.set(path, setTimeout(() => {
            this.expiry.delete(path);
            this.table.remove(path);
        }, SHOWN_MS));
    }

    private settle(path: string, job: Pick<Job, "Result" | "ErrorName" | "ErrorMessage" | "ErrorArguments">): void {
        const waiters = this.waiters.get(path) ?? [];
        this.waiters.delete(path);
        for (const waiter of waiters) {
            if (job.Result === "done")
                waiter.resolve();
            else
                waiter.reject(new BusError(job.ErrorName || "Failed", job.ErrorMessage, job.ErrorArguments));
        }
    }

    /** A job that the agent knows no longer has failed for those who wait for it. */
    private async readOne(path: string): Promise<void> {
        try {
            const [values] = await this.connection.call<[Variants]>(path, PROPERTIES, "GetAll", "s", [JOB]);
            const job = { ...plain(values), path } as Job;
            this.table.add(job);
            if (job.State === "ended") {
                this.settle(path, job);
                this.expire(path);
            }
        } catch (thrown) {
            const error = asBusError(thrown);
            if (error.name !== NO_OBJECT && error.name !== "NoSuchJob")
                throw error;
            for (const waiter of this.waiters.get(path) ?? [])
                waiter.reject(new BusError("Interrupted", "the agent ended before the job did"));
            this.waiters.delete(path);
        }
    }
}
