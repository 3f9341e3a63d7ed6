// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * The path of a sparkline through values, newest at the right edge, in a box of that size; -1 is a gap. full: the value at
 * the top. count: how many values the width holds. Coordinates have one digit after the point: nobody sees more.
 */
export function sparkPath(values: readonly number[], { width, height, full, count }:
{ width: number; height: number; full: number; count: number }): { line: string; area: string } {
    const step = width / Math.max(1, count - 1);
    const shown = values.slice(-count);
    const x = (i: number) => (width - (shown.length - 1 - i) * step).toFixed(1);
    const y = (value: number) => (height - Math.min(1, value / full) * height).toFixed(1);
    let line = "", area = "";
    for (let i = 0; i < shown.length; i++) {
        if (shown[i]! < 0)
            continue;
        const begin = i;
        while (i + 1 < shown.length && shown[i + 1]! >= 0)
            i++;
        const points = shown.slice(begin, i + 1).map((value, j) => `${x(begin + j)} ${y(value)}`);
        line += `M${points.join("L")}`;
        area += `M${x(begin)} ${height}L${points.join("L")}L${x(i)} ${height}Z`;
    }
    return { line, area };
}
