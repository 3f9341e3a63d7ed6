// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Dropdown } from "@pf/Dropdown";
import { MenuToggle } from "@pf/MenuToggle";
import { Tooltip } from "@pf/Tooltip";
import { useState } from "react";

import { useAct } from "../actions/act";
import { bulkChoices, type Choice } from "../actions/choices";
import { ChoiceItems } from "../actions/machine-menu";
import { labelOf, verbs, words } from "../actions/verbs";
import type { Machine } from "../bus/contract";
import { popper } from "../components/popper";
import { number } from "../lib/format";
import { _, fill, ngettext } from "../lib/i18n";
import { useAnswers } from "../store/context";

const WORDS = words(verbs.filter(({ named }) => !named));
/** These have buttons; the others are in the menu beside them. */
const IN_SIGHT = ["start", "resume", "shutdown"];
/** For these few machines are asked about, until somebody wants to see all that can be done. */
const FEW = 8;

/** What can be done to the machines that are chosen. It comes when some are. */
export function BulkBar({ machines, onClear }: { machines: readonly Machine[]; onClear: () => void }) {
    if (machines.length === 0)
        return null;
    return <ChosenBar machines={machines} onClear={onClear} />;
}

function ChosenBar({ machines, onClear }: { machines: readonly Machine[]; onClear: () => void }) {
    const act = useAct();
    const [isOpen, setOpen] = useState(false);
    const choices = bulkChoices(machines, useAnswers(machines, isOpen ? WORDS : IN_SIGHT, isOpen ? undefined : FEW));
    const shown = choices.filter(({ verb }) => IN_SIGHT.includes(verb.id));
    const choose = ({ verb, machines: fit }: Choice) => {
        setOpen(false);
        act(verb, fit);
    };
    return (
        <div className="bulk-bar" role="region" aria-label={_("Selected machines")}>
            <span className="bulk-count" aria-live="polite">
                {fill(ngettext("{count} selected", "{count} selected", machines.length), { count: number(machines.length) })}
            </span>
            {shown.map((choice) => <ChoiceButton key={choice.verb.id} choice={choice} onChoose={choose} />)}
            <Dropdown isOpen={isOpen} onOpenChange={setOpen} shouldFocusFirstItemOnOpen popperProps={popper}
                      toggle={(ref) => (
                          <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>{_("More actions")}</MenuToggle>
                      )}>
                {isOpen && <ChoiceItems items={choices.filter((choice) => !shown.includes(choice))} onChoose={choose} />}
            </Dropdown>
            <Button variant="link" onClick={onClear}>{_("Clear selection")}</Button>
        </div>
    );
}

function ChoiceButton({ choice, onChoose }: { choice: Choice; onChoose: (choice: Choice) => void }) {
    const { verb, obstacle, hint } = choice;
    const button = (
        <Button variant="secondary" isAriaDisabled={obstacle !== ""} onClick={() => onChoose(choice)}>{labelOf(verb)}</Button>
    );
    return obstacle || hint ? <Tooltip content={obstacle || hint}>{button}</Tooltip> : button;
}
