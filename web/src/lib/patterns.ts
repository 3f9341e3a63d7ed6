// SPDX-License-Identifier: LGPL-2.1-or-later
// Texts with {keys}, into which values go that come from elsewhere: names of machines, files, words of the firmware.

const KEY = /\{([a-z][a-z:-]*)\}/g;

/** A value as it can be shown, and copied: what is not printable, or turns the direction of writing, is spelled out. */
export function printable(value: string): string {
    return value.trim().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** As a word of a shell's command. */
export function shellWord(value: string): string {
    const text = printable(value);
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

/** The text with a value for each key, or null if one has none. */
export function fillKnown(text: string, values: Readonly<Record<string, string>>): string | null {
    for (const [, key] of text.matchAll(KEY))
        if (!values[key!])
            return null;
    return text.replace(KEY, (_whole, key: string) => printable(values[key]!));
}

/**
 * Line by line: those that begin with two blanks are commands, in which values are quoted; one that names {interfaces}, of
 * which there may be several with commas between, is repeated for each.
 */
export function fillLines(text: string, value: (key: string) => string): string {
    return text.split("\n").flatMap((line) => {
        if (!line.startsWith("  "))
            return [line.replace(KEY, (_whole, key: string) => value(key))];
        const names = line.includes("{interfaces}") ? value("interfaces").split(",") : [""];
        return names.map((name) => line.replace(KEY, (_whole, key: string) => shellWord(key === "interfaces" ? name : value(key))));
    }).join("\n");
}
