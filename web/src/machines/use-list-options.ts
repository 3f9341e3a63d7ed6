// SPDX-License-Identifier: LGPL-2.1-or-later
import { useCallback, useMemo, useState } from "react";

import { go, usePlace, type Options } from "../lib/route";
import { formatHidden, formatOptions, parseOptions, type ListOptions } from "./list-options";

const STORED = "hatago:hidden-columns";

/**
 * The options of the list and what changes them. They stand in the URL, replaced with each change: the back button leads out of
 * the list. What somebody types is there at once, whenever the URL follows.
 */
export function useListOptions(): [ListOptions, (change: Partial<ListOptions>) => void] {
    const place = usePlace();
    const [stored, setStored] = useState(() => localStorage.getItem(STORED) ?? "");
    const [given, setGiven] = useState<Options>(place.options);
    const [followed, setFollowed] = useState(place.options);
    if (place.options !== followed) {
        setFollowed(place.options);
        setGiven(place.options);
    }
    const options = useMemo(() => parseOptions(given, stored), [given, stored]);

    const change = useCallback((part: Partial<ListOptions>) => {
        const next = { ...options, ...part };
        let kept = stored;
        if (part.hidden) {
            kept = formatHidden(part.hidden);
            localStorage.setItem(STORED, kept);
            setStored(kept);
        }
        const formatted = formatOptions(next, kept);
        setGiven(formatted);
        go(["machines"], formatted, { replace: true });
    }, [options, stored]);
    return [options, change];
}
