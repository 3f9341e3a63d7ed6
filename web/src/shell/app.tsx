// SPDX-License-Identifier: LGPL-2.1-or-later
import { Page, PageSection } from "@pf/Page";
import { Suspense, lazy, useEffect, type ReactNode } from "react";

import { Actions } from "../actions/actions";
import { Boundary } from "../components/boundary";
import { Busy } from "../components/busy";
import { LinkTabs } from "../components/link-tabs";
import { _ } from "../lib/i18n";
import { href, usePlace } from "../lib/route";
import { MachinesPage } from "../machines/machines-page";
import { OverviewPage } from "../overview/overview-page";
import { JobsButton } from "./jobs";
import { LinkBanner } from "./link-banner";
import { NoticeArea } from "./notices";

// What neither list nor overview need comes after them.
const loadMachinePage = () => import("../machine/machine-page");
const MachinePage = lazy(loadMachinePage);
const ConsoleAlone = lazy(() => import("../machine/console/console-alone"));
/** The list is there by then. What is loaded opens at once, and an upgrade of the package does not take it away. */
const LATER_MS = 3000;

function content(path: string[]): ReactNode {
    const [area, uuid, tab] = path;
    if (area !== "machines")
        return <OverviewPage />;
    return uuid ? <MachinePage key={uuid} uuid={uuid} tab={tab} /> : <MachinesPage />;
}

export function App() {
    const { path, options } = usePlace();
    useEffect(() => {
        const timer = setTimeout(() => void loadMachinePage().catch(() => undefined), LATER_MS);
        return () => clearTimeout(timer);
    }, []);
    if (options.alone && path[0] === "machines" && path[1])
        return (
            <Actions>
                <Boundary><Suspense fallback={<Busy label={_("Loading …")} />}><ConsoleAlone uuid={path[1]} /></Suspense></Boundary>
                <NoticeArea />
            </Actions>
        );
    const area = path[0] === "machines" ? "machines" : "";
    return (
        <Page isContentFilled className="no-masthead-sidebar">
            <PageSection type="tabs" hasBodyWrapper={false}>
                <div className="areas">
                    <LinkTabs label={_("Areas")} active={area} tabs={[
                        { word: "", label: _("Overview"), href: href([]) },
                        { word: "machines", label: _("Machines"), href: href(["machines"]) },
                    ]} />
                    <JobsButton />
                </div>
            </PageSection>
            <LinkBanner />
            <Actions><Boundary key={path.slice(0, 2).join("/")}><Suspense fallback={<Busy label={_("Loading …")} />}>{content(path)}</Suspense></Boundary></Actions>
            <NoticeArea />
        </Page>
    );
}
