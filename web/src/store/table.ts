// SPDX-License-Identifier: LGPL-2.1-or-later
import { Observable } from "../lib/observable";

/** How long changes are gathered before they are shown together. */
const GATHER_MS = 16;

/**
 * Objects of one kind by their paths, with their properties. Many signals make one new map; objects that did not change
 * stay the same ones.
 */
export class Table<T extends { readonly path: string }> {
    readonly rows = new Observable<ReadonlyMap<string, T>>(new Map());
    private next: Map<string, T> | null = null;

    get(path: string): T | undefined {
        return (this.next ?? this.rows.get()).get(path);
    }

    /** All anew. */
    replace(rows: Iterable<T>): void {
        this.next = new Map([...rows].map((row) => [row.path, row]));
        this.flush();
    }

    add(row: T): void {
        this.edit().set(row.path, row);
    }

    /** Changes properties of an object that is there; of any other nothing is known, and it is ignored. */
    change(path: string, properties: Record<string, unknown>): void {
        const row = this.get(path);
        if (row)
            this.edit().set(path, { ...row, ...properties });
    }

    remove(path: string): void {
        if (this.get(path))
            this.edit().delete(path);
    }

    /** Shows what was gathered, now. */
    flush(): void {
        if (!this.next)
            return;
        const rows = this.next;
        this.next = null;
        this.rows.set(rows);
    }

    private edit(): Map<string, T> {
        if (!this.next) {
            this.next = new Map(this.rows.get());
            setTimeout(() => this.flush(), GATHER_MS);
        }
        return this.next;
    }
}
