// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Machine, Sample } from "../bus/contract";
import { bytes } from "../lib/format";
import { _, fill } from "../lib/i18n";

export interface MemoryUse {
    /** Bytes; null: not known, or it is off. */
    used: number | null;
    given: number;
    text: string;
    /** What the number means, for a tooltip; empty where it speaks for itself. */
    explained: string;
}

/**
 * What a machine uses of the memory that it was given. Only its guest knows; where it does not tell, what its process holds
 * of the host's memory is the next best, as long as it is not more: a process needs memory of its own beside its guest's.
 */
export function memoryUse(machine: Pick<Machine, "Memory" | "State">, sample: Sample | undefined): MemoryUse {
    const given = sample?.MemoryActual ?? machine.Memory;
    if (sample?.MemoryUsed !== undefined) {
        const used = Math.min(sample.MemoryUsed, given);
        return { used, given, text: ofWhole(used, given), explained: "" };
    }
    if (sample?.MemoryRSS === undefined)
        return { used: null, given, text: bytes(given), explained: "" };
    const explained = fill(_("Its guest does not tell what it uses. Its process holds {bytes} of the host's memory."),
                           { bytes: bytes(sample.MemoryRSS) });
    return sample.MemoryRSS <= given
        ? { used: sample.MemoryRSS, given, text: ofWhole(sample.MemoryRSS, given), explained }
        : { used: given, given, text: bytes(given), explained };
}

/** "512 MiB / 1 GiB", or "0.5 / 1 GiB" where the unit is the same. */
function ofWhole(used: number, given: number): string {
    const [left, right] = [bytes(used), bytes(given)];
    const unit = right.slice(right.lastIndexOf(" "));
    return `${left.endsWith(unit) ? left.slice(0, -unit.length) : left} / ${right}`;
}
