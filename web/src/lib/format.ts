// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers and times for people, in their language.
import { language } from "./i18n";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Three digits: "512 MiB", "1.5 GiB", "20.1 GiB". Bytes come from the bus as they are. */
export function bytes(value: number): string {
    let unit = 0;
    // 1023.9 KiB would be written as 1,024.
    while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
        value /= 1024;
        unit++;
    }
    const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
    return `${number(value, digits)} ${UNITS[unit]}`;
}

export const rate = (value: number): string => `${bytes(value)}/s`;

export function number(value: number, digits = 0): string {
    return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
}

/** Of a percentage as the bus has it: 100 is one. */
export const percent = (value: number): string => `${number(value, value < 10 ? 1 : 0)} %`;

/** Microseconds since the epoch, as on the bus, to a Date. */
export const date = (micros: number): Date => new Date(micros / 1000);

export function dateTime(micros: number): string {
    return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "medium" }).format(date(micros));
}

const SPANS: [Intl.RelativeTimeFormatUnit, number][] =
    [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** "5 minutes ago", of microseconds since the epoch. */
export function ago(micros: number, now = Date.now()): string {
    const seconds = Math.max(0, Math.round((now - micros / 1000) / 1000));
    const [unit, size] = SPANS.find(([, size]) => seconds >= size) ?? ["second", 1];
    return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

/** A span in microseconds: "2 h 5 min", "45 s"; the two largest parts. */
export function span(micros: number): string {
    let left = Math.round(micros / 1e6);
    const parts: string[] = [];
    for (const [unit, size] of SPANS) {
        const count = Math.floor(left / size);
        left -= count * size;
        if (count > 0 && parts.length < 2)
            parts.push(new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short" }).format(count));
    }
    return parts.join(" ") || new Intl.NumberFormat(language(), { style: "unit", unit: "second", unitDisplay: "short" }).format(0);
}
