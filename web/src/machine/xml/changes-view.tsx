// SPDX-License-Identifier: LGPL-2.1-or-later
// A difference, line by line. In a chunk of its own, with what computes it.
import { _, fill, ngettext } from "../../lib/i18n";
import { changedLines, count } from "./changes";

/** More than anybody reads; a table of some ten thousand rows takes seconds. */
const SHOWN_MAX = 5000;
const MARKS = { "+": "xml-added", "-": "xml-removed", " ": "", "@": "xml-skipped" };

export default function ChangesView({ before, after, label }: { before: string; after: string; label: string }) {
    const lines = changedLines(before, after);
    const { added, removed } = count(lines);
    const left = lines.length - SHOWN_MAX;
    const words = { "+": _("added"), "-": _("removed"), " ": "", "@": "" };
    return (
        <>
            <p>
                {fill(ngettext("{count} line added", "{count} lines added", added), { count: added })}
                {" · "}
                {fill(ngettext("{count} line removed", "{count} lines removed", removed), { count: removed })}
            </p>
            <div className="xml-box" tabIndex={0} role="region" aria-label={label}>
                <table className="xml-changes">
                    <tbody>
                        {lines.slice(0, SHOWN_MAX).map(({ sign, text, before, after }, at) => (
                            <tr key={at} className={MARKS[sign]}>
                                <td className="xml-number">{before}</td>
                                <td className="xml-number">{after}</td>
                                <td className="xml-sign">
                                    <span aria-hidden>{sign === "@" ? "⋯" : sign}</span>
                                    <span className="pf-v6-screen-reader">{words[sign]}</span>
                                </td>
                                <td className="xml-code">{text}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            {left > 0 && <p>{fill(ngettext("{count} more line is not shown here.", "{count} more lines are not shown here.", left), { count: left })}</p>}
        </>
    );
}
