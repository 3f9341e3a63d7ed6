// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { SearchInput } from "@pf/SearchInput";
import { ToggleGroup, ToggleGroupItem } from "@pf/ToggleGroup";
import { Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from "@pf/Toolbar";
import ExclamationTriangleIcon from "@pf-icon/exclamation-triangle-icon";
import { useEffect, useRef } from "react";

import { number } from "../lib/format";
import { GROUPS, type StateGroup } from "../lib/groups";
import { N_, _, fill, ngettext } from "../lib/i18n";
import type { Counts } from "./arrange";
import { ColumnsMenu } from "./columns-menu";
import { isNarrowed, type ColumnId, type ListOptions } from "./list-options";

const GROUP_LABELS: Record<StateGroup, string> = { on: N_("Running"), paused: N_("Paused"), off: N_("Off"), crashed: N_("Crashed") };

interface ListToolbarProps {
    options: ListOptions;
    /** Columns that have no room. */
    narrow: ReadonlySet<ColumnId>;
    counts: Counts;
    /** How many match. */
    matching: number;
    onChange: (change: Partial<ListOptions>) => void;
}

/** What the list is narrowed to. */
export function ListToolbar({ options, narrow, counts, matching, onChange }: ListToolbarProps) {
    const search = useRef<HTMLInputElement>(null);

    // "/" leads to the search, as on many pages.
    useEffect(() => {
        const onKey = (event: KeyboardEvent) => {
            const within = (event.target as HTMLElement).closest("input, textarea, [role=dialog], [role=menu]");
            if (event.key !== "/" || within || event.ctrlKey || event.metaKey || event.altKey)
                return;
            event.preventDefault();
            search.current?.focus();
        };
        document.addEventListener("keydown", onKey);
        return () => document.removeEventListener("keydown", onKey);
    }, []);

    const groups = GROUPS.filter((group) => counts.states[group] > 0 || options.state === group || group === "on" || group === "off");
    return (
        <Toolbar className="machine-toolbar" inset={{ default: "insetNone" }}>
            <ToolbarContent>
                <ToolbarItem className="machine-search">
                    <SearchInput ref={search} value={options.q} aria-label={_("Search machines")}
                                 placeholder={_("Name, title, address, system, UUID")}
                                 onChange={(_event, q) => onChange({ q })} onClear={() => onChange({ q: "" })}
                                 resetButtonLabel={_("Clear the search")} />
                </ToolbarItem>
                <ToolbarItem>
                    <ToggleGroup aria-label={_("State")}>
                        <ToggleGroupItem text={_("All")} isSelected={options.state === ""} onChange={() => onChange({ state: "" })} />
                        {groups.map((group) => (
                            <ToggleGroupItem key={group} isSelected={options.state === group}
                                             text={`${_(GROUP_LABELS[group])} ${number(counts.states[group])}`}
                                             onChange={() => onChange({ state: options.state === group ? "" : group })} />
                        ))}
                    </ToggleGroup>
                </ToolbarItem>
                {(counts.attention > 0 || options.attention) && (
                    <ToolbarItem>
                        <ToggleGroup aria-label={_("Attention")}>
                            <ToggleGroupItem isSelected={options.attention} icon={<ExclamationTriangleIcon className="machine-warning" />}
                                             text={fill(_("Needs attention {count}"), { count: number(counts.attention) })}
                                             onChange={() => onChange({ attention: !options.attention })} />
                        </ToggleGroup>
                    </ToolbarItem>
                )}
                <ToolbarGroup align={{ default: "alignEnd" }}>
                    <ToolbarItem className="machine-count" aria-live="polite">
                        {isNarrowed(options)
                            ? fill(ngettext("{some} of {all} machine", "{some} of {all} machines", counts.all),
                                   { some: number(matching), all: number(counts.all) })
                            : fill(ngettext("{count} machine", "{count} machines", counts.all), { count: number(counts.all) })}
                    </ToolbarItem>
                    {isNarrowed(options) && (
                        <ToolbarItem>
                            <Button variant="link" isInline onClick={() => onChange({ q: "", state: "", attention: false })}>
                                {_("Clear filters")}
                            </Button>
                        </ToolbarItem>
                    )}
                    <ToolbarItem><ColumnsMenu options={options} narrow={narrow} onChange={onChange} /></ToolbarItem>
                </ToolbarGroup>
            </ToolbarContent>
        </Toolbar>
    );
}
