// SPDX-License-Identifier: LGPL-2.1-or-later
// Words for people. Every text that somebody sees goes through _() or ngettext(); po/update.mjs finds them there.

/** The text in the user's language. */
export const _ = (text: string): string => cockpit.gettext(text);

/** Marks a text that is translated later, where it is shown. */
export const N_ = (text: string): string => text;

/** The right one of both for a number. */
export const ngettext = (one: string, many: string, count: number): string => cockpit.ngettext(one, many, count);

/** Puts values into {name}s; a name without a value stays as it is. */
export function fill(text: string, values: Record<string, string | number>): string {
    return text.replace(/\{([\w-]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The user's language as the browser wants it: "ja", "pt-BR". */
export const language = (): string => (cockpit.language || "en").replace("_", "-");
