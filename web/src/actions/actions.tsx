// SPDX-License-Identifier: LGPL-2.1-or-later
// Does what somebody chose, to one machine or many: asks first where something is lost, and tells how it ended.
import { useCallback, useMemo, useState, type ReactNode } from "react";

import type { Machine, Variants } from "../bus/contract";
import { asBusError } from "../bus/errors";
import { _, fill } from "../lib/i18n";
import { go, machinePath } from "../lib/route";
import { notify, notifyError } from "../shell/notices";
import { useHouse } from "../store/context";
import { ActionsContext, type Act } from "./act";
import { ConfirmDialog } from "./confirm-dialog";
import { RenameDialog } from "./rename-dialog";
import { Runs } from "./runs";
import { StateDialog } from "./state-dialog";
import { labelOf, perform, verbOf, type Verb } from "./verbs";

/** What somebody has to answer before it is done. */
interface Question {
    kind: "confirm" | "name" | "state";
    verb: Verb;
    machines: readonly Machine[];
}

export function Actions({ children }: { children: ReactNode }) {
    const house = useHouse();
    const [question, setQuestion] = useState<Question | null>(null);
    const [runs] = useState(() => new Runs(house));

    const failed = useCallback((verb: Verb, machine: Machine, thrown: unknown) => {
        const { name } = asBusError(thrown);
        const title = fill(_("{verb}: {name}"), { verb: _(verb.label), name: machine.Name });
        if (verb.word === "undefine" && name === "MachineHasState")
            setQuestion({ kind: "state", verb, machines: [machine] });
        else if (verb.word === "shutdown" && name === "TimedOut")
            notify("warning", title, _("Its guest has not shut down in time; it may still do so."), [{
                label: labelOf(verbOf("poweroff")),
                onClick: () => setQuestion({ kind: "confirm", verb: verbOf("poweroff"), machines: [machine] }),
            }]);
        else
            notifyError(title, thrown, [{ label: _("To the machine"), onClick: () => go(machinePath(machine.UUID)) }]);
    }, []);

    const carryOut = useCallback((verb: Verb, machines: readonly Machine[], options: Variants = {}) => {
        const [machine, ...more] = machines;
        if (machine && more.length === 0)
            perform(house, machine, verb, { options }).catch((thrown: unknown) => failed(verb, machine, thrown));
        else
            runs.begin(verb, machines, options);
    }, [house, runs, failed]);

    const act = useCallback<Act>((verb, machines) => {
        if (verb.named || verb.loses)
            setQuestion({ kind: verb.named ? "name" : "confirm", verb, machines });
        else
            carryOut(verb, machines);
    }, [carryOut]);

    const close = () => setQuestion(null);
    const [only] = question?.machines ?? [];
    return (
        <ActionsContext value={useMemo(() => ({ act, runs }), [act, runs])}>
            {children}
            {question?.kind === "confirm" && (
                <ConfirmDialog verb={question.verb} machines={question.machines} onCancel={close}
                               onConfirm={() => {
                                   close();
                                   carryOut(question.verb, question.machines);
                               }} />
            )}
            {question?.kind === "state" && only && (
                <StateDialog machine={only} onCancel={close}
                             onConfirm={(options) => {
                                 close();
                                 carryOut(question.verb, [only], options);
                             }} />
            )}
            {question?.kind === "name" && only && (
                <RenameDialog machine={only} verb={question.verb} onDone={close} />
            )}
        </ActionsContext>
    );
}
