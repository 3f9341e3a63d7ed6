// SPDX-License-Identifier: LGPL-2.1-or-later
import { Skeleton } from "@pf/Skeleton";
import { Title } from "@pf/Title";

import type { Agent } from "../bus/contract";
import { bytes } from "../lib/format";
import { _, fill, ngettext } from "../lib/i18n";

function facts(agent: Agent): [label: string, text: string][] {
    const { CPUModel, CPUs, Memory, OperatingSystem, Kernel, LibvirtURI, LibvirtVersion, HypervisorVersion, Version } = agent;
    const cpus = CPUs > 0 ? fill(ngettext("{count} CPU", "{count} CPUs", CPUs), { count: CPUs }) : "";
    const hypervisor = LibvirtURI.startsWith("qemu") ? "QEMU" : _("hypervisor");
    return [
        [_("System"), [OperatingSystem, Kernel && `Linux ${Kernel}`].filter(Boolean).join(", ")],
        [_("Hardware"), [CPUModel, cpus, Memory > 0 && bytes(Memory)].filter(Boolean).join(", ")],
        [_("Virtualization"), [LibvirtVersion && `libvirt ${LibvirtVersion}`, HypervisorVersion && `${hypervisor} ${HypervisorVersion}`,
                               `Hatago ${Version}`].filter(Boolean).join(", ")],
    ];
}

/** What this host is, in three lines or one. */
export function HostFacts({ agent }: { agent: Agent | null }) {
    return (
        <header className="overview-facts">
            <Title headingLevel="h1">{agent ? agent.Hostname || _("This host") : <Skeleton width="12rem" screenreaderText={_("Reading …")} />}</Title>
            {agent
                ? (
                    <dl>
                        {facts(agent).filter(([, text]) => text).map(([label, text]) => (
                            <div key={label}><dt>{label}</dt><dd>{text}</dd></div>
                        ))}
                    </dl>
                )
                : <div className="overview-facts-space"><Skeleton width="60%" screenreaderText={_("Reading …")} /></div>}
        </header>
    );
}
