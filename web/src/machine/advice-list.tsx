// SPDX-License-Identifier: LGPL-2.1-or-later
import { AlertGroup } from "@pf/Alert";

import type { Machine } from "../bus/contract";
import { Alert } from "../components/alert";
import { href, machinePath } from "../lib/route";
import { adviceOf } from "./advice";

/** What people should know of a machine; told to screen readers when it comes. */
export function AdviceList({ machine }: { machine: Machine }) {
    return (
        <AlertGroup isLiveRegion>
            {adviceOf(machine).map(({ id, variant, title, todo, tab, tabLabel }) => (
                <Alert key={id} isInline variant={variant} title={title} component="h2"
                       actionLinks={tabLabel && tab !== undefined
                           ? <a href={href(tab ? machinePath(machine.UUID, tab) : [])}>{tabLabel}</a>
                           : undefined}>
                    {todo}
                </Alert>
            ))}
        </AlertGroup>
    );
}
