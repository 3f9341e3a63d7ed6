// SPDX-License-Identifier: LGPL-2.1-or-later
import { ClipboardCopy } from "@pf/ClipboardCopy";
import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@pf/EmptyState";

import type { Machine } from "../../bus/contract";
import { _, fill } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { useHouse } from "../../store/context";
import { PortChoice } from "./port-choice";
import type { Port } from "./ports";

interface Props {
    machine: Machine;
    port: Port;
    ports: readonly Port[];
    onChoose: (key: string) => void;
}

/** For displays that no browser can show: how to see them all the same. */
export function SpiceNote({ machine, port, ports, onChoose }: Props) {
    const agent = useValue(useHouse().agent);
    return (
        <>
            <PortChoice ports={ports} port={port} onChoose={onChoose} />
            <EmptyState titleText={fill(_("A browser cannot show a display of type {type}"), { type: port.type })} headingLevel="h2">
                <EmptyStateBody>{_("On a computer with virt-viewer and hatago, this command shows it over ssh:")}</EmptyStateBody>
                <EmptyStateFooter>
                    <ClipboardCopy variant="inline-compact" isCode isBlock isReadOnly hoverTip={_("Copy")} clickTip={_("Copied")}
                                   copyAriaLabel={_("Copy")} textAriaLabel={_("Command")}>
                        {`hatago -H ${agent?.Hostname ?? "HOST"} view --display=${port.number} -- ${machine.UUID}`}
                    </ClipboardCopy>
                </EmptyStateFooter>
            </EmptyState>
        </>
    );
}
