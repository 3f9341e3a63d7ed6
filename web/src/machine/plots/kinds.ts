// SPDX-License-Identifier: LGPL-2.1-or-later
// Which plots a machine has, and how their numbers are said.
import type { Machine } from "../../bus/contract";
import { bytes, dateTime, percent, rate } from "../../lib/format";
import { N_, _, fill } from "../../lib/i18n";
import { figures, type SeriesName, type Timeline } from "../../store/series";

export interface Kind {
    word: string;
    title: string;
    lines: { name: SeriesName; label: string }[];
    binary: boolean;
    format: (value: number) => string;
    /** Where the axis ends at least. */
    top: (machine: Machine) => number;
    /** What the numbers mean, where that needs a word. */
    note?: string;
    /** Of what it tells; without any there is nothing to plot. */
    of?: "Disks" | "Interfaces";
}

export const KINDS: Kind[] = [
    {
        word: "cpu", title: N_("CPU"), binary: false, format: percent, top: ({ VCPUs }) => 100 * VCPUs,
        note: N_("100 % is one processor of the host."),
        lines: [{ name: "CPUPercent", label: N_("CPU") }],
    },
    {
        word: "memory", title: N_("Memory"), binary: true, format: bytes, top: ({ Memory }) => Memory,
        lines: [{ name: "MemoryUsed", label: N_("used by the guest") }, { name: "MemoryRSS", label: N_("held of the host's") }],
    },
    {
        word: "disks", title: N_("Disks"), of: "Disks", binary: true, format: rate, top: () => 1024,
        lines: [{ name: "DiskReadRate", label: N_("read") }, { name: "DiskWriteRate", label: N_("written") }],
    },
    {
        word: "network", title: N_("Network"), of: "Interfaces", binary: true, format: rate, top: () => 1024,
        lines: [{ name: "NetworkReceiveRate", label: N_("received") }, { name: "NetworkTransmitRate", label: N_("sent") }],
    },
];

/** Those of what a machine has, or had in the time that is shown. */
export const kindsOf = (machine: Machine, timeline: Timeline | null): Kind[] => KINDS.filter(({ of, lines }) =>
    !of || machine[of]?.length !== 0 || lines.some(({ name }) => timeline?.series[name].some((value) => value !== null && value > 0)));

export const figure = (kind: Kind, value: number | null): string => value === null ? "–" : kind.format(value);

/** A plot in words: what it was last, in the mean, and at most. */
export function describe(kind: Kind, timeline: Timeline): string {
    const lines = kind.lines.map(({ name, label }) => {
        const { last, mean, most } = figures(timeline.series[name]);
        return fill(_("{label}: now {now}, mean {mean}, at most {most}"), {
            label: _(label), now: figure(kind, last), mean: figure(kind, mean), most: figure(kind, most),
        });
    });
    return `${_(kind.title)}. ${lines.join("; ")}`;
}

/** Seconds since the epoch, of each slot. */
export const timesOf = ({ step, first, length }: Timeline): number[] =>
    Array.from({ length }, (_, i) => (first + i) * step / 1e6);

export const whenText = (seconds: number): string => dateTime(seconds * 1e6);
