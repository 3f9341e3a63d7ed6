// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { ExpandableSection } from "@pf/ExpandableSection";
import { Skeleton } from "@pf/Skeleton";
import { useState } from "react";

import { checkAgain } from "../actions/host";
import type { Check } from "../bus/contract";
import { Since } from "../components/since";
import { _, fill, ngettext } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { notifyError } from "../shell/notices";
import { useHouse } from "../store/context";
import { FixDialog, type Deed } from "./fix-dialog";
import { FoldedCheck, WrongCheck } from "./check-items";
import { healthOf, type Health } from "./health";

/** "2 failed, 1 warning, 24 passed" */
function summary({ failed, warned, passed, skipped }: Health): string {
    const parts: [number, string][] = [
        [failed, ngettext("{count} failure", "{count} failures", failed)],
        [warned, ngettext("{count} warning", "{count} warnings", warned)],
        [passed.length, ngettext("{count} passed", "{count} passed", passed.length)],
        [skipped.length, ngettext("{count} does not apply", "{count} do not apply", skipped.length)],
    ];
    return parts.filter(([count]) => count > 0).map(([count, text]) => fill(text, { count })).join(_(", "));
}

/** Whether this host is fit for virtual machines: what is wrong first, with what mends it. */
export function HealthCard() {
    const house = useHouse();
    const agent = useValue(house.agent);
    const checks = useValue(house.checks);
    const jobs = useValue(house.jobs.all);
    const [asked, setAsked] = useState<{ check: Check; deed: Deed } | null>(null);
    const looking = [...jobs.values()].some(({ Operation, State }) => Operation === "validate" && State === "running");
    const missing = agent !== null && !agent.Plugins.includes("host");
    const health = healthOf(checks);

    const look = () => void checkAgain(house).catch((thrown: unknown) => notifyError(_("Check the host"), thrown));
    return (
        <Card isCompact>
            <CardHeader actions={{
                hasNoOffset: true,
                actions: !missing && (
                    <Button variant="secondary" size="sm" isDisabled={agent === null} isLoading={looking} spinnerAriaLabel={_("Checking …")}
                            onClick={() => looking || look()}>
                        {looking ? _("Checking …") : _("Check again")}
                    </Button>
                ),
            }}>
                <CardTitle component="h2">{_("Health of the host")}</CardTitle>
            </CardHeader>
            <CardBody>
                {missing && <p className="overview-quiet">{_("Nothing judges this host: the package hatago-host is not installed.")}</p>}
                {!missing && checks.size === 0 && (agent?.CheckedAt === 0
                    ? <p className="overview-quiet">{_("This host has not been checked yet.")}</p>
                    : <Skeleton width="60%" screenreaderText={_("Reading …")} />)}
                {checks.size > 0 && (
                    <>
                        <p className="health-summary" role="status">
                            <span>{health.wrong.length === 0 ? _("This host is ready for virtual machines.") : summary(health)}</span>
                            {agent && agent.CheckedAt > 0 && (
                                <Since when={agent.CheckedAt} say={(ago) => fill(_("checked {ago}"), { ago })} />
                            )}
                        </p>
                        <ul className="health-list">
                            {health.wrong.map((check) => <WrongCheck key={check.path} check={check} onAsk={(deed) => setAsked({ check, deed })} />)}
                        </ul>
                        <Folded checks={health.passed} onAsk={(check, deed) => setAsked({ check, deed })}
                                title={fill(ngettext("{count} check passed", "{count} checks passed", health.passed.length), { count: health.passed.length })} />
                        <Folded checks={health.skipped} onAsk={(check, deed) => setAsked({ check, deed })}
                                title={fill(ngettext("{count} check does not apply here", "{count} checks do not apply here", health.skipped.length),
                                            { count: health.skipped.length })} />
                    </>
                )}
            </CardBody>
            {asked && <FixDialog check={asked.check} deed={asked.deed} onClose={() => setAsked(null)} />}
        </Card>
    );
}

function Folded({ checks, title, onAsk }: { checks: readonly Check[]; title: string; onAsk: (check: Check, deed: Deed) => void }) {
    if (checks.length === 0)
        return null;
    return (
        <ExpandableSection toggleText={title}>
            <ul className="health-folded">
                {checks.map((check) => <FoldedCheck key={check.path} check={check} onAsk={(deed) => onAsk(check, deed)} />)}
            </ul>
        </ExpandableSection>
    );
}
