// SPDX-License-Identifier: LGPL-2.1-or-later
// The devices of a machine: of its run while it runs, else as it is configured.
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { Label, LabelGroup } from "@pf/Label";
import { Skeleton } from "@pf/Skeleton";
import { Stack, StackItem } from "@pf-layout/Stack";
import { Table, Tbody, Td, Th, Thead, Tr } from "@pf-table";
import UnpluggedIcon from "@pf-icon/unplugged-icon";
import type { ReactNode } from "react";

import type { Disk, Display, Interface, Machine } from "../bus/contract";
import { Copyable, Fact, Facts } from "../components/facts";
import { bytes, number } from "../lib/format";
import { _, fill } from "../lib/i18n";
import { addressOf, deviceText, displayText, doors, isEmpty, isLocked, ofAtMost, placeText, sourceText } from "./hardware";
import type { TabProps } from "./machine-page";

import "./hardware.css";

export function HardwareTab({ machine }: TabProps) {
    return (
        <Stack hasGutter>
            <StackItem><Processor machine={machine} /></StackItem>
            <StackItem><Disks items={machine.Disks} /></StackItem>
            <StackItem><Interfaces items={machine.Interfaces} /></StackItem>
            <StackItem><Displays items={machine.Displays} /></StackItem>
        </Stack>
    );
}

function Processor({ machine }: { machine: Machine }) {
    const { VCPUs, VCPUsMaximum, Memory, MemoryMaximum } = machine;
    return (
        <Card>
            <CardHeader><CardTitle component="h2">{_("Processors and memory")}</CardTitle></CardHeader>
            <CardBody>
                <Facts>
                    <Fact name={_("vCPUs")}>{ofAtMost(number(VCPUs), number(VCPUsMaximum ?? VCPUs))}</Fact>
                    <Fact name={_("Memory")}>{ofAtMost(bytes(Memory), bytes(MemoryMaximum ?? Memory))}</Fact>
                    <Fact name={_("Architecture")}>{machine.Architecture}</Fact>
                    <Fact name={_("Machine type")}>{machine.MachineType}</Fact>
                </Facts>
            </CardBody>
        </Card>
    );
}

interface Column<T> {
    title: string;
    cell: (item: T) => ReactNode;
}

interface ItemsProps<T> {
    title: string;
    none: string;
    items: T[] | undefined;
    columns: Column<T>[];
}

/** A table on a wide screen, a list of cards on a narrow one. Of what no item knows there is no column. */
function Items<T extends { Key: string }>({ title, none, items, columns: all }: ItemsProps<T>) {
    const columns = all.filter(({ cell }) => items?.some((item) => Boolean(cell(item))));
    return (
        <Card>
            <CardHeader><CardTitle component="h2">{title}</CardTitle></CardHeader>
            <CardBody>
                {!items && <Skeleton screenreaderText={_("Reading …")} />}
                {items?.length === 0 && none}
                {items && items.length > 0 && (
                    <Table variant="compact" gridBreakPoint="grid-lg" aria-label={title} className="hardware">
                        <Thead>
                            <Tr>{columns.map(({ title }) => <Th key={title} modifier="wrap">{title}</Th>)}</Tr>
                        </Thead>
                        <Tbody>
                            {items.map((item) => (
                                <Tr key={item.Key}>
                                    {columns.map(({ title, cell }) => <Td key={title} dataLabel={title}>{cell(item) || "–"}</Td>)}
                                </Tr>
                            ))}
                        </Tbody>
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}

const named = (name: string, more: string): ReactNode => <><strong>{name}</strong> <span className="hardware-more">{more}</span></>;

function Disks({ items }: { items: Disk[] | undefined }) {
    return (
        <Items title={_("Disks")} none={_("It has no disk.")} items={items} columns={[
            { title: _("Disk"), cell: (disk) => named(disk.Key, deviceText(disk)) },
            { title: _("Source"), cell: (disk) => <DiskSource disk={disk} /> },
            { title: _("Kind"), cell: (disk) => disk.Type },
            { title: _("Format"), cell: (disk) => disk.Format },
            { title: _("Bus"), cell: (disk) => disk.Bus },
            { title: _("Boot order"), cell: (disk) => disk.BootOrder && number(disk.BootOrder) },
            { title: _("Serial number"), cell: (disk) => disk.Serial },
            { title: _("Notes"), cell: (disk) => diskNotes(disk) },
        ]} />
    );
}

function DiskSource({ disk }: { disk: Disk }) {
    if (isEmpty(disk))
        return <span className="hardware-more">{_("nothing in it")}</span>;
    return (
        <>
            <span className="hardware-path">{sourceText(disk)}</span>
            {disk.Backing && <span className="hardware-path hardware-more">{fill(_("based on {path}"), { path: disk.Backing })}</span>}
        </>
    );
}

function diskNotes(disk: Disk): ReactNode {
    const notes = [...isLocked(disk) ? [_("read only")] : [], ...disk.Shareable ? [_("shared with other machines")] : []];
    return notes.length > 0 && (
        <LabelGroup aria-label={_("Notes")}>{notes.map((note) => <Label key={note} isCompact>{note}</Label>)}</LabelGroup>
    );
}

function Interfaces({ items }: { items: Interface[] | undefined }) {
    return (
        <Items title={_("Network interfaces")} none={_("It has no network interface.")} items={items} columns={[
            { title: _("MAC address"), cell: (nic) => <Copyable what={_("MAC address")}>{addressOf(nic)}</Copyable> },
            { title: _("Connected to"), cell: placeText },
            { title: _("Model"), cell: ({ Model }) => Model },
            { title: _("Device on the host"), cell: ({ Target }) => Target },
            { title: _("Boot order"), cell: ({ BootOrder }) => BootOrder && number(BootOrder) },
            {
                title: _("Link"),
                cell: ({ LinkUp }) => LinkUp
                    ? <Label isCompact status="success">{_("up")}</Label>
                    : <Label isCompact status="warning" icon={<UnpluggedIcon />}>{_("its cable is out")}</Label>,
            },
        ]} />
    );
}

function Displays({ items }: { items: Display[] | undefined }) {
    return (
        <Items title={_("Displays")} none={_("It has no display.")} items={items} columns={[
            { title: _("Display"), cell: (display) => named(displayText(display), display.Key) },
            {
                title: _("Listens at"),
                cell: (display) => {
                    const all = doors(display);
                    return all.length > 0
                        ? all.map((door) => <span key={door} className="hardware-path">{door}</span>)
                        : display.Listen
                            ? fill(_("{address}, at a port that is chosen at its start"), { address: display.Listen })
                            : <span className="hardware-more">{_("no port; the tab Console reaches it all the same")}</span>;
                },
            },
        ]} />
    );
}
