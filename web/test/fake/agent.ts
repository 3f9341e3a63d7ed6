// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for hatagod: the objects that the page knows, in memory, with the answers and signals of the real one. It is
// for what needs many machines, or faults at will; what the real agent does is tested with the real one.
import {
    BULKY, CHECK, JOB, MACHINE, MACHINES, MANAGER, NAME, OBJECTS, PROPERTIES, ROOT, SERVICE,
    type Variants,
} from "../../src/bus/contract.ts";

export type Listener = (path: string, iface: string, member: string, args: unknown[]) => void;
type Values = Record<string, unknown>;

/** Thrown by a method of the agent; name without org.hatago.Host1.Error. */
export class Refusal extends Error {
    constructor(name: string, message = name, readonly values: Record<string, string> = {}) {
        super(message);
        this.name = name.includes(".") ? name : `${NAME}Error.${name}`;
    }
}

const ROOT_VALUES: Values = {
    Version: "0.1.0", Ready: true, Connected: true, ConnectionError: "", LibvirtURI: "qemu:///system", LibvirtVersion: "9.0.0",
    HypervisorVersion: "7.2.0", Hostname: "inn", Plugins: ["host", "machines"], CheckedAt: Date.now() * 1000,
    Features: ["can", "checks", "consoles", "query", "statistics", "subscribe"], CPUModel: "Test Processor", Architecture: "x86_64",
    CPUs: 8, Memory: 32 * 2 ** 30, OperatingSystem: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.1.0-18-amd64",
};

const uuidOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
export const machinePath = (uuid: string) => `${ROOT}/machines/${uuid.replace(/[^A-Za-z0-9]/g, (c) => "_" + c.charCodeAt(0).toString(16))}`;

const SERVICE_VALUES: Values = {
    AutostartBy: [], StartAfter: [], StartDelay: 0, ReadyWhen: "running", ReadyPort: 0, ReadyTimeout: 300e6, ReadyState: "",
    StopTimeout: 0, HostShutdown: "shutdown", UnitResult: "success", UnitStatus: "",
};

/** Calls that are answered when done, and are jobs meanwhile, by their operation. */
const JOBS: Record<string, string> = { Configure: "configure", SetAutostart: "set-autostart" };

export class FakeAgent {
    root = { ...ROOT_VALUES };
    machines = new Map<string, Values>();
    checks = new Map<string, Values>();
    jobs = new Map<string, Values>();
    events: [number, string, string, string, string][] = [];
    /** The agent's name on the bus; null: it does not run. */
    owner: string | null = ":1.7";
    /** Verbs that the caller may not do: word → what Can says. */
    answers: Record<string, string> = {};
    /** What each verb throws next: method → refusal. */
    refusals = new Map<string, Refusal>();
    xml = new Map<string, string>();
    /** All calls, as "Interface.Method". */
    log: string[] = [];
    listeners = new Set<Listener>();
    ownerListeners = new Set<(owner: string | null) => void>();
    private unread = new Map<string, Values>();
    private machineNumber = 0;
    private jobNumber = 0;

    /** Adds a machine without telling anybody; what is not given is that of an ordinary one. */
    addMachine(values: Values = {}): string {
        const n = ++this.machineNumber;
        const UUID = (values.UUID as string | undefined) ?? uuidOf(n);
        const Name = (values.Name as string | undefined) ?? `vm-${String(n).padStart(4, "0")}`;
        const State = values.State ?? "shutoff";
        const on = State !== "shutoff" && State !== "crashed";
        const path = machinePath(UUID);
        this.machines.set(path, {
            UUID, Name, Title: "", Description: "", State, StateReason: on ? "booted" : "shutdown", Persistent: true, Autostart: false,
            ManagedSave: false, VCPUs: 2, VCPUsMaximum: 2, Memory: 2 ** 30, MemoryMaximum: 2 ** 30, Accelerator: "kvm",
            OSInfo: "http://debian.org/debian/12", Addresses: on ? [`192.168.122.${(n % 250) + 2}`] : [], Architecture: "x86_64",
            MachineType: "pc-q35-7.2", Firmware: "bios", DomainId: on ? n : 0, Unit: `hatago-vm@${Name}.service`,
            UnitState: on ? "active" : "inactive", PID: on ? 1000 + n : 0, StartedAt: on ? (Date.now() - 3600e3) * 1000 : 0,
            ConfigurationSerial: 1, Warnings: [], PendingChanges: [], StartFailure: ["", "", {}], ...SERVICE_VALUES,
            Disks: [{
                Key: "vda", Device: "disk", Bus: "virtio", Type: "file", Source: `/var/lib/libvirt/images/${Name}.qcow2`, Format: "qcow2",
                ReadOnly: false, Shareable: false,
            }],
            Interfaces: [{ Key: "52:54:00:00:00:01", Type: "network", Source: "default", Model: "virtio", LinkUp: true }],
            Displays: [{ Key: "vnc0", Index: 0, Type: "vnc" }],
            ...values,
        });
        return path;
    }

