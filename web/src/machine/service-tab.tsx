// SPDX-License-Identifier: LGPL-2.1-or-later
// How a machine is a systemd service: its unit, what starts it, what it waits for, and its journal.
import { Stack, StackItem } from "@pf-layout/Stack";

import { obstacle } from "../actions/choices";
import { Alert } from "../components/alert";
import { _ } from "../lib/i18n";
import { useAnswers } from "../store/context";
import type { TabProps } from "./machine-page";
import { AutostartCard } from "./service/autostart-card";
import { JournalCard } from "./service/journal-card";
import { SettingsCard } from "./service/settings-card";
import { UnitCard } from "./service/unit-card";

import "./service/service.css";

const VERBS = ["set-autostart", "configure"];

export function ServiceTab({ machine }: TabProps) {
    const answers = useAnswers([machine], VERBS).get(machine.path);
    return (
        <Stack hasGutter>
            {machine.Unit
                ? <StackItem><UnitCard machine={machine} /></StackItem>
                : <StackItem><Alert isInline variant="info" title={_("This agent has no units: machines are not services here.")} /></StackItem>}
            <StackItem><AutostartCard machine={machine} obstacle={obstacle(answers?.["set-autostart"])} /></StackItem>
            {machine.Unit && <StackItem><SettingsCard machine={machine} obstacle={obstacle(answers?.configure)} /></StackItem>}
            {machine.Unit && <StackItem><JournalCard machine={machine} /></StackItem>}
        </Stack>
    );
}
