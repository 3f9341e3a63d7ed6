// SPDX-License-Identifier: LGPL-2.1-or-later
import { MenuToggle } from "@pf/MenuToggle";
import { Select, SelectGroup, SelectList, SelectOption } from "@pf/Select";
import ColumnsIcon from "@pf-icon/columns-icon";
import { useState } from "react";

import { popperAtEnd } from "../components/popper";
import { _ } from "../lib/i18n";
import { columns } from "./cells";
import { OPTIONAL, type ColumnId, type ListOptions } from "./list-options";

interface ColumnsMenuProps {
    options: ListOptions;
    /** Columns that have no room: chosen or not, they are not there. */
    narrow: ReadonlySet<ColumnId>;
    onChange: (change: Partial<ListOptions>) => void;
}

/** Which columns are shown, and the order: where the screen is too narrow for headings, this is the way to sort. */
export function ColumnsMenu({ options, narrow, onChange }: ColumnsMenuProps) {
    const [isOpen, setOpen] = useState(false);
    const choose = (value: string) => {
        const [what, id] = value.split(":") as [string, ColumnId];
        if (what === "sort") {
            const again = options.sort === id;
            const largestFirst = columns.find((column) => column.id === id)?.largestFirst ?? false;
            onChange({ sort: id, descending: again ? !options.descending : largestFirst });
            return;
        }
        const hidden = new Set(options.hidden);
        if (!hidden.delete(id))
            hidden.add(id);
        onChange({ hidden });
    };
    return (
        <Select className="columns-menu" role="menu" isOpen={isOpen} onOpenChange={setOpen} shouldFocusFirstItemOnOpen
                onSelect={(_event, value) => choose(String(value))}
                popperProps={popperAtEnd} isScrollable maxMenuHeight="min(40rem, 75vh)"
                toggle={(ref) => (
                    <MenuToggle ref={ref} variant="plain" icon={<ColumnsIcon />} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}
                                aria-label={_("Columns and order")} />
                )}>
            {isOpen && (
                <>
                    <SelectGroup label={_("Columns")}>
                        <SelectList aria-label={_("Columns")}>
                            {columns.filter(({ id }) => OPTIONAL.includes(id)).map(({ id, label }) => (
                                <SelectOption key={id} value={`show:${id}`} hasCheckbox isSelected={!options.hidden.has(id)}
                                              description={narrow.has(id) ? _("No room in this window") : undefined}>
                                    {_(label)}
                                </SelectOption>
                            ))}
                        </SelectList>
                    </SelectGroup>
                    <SelectGroup label={_("Order")}>
                        <SelectList aria-label={_("Order")}>
                            {columns.map(({ id, label }) => (
                                <SelectOption key={id} value={`sort:${id}`} isSelected={options.sort === id}>
                                    {_(label)}
                                    {options.sort === id && (
                                        <span className="pf-v6-screen-reader">{options.descending ? _("descending") : _("ascending")}</span>
                                    )}
                                </SelectOption>
                            ))}
                        </SelectList>
                    </SelectGroup>
                </>
            )}
        </Select>
    );
}