    addCheck(values: Values): void {
        this.checks.set(`${ROOT}/checks/${String(values.Id).replace(/-/g, "_2d")}`, {
            Group: "acceleration", Result: "pass", Reason: "", Value: "", Arguments: {}, Sources: ["/proc/cpuinfo"],
            ReadBy: "hatago-probe[1] uid 0", CheckedAt: Date.now() * 1000, Fixable: false, Undoable: false, ...values,
        });
    }

    emit(path: string, iface: string, member: string, args: unknown[]): void {
        for (const listener of this.listeners)
            listener(path, iface, member, args);
    }

    /** Changes properties of a machine as somebody else would, and tells. */
    change(path: string, values: Values): void {
        Object.assign(this.machines.get(path)!, values);
        const bulky = Object.keys(values).filter((name) => (BULKY as readonly string[]).includes(name));
        const told = Object.fromEntries(Object.entries(values).filter(([name]) => !bulky.includes(name)));
        this.emit(path, PROPERTIES, "PropertiesChanged", [MACHINE, boxed(told), bulky]);
    }

    changeJob(path: string, values: Values): void {
        Object.assign(this.jobs.get(path)!, values);
        this.emit(path, PROPERTIES, "PropertiesChanged", [JOB, boxed(values), []]);
    }

    changeCheck(path: string, values: Values): void {
        Object.assign(this.checks.get(path)!, values);
        this.emit(path, PROPERTIES, "PropertiesChanged", [CHECK, boxed(values), []]);
    }

    changeRoot(values: Values): void {
        Object.assign(this.root, values);
        this.emit(ROOT, PROPERTIES, "PropertiesChanged", [MANAGER, boxed(values), []]);
    }

    appear(values: Values = {}): string {
        const path = this.addMachine(values);
        const all = this.machines.get(path)!;
        this.emit(ROOT, OBJECTS, "InterfacesAdded", [path, { [MACHINE]: boxed(without(all, BULKY)), [SERVICE]: {} }]);
        return path;
    }

    vanish(path: string): void {
        this.machines.delete(path);
        this.emit(ROOT, OBJECTS, "InterfacesRemoved", [path, [MACHINE, SERVICE]]);
    }

    record(path: string, event: string, detail = ""): void {
        const recorded: [number, string, string, string, string] =
            [Date.now() * 1000, path, this.machines.get(path)?.Name as string, event, detail];
        this.events.push(recorded);
        this.emit(ROOT, MACHINES, "EventRecorded", recorded);
    }

    /** It ends, and nobody has its name. */
    die(): void {
        this.own(null);
    }

    /** Another run of it, that has not read the hypervisor yet: as the real one, it tells of no machine until haveRead(). */
    liveUnready(): void {
        this.unread = this.machines;
        this.machines = new Map();
        this.root = { ...this.root, Ready: false, Connected: false };
        this.live();
    }

    haveRead(): void {
        this.machines = this.unread;
        this.changeRoot({ Connected: true, Ready: true });
    }

    /** Another run of it. */
    live(): void {
        this.own(`:1.${8 + Math.floor(Math.random() * 1000)}`);
    }

    private own(owner: string | null): void {
        this.owner = owner;
        for (const listener of this.ownerListeners)
            listener(owner);
    }

    /** Starts a job that does work in a moment. */
    startJob(operation: string, object: string, work: () => void, ms = 20): string {
        const path = this.newJob(operation, object);
        setTimeout(() => {
            const refusal = this.refusals.get(operation);
            this.refusals.delete(operation);
            if (!refusal)
                work();
            this.endJob(path, refusal);
        }, ms);
        return path;
    }

    /** One that goes on until endJob(). */
    newJob(operation: string, object: string): string {
        const path = `${ROOT}/jobs/${++this.jobNumber}`;
        const job: Values = {
            Id: this.jobNumber, Operation: operation, Objects: [object], State: "running", Result: "", ErrorName: "", ErrorMessage: "",
            ErrorArguments: {}, StartedAt: Date.now() * 1000, EndedAt: 0, StartedByUID: 1000, Cancelable: true, Progress: 0,
            ProgressValid: false, Bytes: 0, BytesTotal: 0, Rate: 0, ExpectedEnd: 0,
        };
        this.jobs.set(path, job);
        this.emit(ROOT, OBJECTS, "InterfacesAdded", [path, { [JOB]: boxed(job) }]);
        this.emit(ROOT, MANAGER, "JobNew", [path]);
        return path;
    }

