// SPDX-License-Identifier: LGPL-2.1-or-later
import { Breadcrumb, BreadcrumbItem } from "@pf/Breadcrumb";
import { EmptyState, EmptyStateBody } from "@pf/EmptyState";
import { PageSection } from "@pf/Page";
import { useEffect, useState, type ComponentType } from "react";

import type { Machine } from "../bus/contract";
import { Boundary } from "../components/boundary";
import { LinkTabs } from "../components/link-tabs";
import { N_, _, fill } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { href, machinePath } from "../lib/route";
import { useHouse, useMachine } from "../store/context";
import { ConsoleTab } from "./console/console-tab";
import { HardwareTab } from "./hardware-tab";
import { Head } from "./head";
import { ServiceTab } from "./service-tab";
import { SummaryTab } from "./summary-tab";
import { drafts, isUnsaved } from "./xml/drafts";
import { LeftDraft } from "./xml/left-draft";
import { XMLTab } from "./xml/xml-tab";

export interface TabProps { machine: Machine }

const tabs: { word: string; label: string; Content: ComponentType<TabProps> }[] = [
    { word: "summary", label: N_("Summary"), Content: SummaryTab },
    { word: "console", label: N_("Console"), Content: ConsoleTab },
    { word: "hardware", label: N_("Hardware"), Content: HardwareTab },
    { word: "service", label: N_("Service"), Content: ServiceTab },
    { word: "xml", label: "XML", Content: XMLTab },
];

/** There is one for all tabs: only the open one is rendered. */
const PANEL = "machine-part";

export default function MachinePage({ uuid, tab = "summary" }: { uuid: string; tab?: string | undefined }) {
    const machine = useMachine(uuid);
    const name = useLastName(machine);
    const { Content, word, label } = tabs.find(({ word }) => word === tab) ?? tabs[0]!;
    useTitle(name && fill(_("{name}: {tab}"), { name, tab: _(label) }));

    if (!machine)
        return <Missing uuid={uuid} name={name} />;
    return (
        <>
            <PageSection type="breadcrumb">
                <Breadcrumb aria-label={_("Way back")}>
                    <BreadcrumbItem to={href(["machines"])}>{_("Machines")}</BreadcrumbItem>
                    <BreadcrumbItem isActive>{machine.Name}</BreadcrumbItem>
                </Breadcrumb>
                <Head machine={machine} tab={word} />
            </PageSection>
            <PageSection type="tabs">
                <LinkTabs label={_("Parts of the machine")} active={word} panel={PANEL}
                          tabs={tabs.map(({ word, label }) => ({ word, label: _(label), href: href(machinePath(uuid, word)) }))} />
            </PageSection>
            <PageSection isFilled id={PANEL} role="tabpanel" aria-label={_(label)}>
                <Boundary key={word}><Content machine={machine} /></Boundary>
            </PageSection>
        </>
    );
}

/** What it was called when it was last seen; empty: it never was. */
function useLastName(machine: Machine | undefined): string {
    const [name, setName] = useState("");
    if (machine && machine.Name !== name)
        setName(machine.Name);
    return machine?.Name ?? name;
}

/** The title of the window, while the page is there. */
function useTitle(title: string): void {
    useEffect(() => {
        const before = document.title;
        if (title)
            document.title = title;
        return () => {
            document.title = before;
        };
    }, [title]);
}

/** There is none: not yet, never, or no longer. */
function Missing({ uuid, name }: { uuid: string; name: string }) {
    const { state } = useValue(useHouse().link);
    const draft = useValue(drafts).get(uuid);
    const title = state !== "ready" && !name ? _("Reading …")
        : name ? fill(_("{name} has been removed."), { name }) : _("There is no such machine.");
    return (
        <PageSection>
            <EmptyState titleText={title} headingLevel="h1">
                <EmptyStateBody><a href={href(["machines"])}>{_("All machines")}</a></EmptyStateBody>
            </EmptyState>
            {draft && isUnsaved(draft) && <LeftDraft uuid={uuid} draft={draft} />}
        </PageSection>
    );
}
