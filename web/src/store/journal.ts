// SPDX-License-Identifier: LGPL-2.1-or-later
// The journal of a unit, by journalctl, while somebody reads it: the bus has none.
import { Observable } from "../lib/observable";

export interface Entry {
    /** journald's cursor: one of a kind. */
    id: string;
    /** µs since the epoch. */
    when: number;
    /** As syslog(3): 3 and below are errors, 4 warnings. */
    priority: number;
    /** Who wrote it. */
    from: string;
    message: string;
}

export interface Journal {
    entries: readonly Entry[];
    /** following: more comes by itself; else it has ended, and error may say why. */
    state: "following" | "ended";
    error: string;
}

/** At the beginning, and at most. */
const FIRST = 100;
const KEPT = 500;
/** A line that has no end by then is none of journalctl's. */
const LINE_MAX = 1 << 20;

/** A line of "journalctl --output=json"; null: it is none. */
export function entryOf(line: string): Entry | null {
    let fields: Record<string, unknown>;
    try {
        fields = JSON.parse(line) as Record<string, unknown> | null ?? {};
    } catch {
        return null;
    }
    const { __CURSOR: id, __REALTIME_TIMESTAMP: when } = fields;
    if (typeof id !== "string" || typeof when !== "string")
        return null;
    return {
        id, when: Number(when), priority: Number(textOf(fields.PRIORITY) || 6),
        from: textOf(fields.SYSLOG_IDENTIFIER) || textOf(fields._COMM), message: textOf(fields.MESSAGE),
    };
}

/** What is not UTF-8 comes as bytes, a field that is there twice as a list, one that is too long as null. */
function textOf(value: unknown): string {
    if (typeof value === "string")
        return value;
    if (!Array.isArray(value))
        return value === null ? "…" : "";
    return value.every((byte) => typeof byte === "number") ? new TextDecoder().decode(new Uint8Array(value)) : textOf(value[0]);
}

/** Cuts what comes in pieces into lines. */
export class Lines {
    private rest = "";

    push(piece: string): string[] {
        const lines = (this.rest + piece).split("\n");
        this.rest = lines.pop()!;
        if (this.rest.length > LINE_MAX)
            this.rest = "";
        return lines.filter(Boolean);
    }
}

/** Follows the journal of a unit, or of some together, until close(). */
export class UnitJournal {
    readonly journal = new Observable<Journal>({ entries: [], state: "following", error: "" });
    private process: cockpit.Process | null = null;
    /** What is shown is of the reading before: the first lines of this one take its place. */
    private isOld = false;

    /** Begins anew, if it is open already. */
    open(units: readonly string[]): void {
        this.close();
        const lines = new Lines();
        const process = cockpit.spawn(
            ["journalctl", "--quiet", "--output=json", "--all", "--follow", `--lines=${FIRST}`, ...units.map((unit) => `--unit=${unit}`)],
            { superuser: "try", err: "message" });
        this.process = process;
        this.isOld = true;
        this.journal.set({ ...this.journal.get(), state: "following", error: "" });
        void process.stream((piece) => this.process === process && this.add(lines.push(piece)));
        process.then(
            () => this.ended(process, ""),
            (failure: cockpit.Failure) => this.ended(process, failure.message || failure.problem || ""));
    }

    close(): void {
        const { process } = this;
        this.process = null;
        process?.close();
    }

    private add(lines: string[]): void {
        const entries = lines.map(entryOf).filter((entry) => entry !== null);
        if (entries.length === 0)
            return;
        const before = this.journal.get();
        this.journal.set({ ...before, entries: [...this.isOld ? [] : before.entries, ...entries].slice(-KEPT) });
        this.isOld = false;
    }

    private ended(process: cockpit.Process, error: string): void {
        if (this.process !== process)
            return;
        this.process = null;
        this.journal.set({ ...this.journal.get(), state: "ended", error });
    }
}
