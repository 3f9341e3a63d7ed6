// SPDX-License-Identifier: LGPL-2.1-or-later
import { ToggleGroup, ToggleGroupItem } from "@pf/ToggleGroup";

import { _, fill } from "../../lib/i18n";
import type { Port } from "./ports";

/** What a console is called; the number only where there are several of its kind. */
export function portLabel(port: Port, ports: readonly Port[]): string {
    const several = ports.filter(({ kind }) => kind === port.kind).length > 1;
    if (port.kind === "display")
        return several ? fill(_("Display {number} ({type})"), { number: port.number, type: port.type.toUpperCase() }) : _("Display");
    return several ? fill(_("Serial ({name})"), { name: port.key }) : _("Serial");
}

/** Which of several is shown. */
export function PortChoice({ ports, port, onChoose }: { ports: readonly Port[]; port: Port; onChoose: (key: string) => void }) {
    if (ports.length < 2)
        return null;
    return (
        <ToggleGroup aria-label={_("Which console")} isCompact>
            {ports.map((one) => (
                <ToggleGroupItem key={one.key} text={portLabel(one, ports)} buttonId={`port-${one.key}`}
                                 isSelected={one.key === port.key} onChange={() => onChoose(one.key)} />
            ))}
        </ToggleGroup>
    );
}
