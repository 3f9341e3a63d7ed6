// SPDX-License-Identifier: LGPL-2.1-or-later
// Processors and memory of the host, and what machines take of them.
import { Card, CardBody, CardTitle } from "@pf/Card";
import { Skeleton } from "@pf/Skeleton";

import type { Agent, Machine } from "../bus/contract";
import { Sparkline } from "../components/sparkline";
import { bytes, number, percent } from "../lib/format";
import { _, fill, ngettext } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { useHouse } from "../store/context";
import type { Load } from "../store/statistics";
import { machinesLine, hostMemoryUse, processorUse, type Use } from "./numbers";

interface ResourceProps { agent: Agent | null; load: Load }

const share = (value: number | null): string => value === null ? "" : percent(value * 100);

/** From here on there is little left. */
const NEARLY_ALL = 0.9;

/** What machines take, beside what the rest of the host does: a bar in two parts, with a legend that says both. */
function ShareBar({ use, label, amount }: { use: Use; label: string; amount: (share: number) => string }) {
    const machines = use.machines ?? 0;
    const rest = Math.max(0, (use.used ?? machines) - machines);
    return (
        <div className="share" data-full={(use.used ?? 0) >= NEARLY_ALL || undefined}>
            <div className="share-bar" role="img" aria-label={fill(_("{what}: machines {machines}, the rest of the host {rest}"), {
                what: label, machines: amount(machines), rest: use.used === null ? _("unknown") : amount(rest),
            })}>
                <span className="share-machines" style={{ inlineSize: `${machines * 100}%` }} />
                <span className="share-rest" style={{ inlineSize: `${rest * 100}%` }} />
            </div>
            <ul className="share-legend">
                <Key look="share-machines" label={_("Machines")} amount={use.machines === null ? "–" : amount(machines)} />
                <Key look="share-rest" label={_("Rest of the host")} amount={use.used === null ? "–" : amount(rest)} />
            </ul>
        </div>
    );
}

/** Its colour is that of the part of the bar. */
function Key({ look, label, amount }: { look: string; label: string; amount: string }) {
    return <li><span className={`share-key ${look}`} aria-hidden="true" />{label} <strong>{amount}</strong></li>;
}

function Waiting() {
    return (
        <div className="resource-space">
            <Skeleton fontSize="2xl" width="40%" screenreaderText={_("Reading …")} /><Skeleton /><Skeleton width="70%" />
        </div>
    );
}

export function ProcessorCard({ agent, load }: ResourceProps) {
    const machines = useValue(useHouse().machines);
    return (
        <Card isCompact isFullHeight>
            <CardTitle component="h2">{_("Processors")}</CardTitle>
            <CardBody>{agent ? <Processors agent={agent} load={load} machines={machines} /> : <Waiting />}</CardBody>
        </Card>
    );
}

type UseProps = { agent: Agent; load: Load; machines: ReadonlyMap<string, Machine> };

function Processors({ agent, load, machines }: UseProps) {
    const use = processorUse(agent, machines, load);
    const line = machinesLine(agent, load);
    return (
        <div className="resource-space">
            <div className="resource-head">
                <p>
                    <span className="resource-number">{share(use.used) || "–"}</span>{" "}
                    {agent.CPUs > 0 && fill(ngettext("of {count} CPU busy", "of {count} CPUs busy", agent.CPUs),
                                            { count: number(agent.CPUs) })}
                </p>
                <span className="resource-line">
                    <Sparkline values={line} full={Math.max(0.1, ...line) * 1.1} width={96} height={28}
                               label={fill(_("What machines took of the processors in the last five minutes; now {share}"),
                                           { share: share(use.machines) || "–" })} />
                    <span aria-hidden="true">{_("Machines, 5 min")}</span>
                </span>
            </div>
            <ShareBar use={use} label={_("Processors")} amount={(part) => percent(part * 100)} />
            <p className="resource-note">
                {fill(ngettext("{count} virtual CPU given to machines that are on", "{count} virtual CPUs given to machines that are on", use.given),
                      { count: number(use.given) })}
            </p>
        </div>
    );
}

export function MemoryCard({ agent, load }: ResourceProps) {
    const machines = useValue(useHouse().machines);
    return (
        <Card isCompact isFullHeight>
            <CardTitle component="h2">{_("Memory")}</CardTitle>
            <CardBody>{agent ? <MemoryUse agent={agent} load={load} machines={machines} /> : <Waiting />}</CardBody>
        </Card>
    );
}

function MemoryUse({ agent, load, machines }: UseProps) {
    const use = hostMemoryUse(agent, machines, load);
    const amount = (part: number) => bytes(Math.round(part * agent.Memory));
    return (
        <div className="resource-space">
            <div className="resource-head">
                <p>
                    <span className="resource-number">{use.used === null ? "–" : amount(use.used)}</span>{" "}
                    {agent.Memory > 0 && fill(_("of {size} used"), { size: bytes(agent.Memory) })}
                </p>
            </div>
            <ShareBar use={use} label={_("Memory")} amount={amount} />
            <p className="resource-note" data-much={use.given > agent.Memory || undefined}>
                {use.given > agent.Memory && agent.Memory > 0
                    ? fill(_("{given} given to machines that are on: more than there is"), { given: bytes(use.given) })
                    : fill(_("{given} given to machines that are on"), { given: bytes(use.given) })}
            </p>
        </div>
    );
}
