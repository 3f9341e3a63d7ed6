// SPDX-License-Identifier: LGPL-2.1-or-later
import { sparkPath } from "./plot";

import "./sparkline.css";

interface SparklineProps {
    /** Oldest first; -1: not known. */
    values: readonly number[];
    /** The value that reaches the top. */
    full: number;
    /** What it shows, with the number. */
    label: string;
    /** How many values the width holds. */
    count?: number;
    width?: number;
    height?: number;
}

/** How a number went, without axes: what it is now stands beside it. */
export function Sparkline({ values, full, label, count = 60, width = 72, height = 20 }: SparklineProps) {
    const { line, area } = sparkPath(values, { width, height: height - 2, full, count });
    return (
        <svg className="sparkline" role="img" aria-label={label} width={width} height={height} viewBox={`0 -1 ${width} ${height}`}
             preserveAspectRatio="none">
            <path className="sparkline-area" d={area} />
            <path className="sparkline-line" d={line} />
        </svg>
    );
}
