// SPDX-License-Identifier: LGPL-2.1-or-later
// The landing page: what this host is, what its machines take of it, whether it is fit for them, and what happens.
import { Card, CardBody, CardTitle } from "@pf/Card";
import { PageSection } from "@pf/Page";

import { _ } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { ordered } from "../shell/job-words";
import { JobList } from "../shell/jobs";
import { useHouse, useLoad } from "../store/context";
import { EventsCard } from "./events-card";
import { HealthCard } from "./health-card";
import { HostFacts } from "./host-facts";
import { BusiestCard, MachinesCard } from "./machines-card";
import { MemoryCard, ProcessorCard } from "./resources";

import "./overview.css";

export function OverviewPage() {
    const agent = useValue(useHouse().agent);
    const load = useLoad({ host: true });
    return (
        <>
            <PageSection>
                <HostFacts agent={agent} />
            </PageSection>
            <PageSection isFilled>
                <div className="overview">
                    <div className="overview-numbers">
                        <ProcessorCard agent={agent} load={load} />
                        <MemoryCard agent={agent} load={load} />
                        <MachinesCard />
                    </div>
                    <div className="overview-main"><HealthCard /></div>
                    <div className="overview-side">
                        <JobsCard />
                        <BusiestCard load={load} />
                        <EventsCard />
                    </div>
                </div>
            </PageSection>
        </>
    );
}

function JobsCard() {
    const jobs = ordered(useValue(useHouse().jobs.all));
    return (
        <Card isCompact>
            <CardTitle component="h2">{_("Jobs")}</CardTitle>
            <CardBody>
                {jobs.length > 0 ? <JobList jobs={jobs} /> : <p className="overview-quiet">{_("Nothing is under way.")}</p>}
            </CardBody>
        </Card>
    );
}
