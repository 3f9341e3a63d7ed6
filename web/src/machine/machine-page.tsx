// SPDX-License-Identifier: LGPL-2.1-or-later
import { Breadcrumb, BreadcrumbItem } from "@pf/Breadcrumb";
import { EmptyState, EmptyStateBody } from "@pf/EmptyState";
import { PageSection } from "@pf/Page";
import { Tab, TabTitleText, Tabs } from "@pf/Tabs";
import { Title } from "@pf/Title";
import type { ComponentType } from "react";

import type { Machine } from "../bus/contract";
import { N_, _ } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { go, href, machinePath } from "../lib/route";
import { useHouse, useMachine } from "../store/context";
import { ConsoleTab } from "./console/console-tab";
import { HardwareTab } from "./hardware-tab";
import { ServiceTab } from "./service-tab";
import { SummaryTab } from "./summary-tab";
import { XMLTab } from "./xml/xml-tab";

export interface TabProps { machine: Machine }

const tabs: { word: string; label: string; Content: ComponentType<TabProps> }[] = [
    { word: "summary", label: N_("Summary"), Content: SummaryTab },
    { word: "console", label: N_("Console"), Content: ConsoleTab },
    { word: "hardware", label: N_("Hardware"), Content: HardwareTab },
    { word: "service", label: N_("Service"), Content: ServiceTab },
    { word: "xml", label: "XML", Content: XMLTab },
];

export function MachinePage({ uuid, tab = "summary" }: { uuid: string; tab?: string | undefined }) {
    const machine = useMachine(uuid);
    const link = useValue(useHouse().link);
    const { Content, word } = tabs.find(({ word }) => word === tab) ?? tabs[0]!;

    if (!machine)
        return (
            <PageSection>
                <EmptyState titleText={link.state === "connecting" ? _("Reading …") : _("There is no such machine.")}>
                    <EmptyStateBody><a href={href(["machines"])}>{_("All machines")}</a></EmptyStateBody>
                </EmptyState>
            </PageSection>
        );
    return (
        <>
            <PageSection type="breadcrumb">
                <Breadcrumb>
                    <BreadcrumbItem to={href(["machines"])}>{_("Machines")}</BreadcrumbItem>
                    <BreadcrumbItem isActive>{machine.Name}</BreadcrumbItem>
                </Breadcrumb>
                <Title headingLevel="h1">{machine.Name}</Title>
            </PageSection>
            <PageSection type="tabs">
                <Tabs activeKey={word} usePageInsets aria-label={_("Parts of the machine")}
                      onSelect={(_event, key) => go(machinePath(uuid, String(key)))}>
                    {tabs.map(({ word, label }) => (
                        <Tab key={word} eventKey={word} title={<TabTitleText>{_(label)}</TabTitleText>}
                             href={href(machinePath(uuid, word))} />
                    ))}
                </Tabs>
            </PageSection>
            <PageSection isFilled>
                <Content machine={machine} />
            </PageSection>
        </>
    );
}
