// SPDX-License-Identifier: LGPL-2.1-or-later
// The plots as a table: means and peaks of spans.
import { Table, Tbody, Td, Th, Thead, Tr } from "@pf-table";
import { useMemo } from "react";

import { dateTime } from "../../lib/format";
import { _, fill } from "../../lib/i18n";
import type { Range } from "../../store/history";
import { rows, type Timeline } from "../../store/series";
import { figure, type Kind } from "./kinds";

/** Slots in a row: five minutes of an hour, two hours of a day. */
const SIZE = 60;

interface PlotTableProps { kinds: readonly Kind[]; timeline: Timeline; range: Range }

export function PlotTable({ kinds, timeline, range }: PlotTableProps) {
    const table = useMemo(() => rows(timeline, SIZE), [timeline]);
    const columns = kinds.flatMap((kind) => kind.lines.map(({ name, label }) => ({
        kind, name, title: kind.lines.length > 1 ? `${_(kind.title)}, ${_(label)}` : _(kind.title),
    })));
    return (
        <Table variant="compact" gridBreakPoint="grid-xl"
               aria-label={range === "hour" ? _("The last hour, in spans of five minutes") : _("The last day, in spans of two hours")}>
            <Thead>
                <Tr>
                    <Th>{_("Since")}</Th>
                    {columns.map(({ name, title }) => <Th key={name} modifier="wrap">{title}</Th>)}
                </Tr>
            </Thead>
            <Tbody>
                {table.map(({ from, figures }) => (
                    <Tr key={from}>
                        <Th scope="row" dataLabel={_("Since")}>{dateTime(from)}</Th>
                        {columns.map(({ kind, name, title }) => (
                            <Td key={name} dataLabel={title}>
                                {figures[name].mean === null ? "–" : fill(_("{mean} (at most {most})"), {
                                    mean: figure(kind, figures[name].mean), most: figure(kind, figures[name].most),
                                })}
                            </Td>
                        ))}
                    </Tr>
                ))}
            </Tbody>
        </Table>
    );
}
