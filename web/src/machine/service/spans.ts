// SPDX-License-Identifier: LGPL-2.1-or-later
// Spans of time as people set them: a number, and what it counts.
import { N_ } from "../../lib/i18n";

export type Unit = "s" | "min" | "h";

export interface SpanInput { amount: string; unit: Unit }

export const UNITS: { word: Unit; label: string; micros: number }[] = [
    { word: "s", label: N_("seconds"), micros: 1e6 },
    { word: "min", label: N_("minutes"), micros: 60e6 },
    { word: "h", label: N_("hours"), micros: 3600e6 },
];

const microsOf = (unit: Unit): number => UNITS.find(({ word }) => word === unit)!.micros;

/** Microseconds in the largest unit that holds them without a rest; 0 is nothing: then it counts what most people would. */
export function spanInput(micros: number, usual: Unit = "s"): SpanInput {
    if (micros === 0)
        return { amount: "", unit: usual };
    const fitting = UNITS.filter((one) => micros % one.micros === 0).at(-1) ?? UNITS[0]!;
    return { amount: String(micros / fitting.micros), unit: fitting.word };
}

/** How many of a unit these are: three minutes are 180 seconds, or 0.05 hours. */
export const amountOf = (micros: number, unit: Unit): string => String(micros / microsOf(unit));

/** Back to microseconds: 0 where nothing is given, null where it is no number. */
export function spanMicros({ amount, unit }: SpanInput): number | null {
    const text = amount.trim();
    if (text === "")
        return 0;
    return /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Math.round(Number(text) * microsOf(unit)) : null;
}
