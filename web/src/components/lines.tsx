// SPDX-License-Identifier: LGPL-2.1-or-later
import { ClipboardCopy } from "@pf/ClipboardCopy";

import { _ } from "../lib/i18n";

import "./lines.css";

/** A text of the command line tool: lines that begin with two blanks are commands, to be copied as they are. */
export function Lines({ text }: { text: string }) {
    return (
        <div className="lines">
            {text.split("\n").map((line, i) => line.startsWith("  ")
                ? (
                    <ClipboardCopy key={i} variant="inline-compact" isCode isBlock isReadOnly hoverTip={_("Copy")} clickTip={_("Copied")}
                                   copyAriaLabel={_("Copy")} textAriaLabel={_("Command")}>
                        {line.slice(2)}
                    </ClipboardCopy>
                )
                : <p key={i}>{line}</p>)}
        </div>
    );
}
