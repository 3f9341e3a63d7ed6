// SPDX-License-Identifier: LGPL-2.1-or-later
// What the overview counts: of host and machines, for bars and lines.
import type { Agent, Machine } from "../bus/contract";
import { GROUPS, groupOf, type StateGroup } from "../lib/groups";
import type { Load } from "../store/statistics";

/** As the list's filter has them; "other": what has no name there. */
export type Group = StateGroup | "other";
export const COUNTED: readonly Group[] = [...GROUPS, "other"];

type Machines = ReadonlyMap<string, Machine>;

export function countGroups(machines: Machines): Record<Group, number> {
    const counts: Record<Group, number> = { on: 0, paused: 0, off: 0, crashed: 0, other: 0 };
    for (const machine of machines.values())
        counts[groupOf(machine) ?? "other"]++;
    return counts;
}

/** Those that hold memory of the host, and are given processors. */
const isOn = ({ State }: Machine) => State !== "shutoff" && State !== "crashed";

export interface Use {
    /** Of all there is, 0 to 1; null: not known yet. */
    used: number | null;
    /** Of all there is, what machines take; null: not known yet. At most used. */
    machines: number | null;
    /** What machines that are on were given: virtual CPUs, or bytes. */
    given: number;
}

export function processorUse(agent: Agent, machines: Machines, load: Load): Use {
    let given = 0, percent = 0;
    for (const machine of machines.values())
        given += isOn(machine) ? machine.VCPUs : 0;
    for (const { CPUPercent } of load.machines.values())
        percent += CPUPercent ?? 0;
    const known = load.when > 0 && agent.CPUs > 0;
    return { ...within(load.hostCPU, known ? percent / 100 / agent.CPUs : null), given };
}

export function hostMemoryUse(agent: Agent, machines: Machines, load: Load): Use {
    let given = 0, held = 0;
    for (const machine of machines.values())
        given += isOn(machine) ? machine.Memory : 0;
    for (const { MemoryRSS } of load.machines.values())
        held += MemoryRSS ?? 0;
    const available = load.host?.MemoryAvailable;
    const used = agent.Memory > 0 && available !== undefined ? Math.max(0, 1 - available / agent.Memory) : null;
    return { ...within(used, load.when > 0 && agent.Memory > 0 ? held / agent.Memory : null), given };
}

/** Both are measured on their own, at other moments: a part is never more than the whole. */
function within(used: number | null, machines: number | null): Pick<Use, "used" | "machines"> {
    const most = machines === null ? null : Math.min(1, machines);
    return { used, machines: used === null || most === null ? most : Math.min(used, most) };
}

/** What machines took together of the host's processors, oldest first, 0 to 1; -1: not known. All end at the same time. */
export function machinesLine(agent: Agent, load: Load): number[] {
    const length = Math.max(0, ...[...load.cpu.values()].map((values) => values.length));
    const line = new Array<number>(length).fill(-1);
    for (const values of load.cpu.values())
        values.forEach((value, i) => {
            const at = length - values.length + i;
            if (value >= 0)
                line[at] = Math.max(0, line[at]!) + value / 100 / Math.max(1, agent.CPUs);
        });
    return line.map((value) => Math.min(1, value));
}

/** Those that take most of the processors, the first before. */
export function busiest(machines: Machines, load: Load, count: number): { machine: Machine; percent: number }[] {
    return [...load.machines]
        .map(([path, { CPUPercent }]) => ({ machine: machines.get(path), percent: CPUPercent ?? -1 }))
        .filter((one): one is { machine: Machine; percent: number } => one.machine !== undefined && one.percent >= 0)
        .sort((a, b) => b.percent - a.percent || a.machine.Name.localeCompare(b.machine.Name))
        .slice(0, count);
}
