// SPDX-License-Identifier: LGPL-2.1-or-later
// What the checks of the host say to people, by the tables of the command line tool. In all of these tables the first row
// that fits counts, and null fits anything.
import type { Check } from "../bus/contract";
import { bytes } from "./format";
import { _ } from "./i18n";
import { fillLines, printable } from "./patterns";
import { words } from "./words";

type Arguments = Readonly<Record<string, string>>;

const begins = (text: string, words: string | null) => words === null || text.toLowerCase().startsWith(words);
const equals = (text: string, word: string | null) => word === null || text === word;

/** What the keys stand for that are more than an argument of the verdict. */
const ADVICE: Record<string, (given: Arguments) => string> = {
    "machine": ({ vendor = "", product = "" }) => printable(`${vendor} ${product}`) || _(words.advice.computer),
    "setup-key": (given) => _(setup(given)?.key ?? "?"),
    "setup-menu": (given) => _(setup(given)?.menu ?? "?"),
    "setup-item": ({ processor = "" }) =>
        words.advice.items.find((row) => row.processor === null || processor.includes(row.processor))?.name ?? "?",
    "boot-steps": (given) => filled(
        words.advice.loaders.find((row) => equals(given.loader ?? "", row.loader) && equals(given.file ?? "", row.file))?.steps, given),
    "outer-steps": ({ hypervisor = "" }) =>
        _(words.advice.outers.find((row) => equals(hypervisor, row.hypervisor))?.steps ?? "?"),
};

function setup({ vendor = "", product = "" }: Arguments) {
    return words.advice.setups.find((row) => begins(vendor, row.vendor) && begins(product, row.product));
}

function valueOf(key: string, given: Arguments): string {
    const advice = ADVICE[key];
    if (advice)
        return advice(given);
    const [kind, name] = key.includes(":") ? key.split(":") as [string, string] : [key, ""];
    const argument = printable(given[kind] ?? "");
    // An agent that is older or newer may leave it out.
    if (!argument)
        return "?";
    return name === "size" && /^\d+$/.test(argument) ? bytes(Number(argument)) : argument;
}

function filled(msgid: string | null | undefined, given: Arguments): string {
    return msgid ? fillLines(_(msgid), (key) => valueOf(key, given)) : "";
}

export interface CheckWords {
    title: string;
    /** What the verdict means. */
    what: string;
    why: string;
    /** What a person can do by hand. */
    remedy: string;
    /** What Fix would do, and taking it back. */
    fix: string;
    undo: string;
}

/** What to say of a check as it is now; empty where there is nothing to say. */
export function checkWords({ Id, Reason, Arguments: given, Value, Result }: Check): CheckWords {
    const known = words.checks.find(({ id }) => id === Id);
    const text = words.texts.find((row) => equals(Id, row.id) && row.reason === Reason);
    const fixes = words.fixes.filter(({ id }) => id === Id);
    const value = Result === "pass" && !known?.cryptic ? printable(Value) : "";
    return {
        title: capital(known ? _(known.title) : Id),
        what: text ? filled(text.meaning, given) : printable(Reason) || value,
        why: filled(text?.why, given),
        remedy: filled(text?.remedy, given),
        fix: filled(fixes.find((row) => row.reason === null || row.reason === Reason)?.does, given),
        // It is told with the row of any reason: what the reason was then is not known any more.
        undo: filled(fixes.find((row) => row.reason === null)?.undoes, given),
    };
}

/** Titles stand at the beginning of a line here. */
const capital = (text: string): string => /^[a-z]{2,}\b/.test(text) && !text.startsWith("libvirt") ? text.charAt(0).toUpperCase() + text.slice(1) : text;

export const groupTitle = (name: string): string => {
    const group = words.groups.find((one) => one.name === name);
    return group ? _(group.title) : name;
};

/** Where a check stands among all, as the tool has them; those that it does not know come last. */
export function position(id: string): number {
    const at = words.checks.findIndex((one) => one.id === id);
    return at < 0 ? words.checks.length : at;
}
