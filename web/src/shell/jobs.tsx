// SPDX-License-Identifier: LGPL-2.1-or-later
// What is under way, whoever asked for it: a list for the overview, and a button for all pages that opens the same.
import { Button } from "@pf/Button";
import { Popover } from "@pf/Popover";
import { Progress } from "@pf/Progress";
import CheckCircleIcon from "@pf-icon/check-circle-icon";
import ExclamationCircleIcon from "@pf-icon/exclamation-circle-icon";
import MinusCircleIcon from "@pf-icon/minus-circle-icon";

import type { Job } from "../bus/contract";
import { Busy } from "../components/busy";
import { Since } from "../components/since";
import { _, fill, ngettext } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { href, machinePath } from "../lib/route";
import { useHouse } from "../store/context";
import { jobTitle, ordered, resultText, subjects } from "./job-words";
import { notifyError } from "./notices";

import "./jobs.css";

/** More would not fit; how many more there are is said. */
const SHOWN = 12;

function ResultIcon({ job }: { job: Job }) {
    if (job.State === "running")
        return <Busy size="sm" isLasting label={_("running")} />;
    if (job.Result === "done")
        return <CheckCircleIcon />;
    return job.Result === "canceled" ? <MinusCircleIcon /> : <ExclamationCircleIcon />;
}

function JobItem({ job }: { job: Job }) {
    const house = useHouse();
    const title = jobTitle(job);
    const about = subjects(house, job);
    const named = [title, ...about.map(({ name }) => name)].join(" ");
    const cancel = () => void house.jobs.cancel(job.path).catch((thrown: unknown) =>
        notifyError(fill(_("{verb}: {name}"), { verb: _("Cancel"), name: named }), thrown));
    const text = resultText(job);
    return (
        <li className="job" data-result={job.State === "running" ? "running" : job.Result}>
            <span className="job-icon"><ResultIcon job={job} /></span>
            <span className="job-text">
                <span>
                    {title}{" "}
                    {about.map(({ name, machine }, i) => (
                        <span key={i}>{i > 0 && _(", ")}{machine ? <a href={href(machinePath(machine.UUID))}>{name}</a> : name}</span>
                    ))}
                </span>
                {job.State === "running" && job.ProgressValid && (
                    <Progress value={Math.floor(job.Progress * 100)} size="sm" measureLocation="none"
                              aria-label={fill(_("Progress of {name}"), { name: named })} />
                )}
                <span className="job-detail">
                    {text && <span>{text}</span>}
                    <Since when={job.StartedAt} />
                </span>
            </span>
            {job.State === "running" && job.Cancelable && (
                <Button variant="link" size="sm" isInline onClick={cancel}
                        aria-label={fill(_("{verb}: {name}"), { verb: _("Cancel"), name: named })}>
                    {_("Cancel")}
                </Button>
            )}
        </li>
    );
}

export function JobList({ jobs }: { jobs: readonly Job[] }) {
    const more = jobs.length - SHOWN;
    return (
        <>
            <ul className="jobs">{jobs.slice(0, SHOWN).map((job) => <JobItem key={job.path} job={job} />)}</ul>
            {more > 0 && <p className="job-detail">{fill(ngettext("and {count} more", "and {count} more", more), { count: more })}</p>}
        </>
    );
}

/** On every page: how many run, and which, once it is opened. */
export function JobsButton() {
    const jobs = ordered(useValue(useHouse().jobs.all));
    const running = jobs.filter(({ State }) => State === "running").length;
    return (
        <Popover headerContent={_("Jobs")} headerComponent="h2" position="bottom-end" minWidth="min(24rem, 90vw)" aria-label={_("Jobs")}
                 closeBtnAriaLabel={_("Close")}
                 bodyContent={jobs.length > 0 ? <JobList jobs={jobs} /> : <p>{_("Nothing is under way.")}</p>}>
            <Button variant="plain" className="jobs-button"
                    icon={running > 0 ? <Busy size="sm" isLasting label={_("running")} /> : undefined}>
                {running > 0 ? fill(ngettext("{count} job", "{count} jobs", running), { count: running }) : _("Jobs")}
            </Button>
        </Popover>
    );
}
