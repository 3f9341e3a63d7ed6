// SPDX-License-Identifier: LGPL-2.1-or-later
// What became of each machine of which many were told to do something.
import { AlertActionLink } from "@pf/Alert";
import { ExpandableSection } from "@pf/ExpandableSection";
import { Progress } from "@pf/Progress";
import CheckCircleIcon from "@pf-icon/check-circle-icon";
import ExclamationCircleIcon from "@pf-icon/exclamation-circle-icon";
import InProgressIcon from "@pf-icon/in-progress-icon";
import MinusCircleIcon from "@pf-icon/minus-circle-icon";
import { memo, useState, type ComponentType } from "react";

import { Alert } from "../components/alert";
import { number } from "../lib/format";
import { N_, _, fill, ngettext } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { href, machinePath } from "../lib/route";
import { errorText } from "../lib/words";
import { useRuns } from "./act";
import { count, wentWell, type Deed, type Run } from "./runs";

import "./run-panel.css";

const STATES: Record<Deed["state"], { text: string; Icon: ComponentType }> = {
    "under-way": { text: N_("under way"), Icon: InProgressIcon },
    "done": { text: N_("done"), Icon: CheckCircleIcon },
    "failed": { text: N_("failed"), Icon: ExclamationCircleIcon },
    "needless": { text: N_("nothing to do"), Icon: MinusCircleIcon },
};

/** Those that need somebody's eyes come first. */
const ORDER: Deed["state"][] = ["failed", "under-way", "done", "needless"];

export function RunPanel() {
    const runs = useValue(useRuns().all);
    return <>{runs.map((run) => <RunResult key={run.id} run={run} />)}</>;
}

/** While it goes on, and where something failed, each machine is told of; what went well folds up to a line. */
function RunResult({ run }: { run: Run }) {
    const runs = useRuns();
    const [isExpanded, setExpanded] = useState(run.deeds.length <= 10);
    const counts = count(run);
    const ended = run.deeds.length - counts["under-way"];
    const variant = counts["under-way"] > 0 ? "info" : counts.failed > 0 ? "danger" : "success";
    const title = fill(_("{verb}: {done} of {all} done"), {
        verb: _(run.verb.label), done: number(counts.done), all: number(run.deeds.length),
    });
    const failed = counts.failed > 0
        ? fill(ngettext("{count} machine failed", "{count} machines failed", counts.failed), { count: number(counts.failed) }) : "";
    const deeds = (
        <div className="run-deeds" tabIndex={0} role="group" aria-label={title}>
            <ul>
                {ORDER.flatMap((state) => run.deeds.filter((deed) => deed.state === state))
                    .map((deed) => <DeedItem key={deed.path} deed={deed} />)}
            </ul>
        </div>
    );
    const isWell = wentWell(run);
    return (
        <Alert isInline variant={variant} className="run-panel" title={failed ? `${title}, ${failed}` : title} isLiveRegion
               isExpandable={isWell} toggleAriaLabel={_("Show each machine")} onClose={() => runs.close(run.id)}
               actionLinks={counts.failed > 0 && counts["under-way"] === 0 && (
                   <AlertActionLink onClick={() => runs.retry(run.id)}>{_("Try those that failed again")}</AlertActionLink>
               )}>
            {counts["under-way"] > 0 && (
                <Progress value={ended} max={run.deeds.length} measureLocation="none" size="sm" aria-label={title} />
            )}
            {isWell ? deeds : (
                <ExpandableSection isExpanded={isExpanded} onToggle={(_event, expanded) => setExpanded(expanded)}
                                   toggleText={isExpanded ? _("Hide machines") : _("Show each machine")}>
                    {deeds}
                </ExpandableSection>
            )}
        </Alert>
    );
}

const DeedItem = memo(function DeedItem({ deed }: { deed: Deed }) {
    const { text, Icon } = STATES[deed.state];
    return (
        <li className="run-deed" data-state={deed.state}>
            <span className="run-deed-icon" aria-hidden="true"><Icon /></span>
            <a href={href(machinePath(deed.uuid))}>{deed.name}</a>
            <span>{deed.error ? errorText(deed.error) : _(text)}</span>
        </li>
    );
});
