// SPDX-License-Identifier: LGPL-2.1-or-later
// Which machines the list shows, and in what order. It is done anew at each change of any of them, so that it has to be quick.
import type { Machine } from "../bus/contract";
import { memoryUse } from "../components/memory";
import { needsAttention } from "../lib/attention";
import { GROUPS, groupOf, type StateGroup } from "../lib/groups";
import { language } from "../lib/i18n";
import { osName } from "../lib/os";
import type { Load } from "../store/statistics";
import type { ColumnId, ListOptions } from "./list-options";

/** What a machine is found by; objects of machines are never changed, so that it is made once for each. */
const searched = new WeakMap<Machine, string>();

function searchText(machine: Machine): string {
    let text = searched.get(machine);
    if (text === undefined) {
        const { Name, Title, Addresses, UUID, OSInfo, Unit } = machine;
        text = [Name, Title, ...Addresses, UUID, OSInfo && osName(OSInfo), OSInfo, Unit].join("\n").toLocaleLowerCase(language());
        searched.set(machine, text);
    }
    return text;
}

export interface Counts { all: number; states: Record<StateGroup, number>; attention: number }

export interface Arranged {
    /** Those that match, in order. */
    rows: readonly Machine[];
    /** Of all machines, whatever the list is narrowed to. */
    counts: Counts;
}

type Compare = (a: Machine, b: Machine) => number;

export class Arranger {
    private readonly names = new Intl.Collator(language(), { numeric: true, sensitivity: "base" });
    /** The last order: of what is nearly sorted, little is compared. */
    private last = new Map<string, number>();
    private lastSort = "";

    arrange(machines: Iterable<Machine>, options: ListOptions, load: Load): Arranged {
        const wanted = options.q.toLocaleLowerCase(language()).split(/\s+/).filter(Boolean);
        const counts: Counts = { all: 0, states: { on: 0, paused: 0, off: 0, crashed: 0 }, attention: 0 };
        const rows: Machine[] = [];
        for (const machine of machines) {
            const group = groupOf(machine);
            const attention = needsAttention(machine);
            counts.all++;
            counts.attention += attention ? 1 : 0;
            if (group)
                counts.states[group]++;
            if ((!options.state || group === options.state) && (!options.attention || attention)
                && (wanted.length === 0 || wanted.every((word) => searchText(machine).includes(word))))
                rows.push(machine);
        }
        return { rows: this.sort(rows, options, load), counts };
    }

    private sort(rows: Machine[], { sort, descending }: ListOptions, load: Load): Machine[] {
        const by = this.compare(sort, load);
        const name: Compare = (a, b) => this.names.compare(a.Name, b.Name) || (a.UUID < b.UUID ? -1 : 1);
        const { last } = this;
        if (this.lastSort === sort)
            rows.sort((a, b) => (last.get(a.path) ?? 0) - (last.get(b.path) ?? 0));
        // Equals stay in the order of their names, whichever way the rest goes.
        rows.sort(sort === "name" ? name : (a, b) => by(a, b) || name(a, b));
        this.last = new Map(rows.map(({ path }, i) => [path, i]));
        this.lastSort = sort;
        return descending ? this.reversed(rows, sort === "name" ? name : by) : rows;
    }

    private reversed(rows: Machine[], by: Compare): Machine[] {
        const groups: Machine[][] = [];
        for (const row of rows) {
            const group = groups.at(-1);
            if (group && by(group[0]!, row) === 0)
                group.push(row);
            else
                groups.push([row]);
        }
        return groups.reverse().flat();
    }

    private compare(sort: ColumnId, load: Load): Compare {
        const number = (of: (machine: Machine) => number): Compare => (a, b) => of(a) - of(b);
        const text = (of: (machine: Machine) => string): Compare => {
            const known = (machine: Machine) => of(machine);
            // What has none comes last.
            return (a, b) => Number(known(a) === "") - Number(known(b) === "") || this.names.compare(known(a), known(b));
        };
        switch (sort) {
        case "name": return text(({ Name }) => Name);
        case "state": return number((machine) => GROUPS.indexOf(groupOf(machine) ?? "crashed"));
        case "cpu": return number(({ path }) => load.machines.get(path)?.CPUPercent ?? -1);
        case "memory": return number((machine) => {
            const { used, given } = memoryUse(machine, load.machines.get(machine.path));
            return used ?? given / 2 ** 53;
        });
        case "vcpus": return number(({ VCPUs }) => VCPUs);
        case "addresses": return text(({ Addresses }) => Addresses[0] ?? "");
        case "os": return text(({ OSInfo }) => osName(OSInfo));
        case "unit": return text(({ UnitState }) => UnitState);
        case "warnings": return number(({ Warnings }) => Warnings.length);
        }
    }
}
