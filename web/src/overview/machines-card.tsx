// SPDX-License-Identifier: LGPL-2.1-or-later
import { Card, CardBody, CardTitle } from "@pf/Card";
import { EmptyState, EmptyStateBody } from "@pf/EmptyState";
import { Skeleton } from "@pf/Skeleton";
import ExclamationCircleIcon from "@pf-icon/exclamation-circle-icon";
import PauseCircleIcon from "@pf-icon/pause-circle-icon";
import PlayCircleIcon from "@pf-icon/play-circle-icon";
import PowerOffIcon from "@pf-icon/power-off-icon";
import QuestionCircleIcon from "@pf-icon/question-circle-icon";
import type { ComponentType } from "react";

import { Sparkline } from "../components/sparkline";
import { number, percent } from "../lib/format";
import { N_, _, fill } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { href, machinePath } from "../lib/route";
import { useHouse } from "../store/context";
import type { Load } from "../store/statistics";
import { busiest, COUNTED, countGroups, type Group } from "./numbers";

const BUSIEST = 5;

const LOOKS: Record<Group, { label: string; Icon: ComponentType }> = {
    on: { label: N_("Running"), Icon: PlayCircleIcon },
    paused: { label: N_("Paused"), Icon: PauseCircleIcon },
    off: { label: N_("Off"), Icon: PowerOffIcon },
    crashed: { label: N_("Crashed"), Icon: ExclamationCircleIcon },
    other: { label: N_("Unknown"), Icon: QuestionCircleIcon },
};

/** How many there are of each kind; always those that run and those that are off. */
export function MachinesCard() {
    const house = useHouse();
    const machines = useValue(house.machines);
    const { state } = useValue(house.link);
    const counts = countGroups(machines);
    const shown = COUNTED.filter((group) => counts[group] > 0 || group === "on" || group === "off");
    return (
        <Card isCompact isFullHeight>
            <CardTitle component="h2">{_("Machines")}</CardTitle>
            <CardBody>
                <div className="resource-space">
                    {state === "connecting" && machines.size === 0
                        ? <><Skeleton fontSize="2xl" width="40%" screenreaderText={_("Reading …")} /><Skeleton /><Skeleton width="70%" /></>
                        : (
                            <>
                                <p><span className="resource-number">{number(machines.size)}</span> <a href={href(["machines"])}>{_("All machines")}</a></p>
                                <ul className="machine-groups">
                                    {shown.map((group) => {
                                        const { label, Icon } = LOOKS[group];
                                        return (
                                            <li key={group} data-group={group}>
                                                <span className="machine-groups-icon" aria-hidden="true"><Icon /></span>
                                                {counts[group] > 0 && group !== "other"
                                                    ? <a href={href(["machines"], { state: group })}>{_(label)}</a> : <span>{_(label)}</span>}
                                                <strong>{number(counts[group])}</strong>
                                            </li>
                                        );
                                    })}
                                </ul>
                            </>
                        )}
                </div>
            </CardBody>
        </Card>
    );
}

/** The few that take most of the processors, with how that went. */
export function BusiestCard({ load }: { load: Load }) {
    const house = useHouse();
    const machines = useValue(house.machines);
    const { state } = useValue(house.link);
    const rows = busiest(machines, load, BUSIEST);
    return (
        <Card isCompact>
            <CardTitle component="h2">{_("Busiest machines")}</CardTitle>
            <CardBody>
                {state === "ready" && machines.size === 0
                    ? (
                        <EmptyState titleText={_("No machines yet")} headingLevel="h3" variant="xs">
                            <EmptyStateBody>{_("A machine that is made with virsh, virt-manager or hatago define shows here at once.")}</EmptyStateBody>
                        </EmptyState>
                    )
                    : rows.length === 0 && state === "ready" && load.when > 0 ? <p className="overview-quiet">{_("No machine runs.")}</p> : (
                        <>
                            <ol className="busiest">
                                {rows.map(({ machine, percent: taken }) => (
                                    <li key={machine.path}>
                                        <a href={href(machinePath(machine.UUID))}>{machine.Name}</a>
                                        <Sparkline values={load.cpu.get(machine.path) ?? []} full={100 * machine.VCPUs} width={96}
                                                   label={fill(_("Processor time of {name} in the last five minutes"), { name: machine.Name })} />
                                        <span>{percent(taken)}</span>
                                    </li>
                                ))}
                                {rows.length === 0 && <li><Skeleton width="40%" screenreaderText={_("Reading …")} /></li>}
                            </ol>
                            {machines.size > BUSIEST && <a href={href(["machines"], { sort: "-cpu" })}>{_("All, by processor time")}</a>}
                        </>
                    )}
            </CardBody>
        </Card>
    );
}
