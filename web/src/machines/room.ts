// SPDX-License-Identifier: LGPL-2.1-or-later
// Which columns have no room in a narrow window: what matters least goes first. A choice of columns stays what it is.
import { useMemo, useSyncExternalStore } from "react";

import { parseHidden, type ColumnId } from "./list-options";

/** From this width on, in pixels, machines stand in a table; below it each has a card. As in machines.css. */
const TABLE = 760;
/** What each needs at least. */
const NEEDED: [column: ColumnId, px: number][] = [["vcpus", 1300], ["unit", 1170], ["os", 1030], ["addresses", 920]];
/** Of a card there is room for these. */
const IN_CARDS: ColumnId[] = ["addresses"];

export const withoutRoom = (width: number): ColumnId[] => NEEDED
    .filter(([column, px]) => width < px && !(width < TABLE && IN_CARDS.includes(column))).map(([column]) => column);

function follow(follower: () => void): () => void {
    window.addEventListener("resize", follower);
    return () => window.removeEventListener("resize", follower);
}

/** The same of this window. */
export function useWithoutRoom(): ReadonlySet<ColumnId> {
    const columns = useSyncExternalStore(follow, () => withoutRoom(window.innerWidth).join());
    return useMemo(() => parseHidden(columns), [columns]);
}
