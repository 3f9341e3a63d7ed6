// SPDX-License-Identifier: LGPL-2.1-or-later
// A console that has a tab of the browser to itself: #/machines/UUID/console?alone=1
import { Bullseye } from "@pf-layout/Bullseye";
import { EmptyState } from "@pf/EmptyState";
import { useEffect } from "react";

import { Boundary } from "../../components/boundary";
import { _ } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { useHouse, useMachine } from "../../store/context";
import { Console } from "./console-tab";

export default function ConsoleAlone({ uuid }: { uuid: string }) {
    const machine = useMachine(uuid);
    const link = useValue(useHouse().link);
    const name = machine?.Name;
    useEffect(() => {
        if (name)
            document.title = name;
    }, [name]);
    if (!machine)
        return <Bullseye><EmptyState headingLevel="h1" titleText={link.state === "connecting" ? _("Reading …") : _("There is no such machine.")} /></Bullseye>;
    return <main className="console-page"><Boundary><Console machine={machine} alone /></Boundary></main>;
}
