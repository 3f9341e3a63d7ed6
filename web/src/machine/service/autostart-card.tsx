// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether the boot of the host starts it, and who sees to that.
import { AlertActionLink } from "@pf/Alert";
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { HelperText } from "@pf/HelperText";
import { List, ListItem } from "@pf/List";
import { Switch } from "@pf/Switch";
import { Stack, StackItem } from "@pf-layout/Stack";
import { useState } from "react";

import type { Machine } from "../../bus/contract";
import { Alert } from "../../components/alert";
import { Note } from "../../components/note";
import { _, fill } from "../../lib/i18n";
import { notifyError } from "../../shell/notices";
import { useHouse } from "../../store/context";
import { setAutostart } from "../../store/service";
import { startersText } from "./service-words";

/** obstacle: why the user may not change it; empty: nothing is in the way. */
export function AutostartCard({ machine, obstacle }: { machine: Machine; obstacle: string }) {
    const house = useHouse();
    const [busy, setBusy] = useState(false);
    const by = machine.AutostartBy ?? [];
    const bySystemd = by.includes("systemd");

    const set = (autostart: boolean) => {
        setBusy(true);
        setAutostart(house, machine.path, autostart)
            .catch((thrown: unknown) => notifyError(fill(_("{name}: start with the host"), { name: machine.Name }), thrown))
            .finally(() => setBusy(false));
    };
    return (
        <Card>
            <CardHeader><CardTitle component="h2">{_("Start with the host")}</CardTitle></CardHeader>
            <CardBody>
                <Stack hasGutter>
                    <StackItem>
                        <Switch id="autostart" label={_("The boot of the host starts this machine")} isChecked={machine.Autostart}
                                isDisabled={busy || bySystemd || obstacle !== ""} aria-describedby="autostart-why"
                                onChange={(_event, checked) => set(checked)} />
                        <HelperText id="autostart-why">
                            {obstacle && <Note>{obstacle}</Note>}
                            {bySystemd && (
                                <Note>
                                    {fill(_("To change it here, take that back first: systemctl disable {unit}"), { unit: `'${machine.Unit}'` })}
                                </Note>
                            )}
                        </HelperText>
                    </StackItem>
                    {by.length > 0 && (
                        <StackItem>
                            <List isPlain>{startersText(machine).map((text) => <ListItem key={text}>{text}</ListItem>)}</List>
                        </StackItem>
                    )}
                    {by.includes("libvirt") && <StackItem><TakeOver obstacle={obstacle} busy={busy} onTakeOver={() => set(true)} /></StackItem>}
                </Stack>
            </CardBody>
        </Card>
    );
}

function TakeOver({ obstacle, busy, onTakeOver }: { obstacle: string; busy: boolean; onTakeOver: () => void }) {
    return (
        <Alert isInline isPlain variant="warning" component="h3"
               title={_("Order, delay and readiness do not count for its start while libvirt's flag is set.")}
               actionLinks={!obstacle && (
                   <AlertActionLink onClick={onTakeOver} isDisabled={busy}>{_("Take it over")}</AlertActionLink>
               )}>
            {_("Its unit starts it at boot then, and libvirt's flag is cleared.")}
        </Alert>
    );
}
