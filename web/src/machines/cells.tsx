// SPDX-License-Identifier: LGPL-2.1-or-later
// What stands in the columns of the list.
import { Button } from "@pf/Button";
import { Tooltip } from "@pf/Tooltip";
import ExclamationTriangleIcon from "@pf-icon/exclamation-triangle-icon";
import { useSyncExternalStore, type ComponentType, type ReactNode } from "react";

import type { Job, Machine, Sample } from "../bus/contract";
import { memoryUse } from "../components/memory";
import { Sparkline } from "../components/sparkline";
import { StateLabel } from "../components/state-label";
import { UsageBar } from "../components/usage-bar";
import { number, percent } from "../lib/format";
import { N_, _, fill, ngettext } from "../lib/i18n";
import { osName } from "../lib/os";
import { href, machinePath } from "../lib/route";
import { warningText } from "../lib/words";
import { useHouse } from "../store/context";
import type { ColumnId } from "./list-options";

interface CellProps { machine: Machine; job: Job | undefined }

export interface Column {
    id: ColumnId;
    label: string;
    /** Instead of the label, where that would be wider than what is below. */
    Icon?: ComponentType;
    /** The first choice of it brings the largest up. */
    largestFirst?: boolean;
    Cell: (props: CellProps) => ReactNode;
}

/** Only the cells that show a sample render with it, not their rows. */
function useSample(path: string): Sample | undefined {
    const { load } = useHouse().statistics;
    return useSyncExternalStore(load.follow, () => load.get().machines.get(path));
}

function NameCell({ machine: { UUID, Name, Title } }: CellProps) {
    return (
        <span className="machine-name">
            <a href={href(machinePath(UUID))}>{Name}</a>
            {Title && <span className="machine-title">{Title}</span>}
        </span>
    );
}

function StateCell({ machine, job }: CellProps) {
    return <StateLabel machine={machine} job={job} sample={useSample(machine.path)} />;
}

const NO_VALUES: readonly number[] = [];

function CPUCell({ machine: { path, VCPUs } }: CellProps) {
    const { load } = useHouse().statistics;
    const sample = useSample(path);
    const values = useSyncExternalStore(load.follow, () => load.get().cpu.get(path) ?? NO_VALUES);
    if (!sample)
        return null;
    const now = sample.CPUPercent === undefined ? "" : percent(sample.CPUPercent < 10 ? sample.CPUPercent : Math.round(sample.CPUPercent));
    return (
        <span className="machine-cpu">
            <Sparkline values={values} full={VCPUs * 100} label={now ? fill(_("CPU {percent}"), { percent: now }) : _("CPU")} />
            <span className="machine-number">{now}</span>
        </span>
    );
}

function MemoryCell({ machine }: CellProps) {
    const { used, given, text, explained } = memoryUse(machine, useSample(machine.path));
    return (
        <span className="machine-memory" title={explained || undefined}>
            <span>{text}</span>
            {used !== null && <UsageBar value={used} max={given} label={_("Memory")} text={text} />}
        </span>
    );
}

function AddressesCell({ machine: { Addresses } }: CellProps) {
    const [first, ...more] = Addresses;
    if (first === undefined)
        return null;
    return (
        <span className="machine-addresses">
            {first}
            {more.length > 0 && (
                <Tooltip content={more.join(", ")}>
                    <Button variant="link" isInline aria-label={fill(_("More addresses: {addresses}"), { addresses: more.join(", ") })}>
                        {fill(_("+{count}"), { count: more.length })}
                    </Button>
                </Tooltip>
            )}
        </span>
    );
}

const UNIT_STATES: Record<string, string> = {
    "active": N_("active"), "inactive": N_("inactive"), "failed": N_("failed"), "activating": N_("activating"),
    "deactivating": N_("deactivating"), "reloading": N_("reloading"), "maintenance": N_("maintenance"),
};

function UnitCell({ machine: { Unit, UnitState, Autostart } }: CellProps) {
    return (
        <span className="machine-unit" title={Unit || undefined}>
            <span data-state={UnitState}>{UNIT_STATES[UnitState] ? _(UNIT_STATES[UnitState]) : UnitState}</span>
            {Autostart && <span className="machine-detail">{_("starts with the host")}</span>}
        </span>
    );
}

function WarningsCell({ machine: { Warnings } }: CellProps) {
    if (Warnings.length === 0)
        return null;
    const texts = Warnings.map(warningText);
    return (
        <Tooltip content={<>{texts.map((text) => <div key={text}>{text}</div>)}</>}>
            <Button variant="plain" size="sm" icon={<ExclamationTriangleIcon className="machine-warning" />}
                    aria-label={fill(ngettext("{count} warning: {texts}", "{count} warnings: {texts}", Warnings.length),
                                     { count: Warnings.length, texts: texts.join(" ") })}>
                {number(Warnings.length)}
            </Button>
        </Tooltip>
    );
}

export const columns: readonly Column[] = [
    { id: "name", label: N_("Name"), Cell: NameCell },
    { id: "state", label: N_("State"), Cell: StateCell },
    { id: "cpu", label: N_("CPU"), largestFirst: true, Cell: CPUCell },
    { id: "memory", label: N_("Memory"), largestFirst: true, Cell: MemoryCell },
    { id: "vcpus", label: N_("vCPUs"), largestFirst: true, Cell: ({ machine }) => number(machine.VCPUs) },
    { id: "addresses", label: N_("Address"), Cell: AddressesCell },
    { id: "os", label: N_("System"), Cell: ({ machine }) => osName(machine.OSInfo) },
    { id: "unit", label: N_("Unit"), Cell: UnitCell },
    { id: "warnings", label: N_("Warnings"), Icon: ExclamationTriangleIcon, largestFirst: true, Cell: WarningsCell },
];
