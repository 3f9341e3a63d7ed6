// SPDX-License-Identifier: LGPL-2.1-or-later
import { Bullseye } from "@pf-layout/Bullseye";
import { EmptyState, EmptyStateBody } from "@pf/EmptyState";

import type { Machine } from "../../bus/contract";
import { Busy } from "../../components/busy";
import { _ } from "../../lib/i18n";
import { go, usePlace } from "../../lib/route";
import type { TabProps } from "../machine-page";
import { ConsoleView } from "./console-view";
import { SpiceNote } from "./spice-note";
import { usePorts } from "./use-session";

import "./console.css";

export function ConsoleTab({ machine }: TabProps) {
    return <Console machine={machine} />;
}

/** Which console is shown stands in the URL (port=…). alone: nothing else is on the page. */
export function Console({ machine, alone = false }: { machine: Machine; alone?: boolean }) {
    const { path, options } = usePlace();
    const ports = usePorts(machine);
    if (!ports)
        return <Bullseye><Busy label={_("Reading …")} /></Bullseye>;

    const port = ports.find(({ key }) => key === options.port) ?? ports[0];
    if (!port)
        return (
            <EmptyState titleText={_("This machine has no console")} headingLevel="h2">
                <EmptyStateBody>{_("It has neither a display nor a serial line. Both are devices of its hardware.")}</EmptyStateBody>
            </EmptyState>
        );
    const choose = (key: string) => go(path, { ...options, port: key }, { replace: true });
    if (!port.shown)
        return <SpiceNote machine={machine} port={port} ports={ports} onChoose={choose} />;
    return <ConsoleView key={port.key} machine={machine} port={port} ports={ports} alone={alone} onChoose={choose} />;
}
