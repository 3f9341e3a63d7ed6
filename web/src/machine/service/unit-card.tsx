// SPDX-License-Identifier: LGPL-2.1-or-later
// The machine's systemd unit, as systemctl status tells of it.
import { Button } from "@pf/Button";
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { Label } from "@pf/Label";
import type { ComponentProps } from "react";

import type { Machine } from "../../bus/contract";
import { Copyable, Fact, Facts } from "../../components/facts";
import { N_, _ } from "../../lib/i18n";
import { readyText } from "./service-words";

const STATES: Record<string, { label: string; status: ComponentProps<typeof Label>["status"] }> = {
    active: { label: N_("active"), status: "success" },
    activating: { label: N_("activating"), status: "info" },
    deactivating: { label: N_("deactivating"), status: "info" },
    failed: { label: N_("failed"), status: "danger" },
    inactive: { label: N_("inactive"), status: undefined },
};

export function UnitCard({ machine }: { machine: Machine }) {
    const { Unit, UnitState, UnitResult, UnitStatus, ReadyState } = machine;
    const state = STATES[UnitState];
    return (
        <Card>
            <CardHeader actions={{
                actions: (
                    <Button variant="link" isInline component="a" href={`/system/services#/${encodeURIComponent(Unit)}`}
                            onClick={(event) => {
                                event.preventDefault();
                                cockpit.jump(`/system/services#/${encodeURIComponent(Unit)}`);
                            }}>
                        {_("Show it among all services")}
                    </Button>
                ), hasNoOffset: true,
            }}>
                <CardTitle component="h2">{_("Unit")}</CardTitle>
            </CardHeader>
            <CardBody>
                <Facts>
                    <Fact name={_("Name")} isWide><Copyable what={_("Unit")}>{Unit}</Copyable></Fact>
                    <Fact name={_("State")}>
                        <Label isCompact {...state?.status ? { status: state.status } : {}}>{state ? _(state.label) : UnitState}</Label>
                    </Fact>
                    {/* systemd's own words, as in its manual. */}
                    <Fact name={_("Result")}>{UnitState === "failed" && UnitResult}</Fact>
                    {/* What it said before it ended is of no use any more, but for why it failed. */}
                    <Fact name={_("Status")} isWide>{UnitState !== "inactive" && UnitStatus}</Fact>
                    <Fact name={_("Main process")}>{(machine.PID ?? 0) > 0 && String(machine.PID)}</Fact>
                    <Fact name={_("Ready")}>
                        {ReadyState === "failed" ? <Label isCompact status="danger">{readyText(machine)}</Label> : readyText(machine)}
                    </Fact>
                </Facts>
            </CardBody>
        </Card>
    );
}
