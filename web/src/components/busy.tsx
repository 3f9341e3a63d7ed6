// SPDX-License-Identifier: LGPL-2.1-or-later
import { Spinner, type SpinnerProps } from "@pf/Spinner";

/** Something is under way: label says what. isLasting: that may take minutes. */
interface Props { label: string; isLasting?: boolean; size?: SpinnerProps["size"] }

export function Busy({ label, isLasting = false, size = "xl" }: Props) {
    return <Spinner size={size} aria-label={label} aria-valuetext={label} {...isLasting ? { "data-lasting": true } : {}} />;
}
