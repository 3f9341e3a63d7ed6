// SPDX-License-Identifier: LGPL-2.1-or-later
import { Card, CardBody } from "@pf/Card";
import { Label, LabelGroup } from "@pf/Label";
import { Skeleton } from "@pf/Skeleton";
import { Stack, StackItem } from "@pf-layout/Stack";

import type { Machine } from "../bus/contract";
import { Copyable, Fact, Facts } from "../components/facts";
import { Since } from "../components/since";
import { bytes, dateTime, number } from "../lib/format";
import { _, fill } from "../lib/i18n";
import { osName } from "../lib/os";
import { reasonText, stateText } from "../lib/words";
import { AdviceList } from "./advice-list";
import { ofAtMost } from "./hardware";
import type { TabProps } from "./machine-page";
import { Plots } from "./plots/plots";

export function SummaryTab({ machine }: TabProps) {
    return (
        <Stack hasGutter>
            <StackItem><AdviceList machine={machine} /></StackItem>
            <StackItem><MachineFacts machine={machine} /></StackItem>
            <StackItem><Plots machine={machine} /></StackItem>
        </Stack>
    );
}

const FIRMWARE: Record<string, string> = { bios: "BIOS", efi: "UEFI" };

function MachineFacts({ machine }: { machine: Machine }) {
    const { State, StateReason, VCPUs, VCPUsMaximum, Memory, MemoryMaximum } = machine;
    return (
        <Card>
            <CardBody>
                <Facts>
                    <Fact name={_("State")}>
                        {StateReason === "unknown" ? stateText(State)
                            : fill(_("{state} ({reason})"), { state: stateText(State), reason: reasonText(StateReason) })}
                    </Fact>
                    <Fact name={_("On since")} isWide>{machine.StartedAt > 0 && <OnSince when={machine.StartedAt} />}</Fact>
                    <Fact name={_("Addresses")}>{addresses(machine)}</Fact>
                    <Fact name={_("Operating system")}>{machine.OSInfo && osName(machine.OSInfo)}</Fact>
                    <Fact name={_("vCPUs")}>{ofAtMost(number(VCPUs), number(VCPUsMaximum ?? VCPUs))}</Fact>
                    <Fact name={_("Memory")}>{ofAtMost(bytes(Memory), bytes(MemoryMaximum ?? Memory))}</Fact>
                    <Fact name={_("Acceleration")}>{accelerator(machine)}</Fact>
                    <Fact name={_("Architecture")}>{machine.Architecture ?? <Skeleton width="6em" screenreaderText={_("Reading …")} />}</Fact>
                    <Fact name={_("Machine type")}>{machine.MachineType}</Fact>
                    <Fact name={_("Firmware")}>{FIRMWARE[machine.Firmware ?? ""] ?? machine.Firmware}</Fact>
                    <Fact name={_("UUID")} isLong><Copyable what={_("UUID")}>{machine.UUID}</Copyable></Fact>
                    <Fact name={_("Saved memory")} isWide>{machine.ManagedSave && _("The next start goes on from there.")}</Fact>
                    <Fact name={_("Description")} isWide>
                        {machine.Description && <span className="machine-description">{machine.Description}</span>}
                    </Fact>
                </Facts>
            </CardBody>
        </Card>
    );
}

function addresses({ Addresses }: Machine) {
    return Addresses && Addresses.length > 0 && Addresses.map((address) => (
        <div key={address}><Copyable what={_("Address")}>{address}</Copyable></div>
    ));
}

function accelerator({ Accelerator }: Machine) {
    if (Accelerator === "tcg")
        return (
            <LabelGroup aria-label={_("Acceleration")}>
                <Label status="warning" isCompact>{_("emulated, slow (tcg)")}</Label>
            </LabelGroup>
        );
    return Accelerator === "kvm" ? "KVM" : Accelerator;
}

/** A moment, and how long ago that is, which goes on. */
const OnSince = ({ when }: { when: number }) =>
    <Since when={when} say={(ago) => fill(_("{date}, {ago}"), { date: dateTime(when), ago })} />;
