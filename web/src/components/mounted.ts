// SPDX-License-Identifier: LGPL-2.1-or-later
import { useEffect, useRef } from "react";

/** Tells, whenever it is called, whether the component is still there: what ends later may find it gone, or another in its place. */
export function useMounted(): () => boolean {
    const mounted = useRef(false);
    useEffect(() => {
        mounted.current = true;
        return () => { mounted.current = false; };
    }, []);
    return () => mounted.current;
}
