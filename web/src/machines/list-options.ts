// SPDX-License-Identifier: LGPL-2.1-or-later
// What the list is narrowed to and how it is ordered: in the URL, so that it can be kept and passed on.
import { GROUPS, type StateGroup } from "../lib/groups";
import type { Options } from "../lib/route";

export const COLUMNS = ["name", "state", "cpu", "memory", "vcpus", "addresses", "os", "unit", "warnings"] as const;
export type ColumnId = typeof COLUMNS[number];

/** Those that can be left out. */
export const OPTIONAL: readonly ColumnId[] = COLUMNS.slice(2);

export interface ListOptions {
    q: string;
    state: StateGroup | "";
    attention: boolean;
    sort: ColumnId;
    descending: boolean;
    hidden: ReadonlySet<ColumnId>;
}

/** Nothing is hidden; an empty value would not stand in the URL. */
const NONE = "none";
const isColumn = (word: string): word is ColumnId => (COLUMNS as readonly string[]).includes(word);

/** stored: which columns somebody hid before, where the URL says nothing of it. What is not understood is as not said. */
export function parseOptions(options: Options, stored = ""): ListOptions {
    const sort = (options.sort ?? "").replace(/^-/, "");
    const state = options.state as StateGroup;
    return {
        q: options.q ?? "",
        state: GROUPS.includes(state) ? state : "",
        attention: options.attention === "yes",
        sort: isColumn(sort) ? sort : "name",
        descending: isColumn(sort) && (options.sort ?? "").startsWith("-"),
        hidden: parseHidden(options.hidden || stored),
    };
}

export function parseHidden(text: string): ReadonlySet<ColumnId> {
    return new Set(text.split(",").filter(isColumn).filter((id) => OPTIONAL.includes(id)));
}

export const formatHidden = (hidden: ReadonlySet<ColumnId>): string => [...hidden].join(",") || NONE;

/** For the URL: what is as by default is left out. */
export function formatOptions({ q, state, attention, sort, descending, hidden }: ListOptions, stored = ""): Options {
    const columns = formatHidden(hidden);
    return {
        q,
        state,
        attention: attention ? "yes" : "",
        sort: sort === "name" && !descending ? "" : (descending ? "-" : "") + sort,
        hidden: columns === (stored || NONE) ? "" : columns,
    };
}

export const isNarrowed = ({ q, state, attention }: ListOptions): boolean => q !== "" || state !== "" || attention;
