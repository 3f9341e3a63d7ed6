// SPDX-License-Identifier: LGPL-2.1-or-later
// Under which names the unit of a machine has written to the journal before: it is called after the machine.
import type { Machine, MachineEvent } from "../../bus/contract";

export interface Former { name: string; unit: string }

/** As VM_INSTANCE_MAX of the agent: what the longer of a machine's two units has room for. */
const INSTANCE_MAX = 255 - "hatago-vm-ready@.service".length;

/** As systemd-escape does it, and the agent. */
function escape(name: string): string {
    return [...new TextEncoder().encode(name)].map((byte, i) => {
        const c = String.fromCharCode(byte);
        if (c === "/")
            return "-";
        return /[A-Za-z0-9:_.]/.test(c) && !(i === 0 && c === ".") ? c : `\\x${byte.toString(16).padStart(2, "0")}`;
    }).join("");
}

/** Where the name is too long, the unit is called after the UUID. */
function unitOf(name: string, uuid: string): string {
    const instance = escape(name);
    return `hatago-vm@${instance.length > INSTANCE_MAX ? escape(uuid) : instance}.service`;
}

/** As far as the agent remembers it was renamed, the latest first. What is the unit of another machine by now is left out. */
export function formerUnits(machine: Machine, machines: Iterable<Machine>, events: readonly MachineEvent[]): Former[] {
    const taken = new Set([...machines].map(({ Unit }) => Unit));
    const names = events.filter(({ Event, Path }) => Event === "renamed" && Path === machine.path).map(({ Detail }) => Detail).reverse();
    return [...new Set(names)].map((name) => ({ name, unit: unitOf(name, machine.UUID) }))
        .filter(({ unit }) => unit !== machine.Unit && !taken.has(unit));
}
