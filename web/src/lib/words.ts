// SPDX-License-Identifier: LGPL-2.1-or-later
// What the command line tool says of errors, checks, states: the page says the same. cli/print-words.c writes them at the
// build; they are translated here, from the tool's own catalog.
import written from "hatago-words";

import type { Check } from "../bus/contract";
import type { BusError } from "../bus/errors";
import { _, fill } from "./i18n";

export interface Words {
    groups: { id: string; title: string }[];
    checks: { id: string; title: string; cryptic: boolean }[];
    texts: { check: string; reason: string; what: string; why?: string; remedy?: string }[];
    errors: Record<string, string>;
    warnings: Record<string, string>;
    pending: Record<string, string>;
    states: Record<string, string>;
    reasons: Record<string, string>;
    operations: Record<string, string>;
}

const words = written as Words;

const look = (table: Record<string, string>, word: string): string => word in table ? _(table[word] ?? word) : word;

export const stateText = (state: string): string => look(words.states, state);
export const reasonText = (reason: string): string => look(words.reasons, reason);
export const warningText = (code: string): string => look(words.warnings, code);
export const pendingText = (part: string): string => look(words.pending, part);
export const operationText = (operation: string): string => look(words.operations, operation);

/** A sentence about an error; an unknown one speaks for itself. */
export function errorText(error: BusError): string {
    const text = words.errors[error.name];
    return text ? fill(_(text), error.values) : error.message;
}

export interface CheckWords { title: string; what: string; why: string; remedy: string }

/** What to say of a check as it is now; empty where there is nothing to say. */
export function checkWords(check: Check): CheckWords {
    const title = words.checks.find(({ id }) => id === check.Id)?.title ?? check.Id;
    const text = words.texts.find((one) => one.check === check.Id && one.reason === check.Reason);
    const say = (msgid: string | undefined) => msgid ? fill(_(msgid), check.Arguments) : "";
    return { title: _(title), what: say(text?.what), why: say(text?.why), remedy: say(text?.remedy) };
}

export const groups = (): { id: string; title: string }[] => words.groups.map(({ id, title }) => ({ id, title: _(title) }));
