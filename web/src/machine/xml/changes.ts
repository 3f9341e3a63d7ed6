// SPDX-License-Identifier: LGPL-2.1-or-later
// What differs between two texts, and both changes of a third in one.
import { applyPatch, createPatch, structuredPatch } from "diff";

export interface Line {
    /** "@": some lines that are the same are left out here. */
    sign: "+" | "-" | " " | "@";
    text: string;
    before: number | null;
    after: number | null;
}

/** As unified lines, with three lines of context. */
export function changedLines(before: string, after: string): Line[] {
    const { hunks } = structuredPatch("", "", before, after, "", "", { context: 3 });
    const lines: Line[] = [];
    for (const hunk of hunks) {
        let old = hunk.oldStart, now = hunk.newStart;
        if (old > 1 || lines.length > 0)
            lines.push({ sign: "@", text: "", before: null, after: null });
        for (const line of hunk.lines) {
            const sign = line[0];
            if (sign === "+")
                lines.push({ sign, text: line.slice(1), before: null, after: now++ });
            else if (sign === "-")
                lines.push({ sign, text: line.slice(1), before: old++, after: null });
            else if (sign === " ")
                lines.push({ sign, text: line.slice(1), before: old++, after: now++ });
        }
    }
    return lines;
}

export function count(lines: readonly Line[]): { added: number; removed: number } {
    return { added: lines.filter(({ sign }) => sign === "+").length, removed: lines.filter(({ sign }) => sign === "-").length };
}

/** What changed from base to mine, done to theirs; null: they touch the same lines, and a person must look. */
export function merged(base: string, mine: string, theirs: string): string | null {
    const patch = createPatch("", base, mine, "", "", { context: 1 });
    return applyPatch(theirs, patch, { fuzzFactor: 0 }) || null;
}
