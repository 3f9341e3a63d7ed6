// SPDX-License-Identifier: LGPL-2.1-or-later
import "./usage-bar.css";

interface UsageBarProps {
    value: number;
    max: number;
    /** What is used: "Memory". */
    label: string;
    /** The same in words: "512 MiB / 1 GiB". */
    text: string;
}

/** From here on there is little left. */
const NEARLY_FULL = 0.9;

/** How much of something is used: a bar. The words for it stand beside it. */
export function UsageBar({ value, max, label, text }: UsageBarProps) {
    const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
    return (
        <span className="usage-bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100}
              aria-valuenow={Math.round(share * 100)} aria-valuetext={text} data-full={share >= NEARLY_FULL || undefined}>
            <span style={{ inlineSize: `${share * 100}%` }} />
        </span>
    );
}
