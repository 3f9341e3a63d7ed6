// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Connection } from "../bus/connection";
import { BULKY, MACHINE, PROPERTIES, plain, type Machine, type Variants } from "../bus/contract";
import type { Table } from "./table";

/** What only the page of a machine shows: read while one is open, into the same row that the list has. */
export class Details {
    private readonly open = new Map<string, number>();

    constructor(private readonly connection: Connection, private readonly table: Table<Machine>) {}

    /** Keeps the details of a machine until what is returned is called. */
    keep(path: string): () => void {
        this.open.set(path, (this.open.get(path) ?? 0) + 1);
        if (this.open.get(path) === 1)
            void this.read(path);
        return () => {
            const left = (this.open.get(path) ?? 1) - 1;
            if (left > 0)
                this.open.set(path, left);
            else
                this.open.delete(path);
        };
    }

    /** Reads all that are open: the agent is another one. */
    renew(): void {
        for (const path of this.open.keys())
            void this.read(path);
    }

    /** A machine came, or came again: what is known of it is what lists show. */
    added(path: string): void {
        if (this.open.has(path))
            void this.read(path);
    }

    /** Properties have changed whose value was not told. */
    invalidated(path: string, names: string[]): void {
        if (this.open.has(path) && names.length > 0)
            void this.readBulky(path, names);
    }

    private async read(path: string): Promise<void> {
        const all = this.connection.call<[Variants]>(path, PROPERTIES, "GetAll", "s", [""]);
        await this.quietly(async () => {
            const [values] = await all;
            this.table.change(path, plain(values));
            await this.readBulky(path, BULKY);
        });
    }

    private async readBulky(path: string, names: readonly string[]): Promise<void> {
        await this.quietly(async () => {
            const values = await Promise.all(names.map(async (name) => {
                const [value] = await this.connection.call<[Variants[string]]>(path, PROPERTIES, "Get", "ss", [MACHINE, name]);
                return plain({ [name]: value });
            }));
            this.table.change(path, Object.assign({}, ...values) as Record<string, unknown>);
        });
    }

    /** The machine, or the agent, can go meanwhile: its page says so by itself. */
    private async quietly(read: () => Promise<void>): Promise<void> {
        try {
            await read();
        } catch {
            // nothing to add to what the page shows then
        }
    }
}
