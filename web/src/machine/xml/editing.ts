// SPDX-License-Identifier: LGPL-2.1-or-later
// What keys do in the editor, as replacements of a part of its text.

export interface Replacement {
    start: number;
    end: number;
    text: string;
    /** What is selected then; from === to: where the cursor is. */
    from: number;
    to: number;
}

const STEP = "  ";

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** Tab: a step in, for the lines that are selected, or at the cursor; out: a step out. */
export function indent(text: string, start: number, end: number, out: boolean): Replacement {
    if (!out && start === end)
        return { start, end, text: STEP, from: start + STEP.length, to: start + STEP.length };
    const first = lineStart(text, start);
    // A line of which nothing but the begin is selected is not meant.
    const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
    const lines = text.slice(first, last).split("\n");
    const changed = lines.map((line) => out ? line.replace(/^ {1,2}|^\t/, "") : line && STEP + line);
    const made = changed.join("\n");
    const firstBy = changed[0]!.length - lines[0]!.length;
    const rest = first + made.length + (end - last);
    return { start: first, end: last, text: made, from: Math.max(first, start + firstBy), to: Math.max(first, start === end ? start + firstBy : rest) };
}

/** Enter: the next line begins where this one does, a step further after an element was opened. */
export function newLine(text: string, start: number, end: number): Replacement {
    const line = text.slice(lineStart(text, start), start);
    const space = /^[ \t]*/.exec(line)![0];
    const opened = /<[^/?!][^<>]*[^/]>\s*$/.test(line) || /<\w>\s*$/.test(line);
    const made = "\n" + space + (opened ? STEP : "");
    return { start, end, text: made, from: start + made.length, to: start + made.length };
}
