// SPDX-License-Identifier: LGPL-2.1-or-later
// What the page uses of the bus interfaces (dbus-interfaces/*.xml): names, and the shapes of what comes back. Properties
// keep the names that they have on the bus. Sizes are bytes, times microseconds since the epoch, spans microseconds.

export const BUS_NAME = "org.hatago.Host1";
export const ROOT = "/org/hatago/Host1";
export const NAME = "org.hatago.Host1.";
export const MANAGER = NAME + "Manager";
export const MACHINES = NAME + "Machines";
export const MACHINE = NAME + "Machine";
export const SERVICE = NAME + "Machine.Service";
export const CONSOLE = NAME + "Machine.Console";
export const VALIDATION = NAME + "Validation";
export const CHECK = NAME + "HostCheck";
export const HOST = NAME + "Host";
export const JOB = NAME + "Job";
export const PROPERTIES = "org.freedesktop.DBus.Properties";
export const OBJECTS = "org.freedesktop.DBus.ObjectManager";

/** A value of the type "v", as Cockpit writes it. */
export interface Variant { t: string; v: unknown }
export type Variants = Record<string, Variant>;

export const variant = (t: string, v: unknown): Variant => ({ t, v });

/** A dictionary of variants as plain values, those within too. */
export function plain(values: Variants): Record<string, unknown> {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plainValue(value.v)]));
}

function plainValue(value: unknown): unknown {
    if (Array.isArray(value))
        return value.map(plainValue);
    if (value !== null && typeof value === "object") {
        const object = value as Record<string, unknown>;
        if (Object.keys(object).length === 2 && typeof object.t === "string" && "v" in object)
            return plainValue(object.v);
        return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, plainValue(inner)]));
    }
    return value;
}

/** The root object: the interfaces Manager, Validation and Host. */
export interface Agent {
    Version: string;
    Ready: boolean;
    Connected: boolean;
    ConnectionError: string;
    LibvirtURI: string;
    LibvirtVersion: string;
    HypervisorVersion: string;
    Hostname: string;
    Plugins: string[];
    Features: string[];
    CheckedAt: number;
    CPUModel: string;
    Architecture: string;
    CPUs: number;
    Memory: number;
    OperatingSystem: string;
    Kernel: string;
}

export type MachineState = "running" | "blocked" | "paused" | "shutdown" | "shutoff" | "crashed" | "pmsuspended" | "unknown";

/** What the list shows, of every machine. */
export interface MachineSummary {
    UUID: string;
    Name: string;
    Title: string;
    State: MachineState;
    StateReason: string;
    Persistent: boolean;
    Autostart: boolean;
    ManagedSave: boolean;
    VCPUs: number;
    Memory: number;
    Accelerator: string;
    OSInfo: string;
    Addresses: string[];
    Unit: string;
    UnitState: string;
    StartedAt: number;
    Warnings: string[];
    PendingChanges: string[];
}

export const SUMMARY: (keyof MachineSummary)[] = [
    "UUID", "Name", "Title", "State", "StateReason", "Persistent", "Autostart", "ManagedSave", "VCPUs", "Memory", "Accelerator",
    "OSInfo", "Addresses", "Unit", "UnitState", "StartedAt", "Warnings", "PendingChanges",
];

/** The rest, of a machine whose page is open. */
export interface MachineDetails {
    DomainId: number;
    ConfigurationSerial: number;
    Description: string;
    VCPUsMaximum: number;
    MemoryMaximum: number;
    Architecture: string;
    MachineType: string;
    Firmware: string;
    PID: number;
    StartFailure: [name: string, message: string, values: Record<string, string>];
    AutostartBy: string[];
    StartAfter: string[];
    StartDelay: number;
    ReadyWhen: "running" | "agent" | "port";
    ReadyPort: number;
    ReadyTimeout: number;
    ReadyState: "" | "waiting" | "ready" | "failed";
    StopTimeout: number;
    HostShutdown: "shutdown" | "save" | "poweroff";
    UnitResult: string;
    UnitStatus: string;
    Disks: Disk[];
    Interfaces: Interface[];
    Displays: Display[];
}

/** Those of the details that GetAll leaves out, and that change without their new value being told. */
export const BULKY = ["Disks", "Interfaces", "Displays"] as const;

export interface Disk {
    Key: string; Device: string; Bus?: string; Type?: string; Source?: string; Pool?: string; Protocol?: string;
    Format?: string; Serial?: string; Backing?: string; BootOrder?: number; ReadOnly: boolean; Shareable: boolean;
}

export interface Interface {
    Key: string; Type: string; Source?: string; Model?: string; Target?: string; BootOrder?: number; LinkUp: boolean;
}

export interface Display {
    Key: string; Index: number; Type: string; Listen?: string; Port?: number; TLSPort?: number; WebSocket?: number; Socket?: string;
}

export type Machine = MachineSummary & Partial<MachineDetails> & { readonly path: string };

export interface Job {
    readonly path: string;
    Id: number;
    Operation: string;
    Objects: string[];
    State: "running" | "ended";
    Result: "" | "done" | "failed" | "canceled" | "timeout";
    ErrorName: string;
    ErrorMessage: string;
    ErrorArguments: Record<string, string>;
    StartedAt: number;
    EndedAt: number;
    StartedByUID: number;
    Cancelable: boolean;
    Progress: number;
    ProgressValid: boolean;
    Bytes: number;
    BytesTotal: number;
    Rate: number;
    ExpectedEnd: number;
}

export interface Check {
    readonly path: string;
    Id: string;
    Group: string;
    Result: "pass" | "warn" | "fail" | "skip";
    Reason: string;
    Value: string;
    Arguments: Record<string, string>;
    Sources: string[];
    ReadBy: string;
    CheckedAt: number;
    Fixable: boolean;
    Undoable: boolean;
}

export const CHECK_PROPERTIES: Exclude<keyof Check, "path">[] =
    ["Id", "Group", "Result", "Reason", "Value", "Arguments", "Sources", "ReadBy", "CheckedAt", "Fixable", "Undoable"];

/** Of Machines.GetStatistics: what a running machine takes; what is not known is absent. */
export interface Sample {
    CPUPercent?: number;
    MemoryActual?: number;
    MemoryRSS?: number;
    MemoryUsed?: number;
    DiskReadRate?: number;
    DiskWriteRate?: number;
    NetworkReceiveRate?: number;
    NetworkTransmitRate?: number;
    Responding?: boolean;
    CPUPercentHistory?: number[];
}

/** Of Host.GetUsage. */
export interface Usage {
    CPUTime?: number;
    CPUIdleTime?: number;
    MemoryAvailable?: number;
    Pools?: { Name: string; Active: boolean; Path: string; Capacity?: number; Available?: number }[];
    Networks?: { Name: string; Active: boolean; Bridge: string }[];
}

/** Of Machines.ListEvents and EventRecorded. */
export interface MachineEvent {
    When: number;
    Path: string;
    Name: string;
    Event: string;
    Detail: string;
}

/** Of Machine.GetHistory: series of equal length, -1 where there is no number. */
export interface History {
    Start: number;
    Step: number;
    Series: Record<string, number[]>;
}

/** What Manager.Can says of a verb: "yes", "auth" (with a password), "no", or why it could not be done now. */
export type Answer = string;
