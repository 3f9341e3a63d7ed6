// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of machines. Of a thousand rows only those in sight, and a few beside them, are in the document.
import { Table, Th, Thead, Tr } from "@pf-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";

import type { Job, Machine } from "../bus/contract";
import { _ } from "../lib/i18n";
import { columns } from "./cells";
import type { ColumnId, ListOptions } from "./list-options";
import { MachineRow } from "./machine-row";

/** What a row takes where it was not measured yet. */
const ROW_PX = 53;
/** Rows above and below those in sight: enough for a turn of the wheel. */
const BESIDE = 6;

interface MachineTableProps {
    rows: readonly Machine[];
    jobs: ReadonlyMap<string, Job>;
    options: ListOptions;
    /** Columns that are not shown. */
    hidden: ReadonlySet<ColumnId>;
    selected: ReadonlySet<string>;
    onSort: (column: ColumnId) => void;
    onSelect: (path: string, isSelected: boolean, isRange: boolean) => void;
    onSelectAll: (isSelected: boolean) => void;
}

/** What scrolls around an element: the main part of the page. */
function scrollParent(element: HTMLElement | null): HTMLElement | null {
    for (let parent = element?.parentElement; parent; parent = parent.parentElement)
        if (/auto|scroll/.test(getComputedStyle(parent).overflowY))
            return parent;
    return document.scrollingElement as HTMLElement | null;
}

export function MachineTable({ rows, jobs, options, hidden, selected, onSort, onSelect, onSelectAll }: MachineTableProps) {
    const body = useRef<HTMLTableSectionElement>(null);
    const [above, setAbove] = useState(0);
    // eslint-disable-next-line react-hooks/incompatible-library -- no compiler is used, and what it returns goes no further
    const virtualizer = useVirtualizer({
        count: rows.length,
        getScrollElement: () => scrollParent(body.current),
        estimateSize: () => ROW_PX,
        getItemKey: useCallback((index: number) => rows[index]?.path ?? index, [rows]),
        overscan: BESIDE,
        scrollMargin: above,
        initialRect: { width: 1280, height: 800 },
    });

    // How far below the top of what scrolls the rows begin: a panel above them comes and goes.
    useLayoutEffect(() => {
        const rowsBegin = body.current;
        const scroller = scrollParent(rowsBegin);
        if (!rowsBegin || !scroller)
            return undefined;
        const measure = () =>
            setAbove(Math.round(rowsBegin.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop));
        const observer = new ResizeObserver(measure);
        observer.observe(rowsBegin.closest("section") ?? scroller);
        measure();
        return () => observer.disconnect();
    }, []);

    /** Up and down lead to the same control of the next row. */
    const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const from = (event.target as HTMLElement).closest<HTMLElement>("tr[data-index]");
        const control = (event.target as HTMLElement).closest<HTMLElement>("a, input, button");
        if (!step || !from || !control || control.getAttribute("aria-expanded") === "true")
            return;
        const to = Number(from.dataset.index) + step;
        if (to < 0 || to >= rows.length)
            return;
        event.preventDefault();
        const place = [...from.querySelectorAll<HTMLElement>("a, input, button")].indexOf(control);
        virtualizer.scrollToIndex(to);
        requestAnimationFrame(() => {
            const controls = body.current?.querySelector(`tr[data-index="${to}"]`)?.querySelectorAll<HTMLElement>("a, input, button");
            controls?.[Math.min(place, controls.length - 1)]?.focus();
        });
    };

    const items = virtualizer.getVirtualItems();
    const before = (items[0]?.start ?? above) - above;
    const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? above) - above);
    const shown = columns.filter(({ id }) => !hidden.has(id));
    const chosen = rows.filter(({ path }) => selected.has(path)).length;

    return (
        <Table variant="compact" gridBreakPoint="" isStickyHeader className="machine-table" aria-label={_("Machines")}
               role="table" aria-rowcount={rows.length + 1} onKeyDown={onKeyDown}>
            <Thead>
                <Tr aria-rowindex={1}>
                    <th role="columnheader" scope="col" className="pf-v6-c-table__th machine-check">
                        <label>
                            <input type="checkbox" aria-label={_("Select all")} checked={chosen > 0 && chosen === rows.length}
                                   ref={(input) => {
                                       if (input)
                                           input.indeterminate = chosen > 0 && chosen < rows.length;
                                   }}
                                   onChange={(event) => onSelectAll(event.target.checked)} />
                            <span className="machine-check-all" aria-hidden="true">{_("Select all")}</span>
                        </label>
                    </th>
                    {shown.map(({ id, label, Icon }, i) => (
                        <Th key={id} data-column={id} modifier="nowrap"
                            sort={{
                                columnIndex: i,
                                sortBy: options.sort === id ? { index: i, direction: options.descending ? "desc" : "asc" } : {},
                                onSort: () => onSort(id),
                            }}>
                            {Icon ? <><Icon /><span className="pf-v6-screen-reader">{_(label)}</span></> : _(label)}
                        </Th>
                    ))}
                    <Th screenReaderText={_("Actions")} className="machine-actions" />
                </Tr>
            </Thead>
            <tbody ref={body} role="rowgroup" className="pf-v6-c-table__tbody">
                {before > 0 && <tr aria-hidden="true" className="machine-gap"><td style={{ blockSize: before }} /></tr>}
                {items.map(({ index, key }) => {
                    const machine = rows[index];
                    return machine && (
                        <MachineRow key={key} machine={machine} job={jobs.get(machine.path)} index={index}
                                    isSelected={selected.has(machine.path)} hidden={hidden} onSelect={onSelect}
                                    measure={virtualizer.measureElement} />
                    );
                })}
                {after > 0 && <tr aria-hidden="true" className="machine-gap"><td style={{ blockSize: after }} /></tr>}
            </tbody>
        </Table>
    );
}