    endJob(path: string, refusal?: Refusal): void {
        const ended = {
            State: "ended", Result: refusal ? "failed" : "done", ErrorName: refusal?.name ?? "", ErrorMessage: refusal?.message ?? "",
            ErrorArguments: refusal?.values ?? {}, EndedAt: Date.now() * 1000, Cancelable: false,
        };
        Object.assign(this.jobs.get(path)!, ended);
        this.emit(path, PROPERTIES, "PropertiesChanged", [JOB, boxed(ended), []]);
        this.emit(ROOT, MANAGER, "JobRemoved", [path, ended.Result, ended.ErrorName, ended.ErrorMessage]);
    }

    /** What the real one would answer. Throws Refusal. */
    call(path: string, iface: string, method: string, args: unknown[]): unknown[] {
        this.log.push(`${iface.slice(iface.lastIndexOf(".") + 1)}.${method}`);
        if (iface === PROPERTIES)
            return this.properties(path, method, args);
        return path === ROOT ? this.ofRoot(method, args) : this.ofObject(path, method, args);
    }

    private properties(path: string, method: string, args: unknown[]): unknown[] {
        const values = path === ROOT ? this.root : this.machines.get(path) ?? this.checks.get(path) ?? this.jobs.get(path);
        if (!values)
            throw new Refusal("org.freedesktop.DBus.Error.UnknownObject");
        if (method === "Get")
            return [boxed(values)[args[1] as string]];
        return [boxed(without(values, BULKY))];
    }

    private ofRoot(method: string, args: unknown[]): unknown[] {
        switch (method) {
        case "Ping": case "Subscribe": case "Unsubscribe":
            return [];
        case "ListJobs":
            return [[...this.jobs].filter(([, job]) => job.State === "running").map(([path, job]) => [job.Id, job.Operation, path, job.Objects])];
        case "Query": {
            const names = args[0] as string[];
            const all = names.includes("Group") ? this.checks : this.machines;
            return [Object.fromEntries([...all].map(([path, values]) => [path, boxed(only(values, names))]))];
        }
        case "ListEvents":
            return [this.events];
        case "GetStatistics":
            return [Date.now() * 1000, Object.fromEntries([...this.machines].filter(([, { State }]) => State === "running").map(
                ([path, { Memory }], n) => [path, boxed({
                    CPUPercent: (n * 7) % 100 + Math.random(), MemoryRSS: Number(Memory) * 0.8, MemoryUsed: Number(Memory) * 0.5,
                    DiskReadRate: 1e6, DiskWriteRate: 2e5, NetworkReceiveRate: 5e4, NetworkTransmitRate: 1e4,
                    ...(args[0] as Variants).history ? { CPUPercentHistory: Array.from({ length: 60 }, (_, i) => 50 + 40 * Math.sin(i / 5 + n)) } : {},
                })]))];
        case "GetUsage":
            return [boxed({ CPUTime: Date.now() * 1e6, CPUIdleTime: Date.now() * 3e6, MemoryAvailable: 12 * 2 ** 30, Pools: [], Networks: [] })];
        case "Can": {
            const [object, verbs] = args as [string, string[]];
            void object;
            return [Object.fromEntries(verbs.map((verb) => [verb, this.answers[verb] ?? "yes"]))];
        }
        case "Run":
            return [this.startJob("validate", ROOT, () => undefined)];
        default:
            throw new Refusal("org.freedesktop.DBus.Error.UnknownMethod", method);
        }
    }

    /** As by anybody. */
    defineXML(path: string, xml: string): void {
        this.xml.set(path, xml);
        this.change(path, { ConfigurationSerial: Number(this.machines.get(path)!.ConfigurationSerial) + 1 });
    }

    private xmlOf(path: string): string {
        const { Name, UUID } = this.machines.get(path)!;
        return this.xml.get(path) ?? domain(String(Name), String(UUID));
    }

