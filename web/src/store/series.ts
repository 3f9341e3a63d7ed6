// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers over time: what the agent remembers of a machine, and what the ticks since then have added. Time is cut into slots as
// the agent does it: slot n begins n steps after the epoch.
import type { History, Sample } from "../bus/contract";

/** The series that are plotted, by their names on the bus. */
export const SERIES = [
    "CPUPercent", "MemoryUsed", "MemoryRSS", "DiskReadRate", "DiskWriteRate", "NetworkReceiveRate", "NetworkTransmitRate",
] as const;
export type SeriesName = typeof SERIES[number];
export type Values = readonly (number | null)[];

/** As many slots as the agent keeps. */
export const KEPT = 720;

/** Series of equal length; null where there is no number. */
export interface Timeline {
    /** Microseconds of a slot; 0: there is none. */
    step: number;
    /** The number of the first slot. */
    first: number;
    length: number;
    series: Record<SeriesName, Values>;
}

const mapSeries = <T>(make: (name: SeriesName) => T): Record<SeriesName, T> =>
    Object.fromEntries(SERIES.map((name) => [name, make(name)])) as Record<SeriesName, T>;

export const slotOf = (when: number, step: number): number => Math.floor(when / step);

/** Of an answer of GetHistory. */
export function timelineOf({ Start, Step, Series }: History): Timeline {
    const length = Start === 0 ? 0 : Math.max(0, ...SERIES.map((name) => Series[name]?.length ?? 0));
    return {
        step: Step, first: slotOf(Start, Step), length,
        series: mapSeries((name) => {
            const told = Series[name] ?? [];
            return Array.from({ length }, (_, i) => (told[i] ?? -1) < 0 ? null : told[i]!);
        }),
    };
}

/** The number of the last slot. */
export const lastSlot = ({ first, length }: Timeline): number => first + length - 1;

/** One slot as a timeline of its own. */
export function moment(slot: number, step: number, sample: Sample): Timeline {
    return { step, first: slot, length: 1, series: mapSeries((name) => [sample[name] ?? null]) };
}

/** Both, the newer behind the older: what lies between them is unknown, and where they overlap the newer counts. */
export function join(older: Timeline, newer: Timeline): Timeline {
    if (newer.length === 0)
        return older;
    const at = newer.first - older.first;
    if (older.length === 0 || older.step !== newer.step || at < 0 || at - older.length >= KEPT)
        return newer;
    const gap: null[] = Array.from({ length: Math.max(0, at - older.length) }, () => null);
    const length = Math.min(at + newer.length, KEPT);
    return {
        step: newer.step,
        first: lastSlot(newer) - length + 1,
        length,
        series: mapSeries((name) => [...older.series[name].slice(0, at), ...gap, ...newer.series[name]].slice(-length)),
    };
}

/** The mean of some samples; what none of them knows is absent. */
export function mean(samples: readonly Sample[]): Sample {
    const result: Sample = {};
    for (const name of SERIES) {
        const known = samples.flatMap((sample) => sample[name] ?? []);
        if (known.length > 0)
            result[name] = known.reduce((sum, value) => sum + value, 0) / known.length;
    }
    return result;
}

export interface Figures { last: number | null; mean: number | null; most: number | null }

/** What a series says in three numbers. */
export function figures(values: Values): Figures {
    const known = values.filter((value) => value !== null);
    return {
        last: values.at(-1) ?? null,
        mean: known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null,
        most: known.length > 0 ? known.reduce((most, value) => Math.max(most, value), 0) : null,
    };
}

export interface Row {
    /** When its first slot begins, µs since the epoch. */
    from: number;
    figures: Record<SeriesName, Figures>;
}

/** The same in rows of so many slots each, the latest first, for those who cannot see a plot. Spans without a number are left out. */
export function rows({ step, first, length, series }: Timeline, size: number): Row[] {
    const result: Row[] = [];
    // Rows begin at full spans of the clock, so that they stay as they are while time goes on.
    for (let begin = Math.floor((first + length - 1) / size) * size; begin + size > first && length > 0; begin -= size) {
        const row = {
            from: begin * step,
            figures: mapSeries((name) => figures(series[name].slice(Math.max(0, begin - first), Math.max(0, begin + size - first)))),
        };
        if (SERIES.some((name) => row.figures[name].mean !== null))
            result.push(row);
    }
    return result;
}
