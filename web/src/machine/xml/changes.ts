// SPDX-License-Identifier: LGPL-2.1-or-later
// What differs between two texts, and both changes of a third in one.
import { applyPatch, createPatch, structuredPatch, type StructuredPatchHunk } from "diff";

export interface Line {
    /** "@": some lines that are the same are left out here. */
    sign: "+" | "-" | " " | "@";
    text: string;
    before: number | null;
    after: number | null;
}

/** The less two texts have in common, the longer it takes, up to minutes: so long the page waits. */
const TIMEOUT_MS = 500;
const CONTEXT = 3;

/** As unified lines, with three lines of context; of texts that have little in common, all between what both begin and end with. */
export function changedLines(before: string, after: string): Line[] {
    const hunks = structuredPatch("", "", before, after, "", "", { context: CONTEXT, timeout: TIMEOUT_MS })?.hunks ?? replaced(before, after);
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

/** One hunk without a search for what is the same in the middle. */
function replaced(before: string, after: string): Pick<StructuredPatchHunk, "oldStart" | "newStart" | "lines">[] {
    const old = before.split("\n"), now = after.split("\n");
    const most = Math.min(old.length, now.length);
    let head = 0, tail = 0;
    while (head < most && old[head] === now[head])
        head++;
    while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail))
        tail++;
    const from = Math.max(0, head - CONTEXT), rest = Math.min(tail, CONTEXT);
    const marked = (sign: string, lines: string[]) => lines.map((line) => sign + line);
    return [{
        oldStart: from + 1,
        newStart: from + 1,
        lines: [
            ...marked(" ", old.slice(from, head)),
            ...marked("-", old.slice(head, old.length - tail)),
            ...marked("+", now.slice(head, now.length - tail)),
            ...marked(" ", old.slice(old.length - tail, old.length - tail + rest)),
        ],
    }];
}

/** What changed from base to mine, done to theirs; null: they touch the same lines, or too many, and a person must look. */
export function merged(base: string, mine: string, theirs: string): string | null {
    const patch = createPatch("", base, mine, "", "", { context: 1, timeout: TIMEOUT_MS });
    return patch === undefined ? null : applyPatch(theirs, patch, { fuzzFactor: 0 }) || null;
}