    private ofObject(path: string, method: string, args: unknown[]): unknown[] {
        const machine = this.machines.get(path);
        const job = this.jobs.get(path);
        const refusal = this.refusals.get(method);
        if (refusal) {
            this.refusals.delete(method);
            if (machine && method in JOBS)
                this.endJob(this.newJob(JOBS[method]!, path), refusal);
            throw refusal;
        }
        if (job && method === "Cancel") {
            this.endJob(path, new Refusal("Canceled"));
            return [];
        }
        if (this.checks.has(path) && method === "Fix") {
            const undo = "undo" in (args[0] as Variants);
            this.changeCheck(path, undo ? { Result: "warn", Reason: "missing", Fixable: true, Undoable: false }
                : { Result: "pass", Reason: "", Fixable: false, Undoable: true });
            return [];
        }
        if (!machine)
            throw new Refusal("org.freedesktop.DBus.Error.UnknownObject");
        const become = (State: string, StateReason: string) => () => {
            const on = State !== "shutoff";
            this.change(path, { State, StateReason, UnitState: on ? "active" : "inactive", StartedAt: on ? Date.now() * 1000 : 0 });
            this.record(path, on ? "started" : "stopped", StateReason);
        };
        switch (method) {
        case "Start": return [this.startJob("start", path, become("running", "booted"))];
        case "Shutdown": return [this.startJob("shutdown", path, become("shutoff", "shutdown"))];
        case "PowerOff": return [this.startJob("poweroff", path, become("shutoff", "destroyed"))];
        case "Save": return [this.startJob("save", path, become("shutoff", "saved"))];
        case "Suspend": become("paused", "user")(); return [];
        case "Resume": become("running", "unpaused")(); return [];
        case "Undefine": this.vanish(path); return [];
        case "Rename": this.change(path, { Name: args[0] }); return [];
        case "SetAutostart": this.change(path, { Autostart: args[0], AutostartBy: args[0] ? ["hatago"] : [] }); return [];
        case "GetXML": return [this.xmlOf(path)];
        case "SetXML":
            if ((args[1] as Variants).expected?.v !== this.xmlOf(path))
                throw new Refusal("Conflict", "The stored configuration is not the expected one.");
            this.defineXML(path, args[0] as string);
            return [];
        case "GetHistory": return [Date.now() * 1000 - 720 * 5e6, 5e6, {
            CPUPercent: Array.from({ length: 720 }, (_, i) => i < 60 ? -1 : 50 + 40 * Math.sin(i / 30)),
            MemoryUsed: Array.from({ length: 720 }, () => 5e8), MemoryRSS: Array.from({ length: 720 }, () => 7e8),
            DiskReadRate: Array.from({ length: 720 }, (_, i) => (i % 50) * 1e4), DiskWriteRate: Array.from({ length: 720 }, (_, i) => (i % 30) * 2e4),
            NetworkReceiveRate: Array.from({ length: 720 }, (_, i) => (i % 20) * 1e3), NetworkTransmitRate: Array.from({ length: 720 }, (_, i) => (i % 10) * 1e3),
        }];
        case "Configure": this.change(path, configured(args[0] as Variants)); return [];
        case "Reboot": case "Reset": case "DiscardSave": case "SendKeys": return [];
        default: throw new Refusal("org.freedesktop.DBus.Error.UnknownMethod", method);
        }
    }
}

/** The properties that options of Configure set. */
function configured(options: Variants): Values {
    const names: Record<string, string> = {
        "start-after": "StartAfter", "start-delay": "StartDelay", "ready": "ReadyWhen", "ready-port": "ReadyPort", "ready-timeout": "ReadyTimeout",
        "stop-timeout": "StopTimeout", "host-shutdown": "HostShutdown",
    };
    return {
        ...options.reset ? { ...SERVICE_VALUES, Autostart: false } : {},
        ...options["ready-port"] ? { ReadyWhen: "port" } : options.ready ? { ReadyPort: 0 } : {},
        ...Object.fromEntries(Object.entries(options).filter(([word]) => names[word]).map(([word, { v }]): [string, unknown] => [names[word]!, v])),
    };
}

const domain = (name: string, uuid: string) => `<domain type='kvm'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>2</vcpu>
  <devices>
    <serial type='pty'>
      <target type='isa-serial' port='0'/>
      <alias name='serial0'/>
    </serial>
    <console type='pty' tty='/dev/pts/1'>
      <target type='serial' port='0'/>
      <alias name='serial0'/>
    </console>
    <graphics type='vnc' autoport='no'>
      <listen type='none'/>
    </graphics>
  </devices>
</domain>
`;

function without(values: Values, names: readonly string[]): Values {
    return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

function only(values: Values, names: readonly string[]): Values {
    return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** Values as variants; the page reads no signatures, so one kind of each is enough. */
export function boxed(values: Values): Variants {
    return Object.fromEntries(Object.entries(values).map(([name, v]) => [name, { t: typeof v === "string" ? "s" : "v", v }]));
}
