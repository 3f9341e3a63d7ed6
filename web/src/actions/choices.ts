// SPDX-License-Identifier: LGPL-2.1-or-later
// What a menu offers: verbs that make sense now, and of those that the user may not choose, why.
import type { Answer, Machine } from "../bus/contract";
import { BusError } from "../bus/errors";
import { _, fill, ngettext } from "../lib/i18n";
import { errorText } from "../lib/words";
import type { Answers } from "../store/rights";
import { verbs, type Verb } from "./verbs";

export interface Choice {
    verb: Verb;
    /** Why it cannot be chosen; empty: it can. */
    obstacle: string;
    /** What people should know before they choose it. */
    hint: string;
    /** Those that it would be done to. */
    machines: readonly Machine[];
}

/** Why not, in words; empty: nothing is in the way, or it is not known yet. */
export function obstacle(answer: Answer | undefined): string {
    switch (answer) {
    case undefined: case "yes":
        return "";
    case "no":
        return _("You are not allowed to do this.");
    case "auth":
        return _("Turn on administrative access to do this.");
    default:
        return errorText(new BusError(answer, answer));
    }
}

/** For the menu of one machine. */
export function choices(machine: Machine, answers: Answers | undefined): Choice[] {
    return verbs.filter((verb) => verb.offered(machine)).map((verb) => ({
        verb, obstacle: obstacle(answers?.[verb.word]), hint: hintOf(verb, machine), machines: [machine],
    }));
}

/**
 * For several machines: a verb is offered if it makes sense for one of them, and can be chosen unless all that have been
 * asked for refuse it.
 */
export function bulkChoices(machines: readonly Machine[], answers: ReadonlyMap<string, Answers>): Choice[] {
    return verbs.filter(({ named }) => !named).flatMap((verb) => {
        const fit = machines.filter((machine) => verb.offered(machine));
        if (fit.length === 0)
            return [];
        const obstacles = fit.flatMap(({ path }) => {
            const told = answers.get(path);
            return told ? [obstacle(told[verb.word])] : [];
        });
        const refused = obstacles.filter(Boolean).length;
        if (refused > 0 && refused === obstacles.length)
            return [{ verb, obstacle: obstacles[0]!, hint: "", machines: fit }];
        const allowed = fit.filter(({ path }) => obstacle(answers.get(path)?.[verb.word]) === "");
        return [{ verb, obstacle: "", hint: someOnly(allowed.length, machines.length), machines: allowed }];
    });
}

function someOnly(some: number, all: number): string {
    return some === all ? "" : fill(ngettext("{some} of {all} machine", "{some} of {all} machines", all), { some, all });
}

function hintOf(verb: Verb, machine: Machine): string {
    const hint = verb.hint?.(machine) ?? "";
    return hint && _(hint);
}
