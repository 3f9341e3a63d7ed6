// SPDX-License-Identifier: LGPL-2.1-or-later
import type { TabProps } from "./machine-page";

export function SummaryTab({ machine }: TabProps) {
    return <p>{machine.State}</p>;
}
