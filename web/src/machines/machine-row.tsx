// SPDX-License-Identifier: LGPL-2.1-or-later
import { memo, type Ref } from "react";

import { MachineMenu } from "../actions/machine-menu";
import type { Job, Machine } from "../bus/contract";
import { _, fill } from "../lib/i18n";
import { columns } from "./cells";
import type { ColumnId } from "./list-options";

interface MachineRowProps {
    machine: Machine;
    job: Job | undefined;
    /** Its place among all that match, from 0. */
    index: number;
    isSelected: boolean;
    hidden: ReadonlySet<ColumnId>;
    onSelect: (path: string, isSelected: boolean, isRange: boolean) => void;
    /** Tells how high it has become. */
    measure: Ref<HTMLTableRowElement>;
}

/** A machine in the list. It renders only if something of it has changed: objects of machines are the same ones until then. */
export const MachineRow = memo(function MachineRow({ machine, job, index, isSelected, hidden, onSelect, measure }: MachineRowProps) {
    return (
        // The first row is that of the headings.
        <tr ref={measure} role="row" data-index={index} aria-rowindex={index + 2} aria-selected={isSelected} className="pf-v6-c-table__tr">
            <td role="cell" className="pf-v6-c-table__td machine-check">
                <label>
                    <input type="checkbox" checked={isSelected} aria-label={fill(_("Select {name}"), { name: machine.Name })}
                           onChange={(event) =>
                               onSelect(machine.path, event.target.checked, (event.nativeEvent as MouseEvent).shiftKey === true)} />
                </label>
            </td>
            {columns.map(({ id, label, Cell }) => !hidden.has(id) && (
                <td key={id} role="cell" data-column={id} data-label={_(label)} className="pf-v6-c-table__td">
                    <Cell machine={machine} job={job} />
                </td>
            ))}
            <td role="cell" className="pf-v6-c-table__td pf-v6-c-table__action machine-actions">
                <MachineMenu machine={machine} />
            </td>
        </tr>
    );
});
