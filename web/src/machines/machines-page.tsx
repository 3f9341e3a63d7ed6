// SPDX-License-Identifier: LGPL-2.1-or-later
import { PageSection } from "@pf/Page";
import { Title } from "@pf/Title";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { RunPanel } from "../actions/run-panel";
import type { Job, Machine } from "../bus/contract";
import { tellsState } from "../components/state";
import { _ } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { useHouse } from "../store/context";
import type { House } from "../store/house";
import { NOTHING, type Load } from "../store/statistics";
import { Arranger } from "./arrange";
import { BulkBar } from "./bulk-bar";
import { columns } from "./cells";
import { NoMachines, NothingMatches, Reading } from "./empty";
import { isNarrowed, type ColumnId } from "./list-options";
import { MachineTable } from "./machine-table";
import { useWithoutRoom } from "./room";
import { ListToolbar } from "./toolbar";
import { useListOptions } from "./use-list-options";

import "./machines.css";

export function MachinesPage() {
    const house = useHouse();
    const machines = useValue(house.machines);
    const link = useValue(house.link);
    const agent = useValue(house.agent);
    const jobs = useJobs(house);
    const [options, change] = useListOptions();
    const [arranger] = useState(() => new Arranger());
    const load = useOrderingLoad(house, options.sort);
    const narrow = useWithoutRoom();
    const hidden = useMemo(() => new Set([...options.hidden, ...narrow]), [options.hidden, narrow]);
    const { rows, counts } = useMemo(() => arranger.arrange(machines.values(), options, load), [arranger, machines, options, load]);
    const selection = useSelection(rows);
    useEffect(() => house.statistics.watch(), [house]);

    const onSort = (column: ColumnId) => change({
        sort: column,
        descending: column === options.sort ? !options.descending : columns.find(({ id }) => id === column)?.largestFirst ?? false,
    });
    const isRead = link.state !== "connecting" && agent?.Ready === true;
    return (
        <PageSection hasBodyWrapper={false} className="machines">
            <Title headingLevel="h1">{_("Machines")}</Title>
            {machines.size > 0 && (
                <>
                    <ListToolbar options={options} narrow={narrow} counts={counts} matching={rows.length} onChange={change} />
                    <RunPanel />
                    <BulkBar machines={selection.chosen} onClear={selection.clear} />
                    {rows.length > 0 && (
                        <MachineTable rows={rows} jobs={jobs} options={options} hidden={hidden} selected={selection.selected}
                                      onSort={onSort} onSelect={selection.select} onSelectAll={selection.selectAll} />
                    )}
                    {rows.length === 0 && isNarrowed(options) && (
                        <NothingMatches onClear={() => change({ q: "", state: "", attention: false })} />
                    )}
                </>
            )}
            {machines.size === 0 && (isRead ? <NoMachines /> : link.state !== "lost" && <Reading />)}
        </PageSection>
    );
}

/** What is under way on each machine. */
function useJobs(house: House): ReadonlyMap<string, Job> {
    const all = useValue(house.jobs.all);
    return useMemo(() => new Map([...all.values()].filter(tellsState)
        .flatMap((job) => job.Objects.map((path) => [path, job] as const))), [all]);
}

/** What machines take, if that is what they are ordered by: else the list need not follow it. */
function useOrderingLoad(house: House, sort: ColumnId): Load {
    const { load } = house.statistics;
    const ordering = sort === "cpu" || sort === "memory";
    return useSyncExternalStore(load.follow, () => ordering ? load.get() : NOTHING);
}

/** Which machines are chosen. What the list no longer shows is not acted on. */
function useSelection(rows: readonly Machine[]) {
    const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
    const shown = useRef(rows);
    const last = useRef<string | null>(null);
    useEffect(() => { shown.current = rows; }, [rows]);

    const select = useCallback((path: string, isSelected: boolean, isRange: boolean) => {
        const paths = shown.current.map((row) => row.path);
        const from = isRange && last.current !== null ? paths.indexOf(last.current) : -1;
        const to = paths.indexOf(path);
        last.current = path;
        setSelected((before) => {
            const next = new Set(before);
            for (const one of from < 0 ? [path] : paths.slice(Math.min(from, to), Math.max(from, to) + 1))
                if (isSelected)
                    next.add(one);
                else
                    next.delete(one);
            return next;
        });
    }, []);
    const selectAll = useCallback((isSelected: boolean) =>
        setSelected(new Set(isSelected ? shown.current.map((row) => row.path) : [])), []);
    const clear = useCallback(() => setSelected(new Set()), []);
    const chosen = useMemo(() => selected.size === 0 ? [] : rows.filter(({ path }) => selected.has(path)), [rows, selected]);
    return { selected, chosen, select, selectAll, clear };
}
