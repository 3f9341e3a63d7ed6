// SPDX-License-Identifier: LGPL-2.1-or-later
// One plot over time, drawn by uPlot. It comes in a chunk of its own: only the summary of a machine needs it.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";

import { language } from "../../lib/i18n";
import type { Values } from "../../store/series";

export interface Line {
    label: string;
    values: Values;
}

export interface PlotProps {
    /** What it shows, for those who cannot see it. */
    description: string;
    /** Seconds since the epoch, of each value. */
    times: readonly number[];
    /** The first is solid and filled, the second dashed. */
    lines: readonly Line[];
    from: number;
    to: number;
    /** Where the axis ends at least. */
    top: number;
    /** Bytes are cut at powers of two, all else at tens. */
    binary: boolean;
    format: (value: number) => string;
    /** The place that the pointer is at, null: none. */
    onPoint: (index: number | null) => void;
}

const HEIGHT = 150;
const POWERS = Array.from({ length: 50 }, (_, power) => 2 ** power);
const TENS = Array.from({ length: 13 }, (_, power) => [1, 2, 2.5, 5].map((part) => part * 10 ** (power - 1))).flat();
/** Where all plots of a machine show the same moment. */
const SYNC = "machine";

/** Changes whenever the colours do. */
function useThemeCount(): number {
    const [count, setCount] = useState(0);
    useEffect(() => {
        const observer = new MutationObserver(() => setCount((before) => before + 1));
        observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
        return () => observer.disconnect();
    }, []);
    return count;
}

/** What a colour of the style sheet is now, as a canvas takes it. */
function colour(element: HTMLElement, property: string): string {
    const probe = document.createElement("span");
    probe.style.color = `var(${property})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
}

const faint = (color: string): string => color.replace(/^rgb\((.*)\)$/, "rgba($1, 0.15)");

const clock = (seconds: number): string =>
    new Intl.DateTimeFormat(language(), { hour: "numeric", minute: "2-digit" }).format(seconds * 1000);

function options(element: HTMLElement, latest: { current: PlotProps }): uPlot.Options {
    const { lines, binary, format } = latest.current;
    const text = colour(element, "--plot-text");
    const grid = { stroke: colour(element, "--plot-grid"), width: 1 };
    const font = `12px ${getComputedStyle(element).fontFamily}`;
    return {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, sync: { key: SYNC }, points: { size: 7 } },
        scales: {
            x: { time: true, range: () => [latest.current.from, latest.current.to] },
            y: { range: (_plot, _least, most) => [0, Math.max(latest.current.top, (most ?? 0) * 1.05)] },
        },
        axes: [
            { stroke: text, font, grid, ticks: { show: false }, size: 26, space: 70, values: (_plot, ticks) => ticks.map(clock) },
            {
                stroke: text, font, grid, ticks: { show: false }, size: 76, space: 32, incrs: binary ? POWERS : TENS,
                values: (_plot, ticks) => ticks.map(format),
            },
        ],
        series: [{}, ...lines.map(({ label }, i) => {
            const stroke = colour(element, `--plot-${i + 1}`);
            return {
                label, stroke, width: 1.5, points: { show: false }, spanGaps: false,
                ...i === 0 ? { fill: faint(stroke) } : { dash: [5, 3] },
            };
        })],
        hooks: { setCursor: [(plot) => latest.current.onPoint(plot.cursor.idx ?? null)] },
    };
}

const rows = ({ times, lines }: PlotProps): uPlot.AlignedData =>
    [[...times], ...lines.map(({ values }) => [...values])];

export default function Plot(props: PlotProps) {
    const { description, times, lines, from, to } = props;
    const ref = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const latest = useRef(props);
    const theme = useThemeCount();
    useEffect(() => {
        latest.current = props;
    });

    useEffect(() => {
        const element = ref.current!;
        const made = new uPlot(options(element, latest), rows(latest.current), element);
        const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
        observer.observe(element);
        plot.current = made;
        return () => {
            observer.disconnect();
            made.destroy();
            plot.current = null;
        };
    }, [theme]);

    useEffect(() => plot.current?.setData(rows(latest.current)), [times, lines, from, to]);

    return <div ref={ref} className="plot" role="img" aria-label={description} />;
}
