// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@pf/EmptyState";
import { Skeleton } from "@pf/Skeleton";
import SearchIcon from "@pf-icon/search-icon";
import VirtualMachineIcon from "@pf-icon/virtual-machine-icon";

import { _ } from "../lib/i18n";

export function NoMachines() {
    return (
        <EmptyState headingLevel="h2" icon={VirtualMachineIcon} titleText={_("There are no virtual machines yet")}>
            <EmptyStateBody>{_("Those that virsh, virt-install or hatago define appear here at once.")}</EmptyStateBody>
        </EmptyState>
    );
}

export function NothingMatches({ onClear }: { onClear: () => void }) {
    return (
        <EmptyState headingLevel="h2" icon={SearchIcon} titleText={_("No machine matches")}>
            <EmptyStateBody>{_("None has all of what the list is narrowed to.")}</EmptyStateBody>
            <EmptyStateFooter>
                <EmptyStateActions>
                    <Button variant="link" onClick={onClear}>{_("Clear filters")}</Button>
                </EmptyStateActions>
            </EmptyStateFooter>
        </EmptyState>
    );
}

const ROWS = 6;

export function Reading() {
    return (
        <div className="machines-reading">
            {Array.from({ length: ROWS }, (_row, i) => (
                <Skeleton key={i} height="2.5rem" {...i === 0 ? { screenreaderText: _("Reading …") } : {}} />
            ))}
        </div>
    );
}
