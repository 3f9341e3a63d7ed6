// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { ExpandableSection } from "@pf/ExpandableSection";
import { Label } from "@pf/Label";
import { Tooltip } from "@pf/Tooltip";
import CheckCircleIcon from "@pf-icon/check-circle-icon";
import MinusCircleIcon from "@pf-icon/minus-circle-icon";
import { useEffect, useState } from "react";

import { obstacle } from "../actions/choices";
import type { Check } from "../bus/contract";
import { Lines } from "../components/lines";
import { checkWords } from "../lib/check-words";
import { _, fill } from "../lib/i18n";
import { useHouse } from "../store/context";
import type { Deed } from "./fix-dialog";

interface ItemProps { check: Check; onAsk: (deed: Deed) => void }

const WORDS: Record<Deed, string> = { "fix": "fix", "undo": "undo-fix" };

/** Why the user may not do it, in words; empty: nothing is in the way, or that is not known yet. */
function useObstacle({ path, Fixable, Undoable }: Check, deed: Deed): string {
    const { rights } = useHouse();
    const [answer, setAnswer] = useState<string>();
    const offered = deed === "fix" ? Fixable : Undoable;
    useEffect(() => {
        const end = new AbortController();
        if (offered)
            rights.ask(path, [WORDS[deed]], end.signal).then((told) => end.signal.aborted || setAnswer(told[WORDS[deed]]), () => undefined);
        return () => end.abort();
    }, [rights, path, deed, offered]);
    return obstacle(answer);
}

function DeedButton({ check, deed, onAsk, label, plain = false }: ItemProps & { deed: Deed; label: string; plain?: boolean }) {
    const why = useObstacle(check, deed);
    const { title } = checkWords(check);
    const button = (
        <Button variant={plain ? "link" : check.Result === "fail" ? "primary" : "secondary"} size="sm" isInline={plain} isAriaDisabled={why !== ""} onClick={() => onAsk(deed)}
                aria-label={fill(_("{verb}: {name}"), { verb: label, name: title })}>
            {label}
        </Button>
    );
    return why ? <Tooltip content={why}>{button}</Tooltip> : button;
}

/** What is wrong, why that matters, and what mends it. */
export function WrongCheck({ check, onAsk }: ItemProps) {
    const { title, what, why, remedy } = checkWords(check);
    const failed = check.Result === "fail";
    const toggle = check.Fixable ? _("By hand") : _("What to do");
    return (
        <li className="health-wrong" data-check={check.Id}>
            <div className="health-head">
                <Label status={failed ? "danger" : "warning"} isCompact>{failed ? _("Failed") : _("Warning")}</Label>
                <h3>{title}</h3>
                <span className="health-deeds">
                    {check.Undoable && <DeedButton check={check} deed="undo" onAsk={onAsk} label={_("Undo")} plain />}
                    {check.Fixable && <DeedButton check={check} deed="fix" onAsk={onAsk} label={_("Fix")} />}
                </span>
            </div>
            <Lines text={what} />
            {why && <p className="health-why">{why}</p>}
            {remedy && (
                <ExpandableSection toggleText={toggle} toggleAriaLabel={fill(_("{verb}: {name}"), { verb: toggle, name: title })}>
                    <Lines text={remedy} />
                </ExpandableSection>
            )}
        </li>
    );
}

/** What passed, or does not apply: a line. */
export function FoldedCheck({ check, onAsk }: ItemProps) {
    const { title, what } = checkWords(check);
    const passed = check.Result === "pass";
    return (
        <li data-check={check.Id} data-result={check.Result}>
            <span className="health-icon" aria-hidden="true">{passed ? <CheckCircleIcon /> : <MinusCircleIcon />}</span>
            <span className="health-line"><strong>{title}</strong> <span>{what}</span></span>
            {check.Fixable && <DeedButton check={check} deed="fix" onAsk={onAsk} label={_("Change …")} plain />}
            {check.Undoable && <DeedButton check={check} deed="undo" onAsk={onAsk} label={_("Undo")} plain />}
        </li>
    );
}
