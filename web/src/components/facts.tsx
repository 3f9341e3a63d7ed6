// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known of something: names and values, in as many columns as there is room for.
import { ClipboardCopy } from "@pf/ClipboardCopy";
import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from "@pf/DescriptionList";
import type { ReactNode } from "react";

import { _, fill } from "../lib/i18n";

import "./facts.css";

export function Facts({ children }: { children: ReactNode }) {
    return (
        <DescriptionList isCompact isAutoFit autoFitMinModifier={{ default: "7rem", md: "16rem" }}>{children}</DescriptionList>
    );
}

interface FactProps {
    name: string;
    /** On a narrow screen it takes a row of its own. */
    isWide?: boolean;
    /** So it does, and on a wide one it takes two columns: it would not fit one. */
    isLong?: boolean;
    children: ReactNode;
}

/** One of them; without a value it is left out. */
export function Fact({ name, isWide = false, isLong = false, children }: FactProps) {
    if (children === null || children === undefined || children === "" || children === false)
        return null;
    return (
        <DescriptionListGroup className={isLong ? "fact-long" : isWide ? "fact-wide" : ""}>
            <DescriptionListTerm>{name}</DescriptionListTerm>
            <DescriptionListDescription>{children}</DescriptionListDescription>
        </DescriptionListGroup>
    );
}

/** A text that people take along. what: its name, for who cannot see where it stands. */
export function Copyable({ what, children }: { what: string; children: string }) {
    return (
        <ClipboardCopy variant="inline-compact" hoverTip={fill(_("Copy: {what}"), { what })} clickTip={_("Copied")}
                       copyAriaLabel={fill(_("Copy: {what}"), { what })}>
            {children}
        </ClipboardCopy>
    );
}
