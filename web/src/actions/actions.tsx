// SPDX-License-Identifier: LGPL-2.1-or-later
// Does what somebody chose, to one machine or many: asks first where something is lost, and tells how it ended.
import { Button } from "@pf/Button";
import { Content } from "@pf/Content";
import { List, ListItem } from "@pf/List";
import { Modal, ModalBody, ModalFooter, ModalHeader } from "@pf/Modal";
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";

import type { Machine } from "../bus/contract";
import { _, fill, ngettext } from "../lib/i18n";
import { notifyError } from "../shell/notices";
import { useHouse } from "../store/context";
import { perform, type Verb } from "./verbs";

type Act = (verb: Verb, machines: readonly Machine[]) => void;

const ActionsContext = createContext<Act>(() => undefined);

/** What to call when somebody chose a verb for machines. */
export const useAct = (): Act => useContext(ActionsContext);

interface Question {
    verb: Verb;
    machines: readonly Machine[];
}

export function Actions({ children }: { children: ReactNode }) {
    const house = useHouse();
    const [question, setQuestion] = useState<Question | null>(null);

    const carryOut = useCallback((verb: Verb, machines: readonly Machine[]) => {
        for (const machine of machines)
            perform(house, machine, verb).catch((thrown: unknown) =>
                notifyError(fill("{name}: {verb}", { name: machine.Name, verb: _(verb.label) }), thrown));
    }, [house]);

    const act = useCallback<Act>((verb, machines) => {
        if (verb.loses)
            setQuestion({ verb, machines });
        else
            carryOut(verb, machines);
    }, [carryOut]);

    return (
        <ActionsContext value={act}>
            {children}
            {question && (
                <Confirm {...question} onCancel={() => setQuestion(null)}
                         onConfirm={() => {
                             carryOut(question.verb, question.machines);
                             setQuestion(null);
                         }} />
            )}
        </ActionsContext>
    );
}

function Confirm({ verb, machines, onConfirm, onCancel }: Question & { onConfirm: () => void; onCancel: () => void }) {
    const title = machines.length === 1
        ? fill(_("{verb}: {name}"), { verb: _(verb.label), name: machines[0]?.Name ?? "" })
        : fill(ngettext("{verb}: {count} machine", "{verb}: {count} machines", machines.length),
               { verb: _(verb.label), count: machines.length });
    return (
        <Modal variant="small" isOpen onClose={onCancel} aria-labelledby="confirm-title">
            <ModalHeader title={title} titleIconVariant="warning" labelId="confirm-title" />
            <ModalBody>
                <Content component="p">{_(verb.loses ?? "")}</Content>
                {machines.length > 1 && (
                    <List isPlain>{machines.map(({ path, Name }) => <ListItem key={path}>{Name}</ListItem>)}</List>
                )}
            </ModalBody>
            <ModalFooter>
                <Button variant="danger" onClick={onConfirm}>{_(verb.label)}</Button>
                <Button variant="link" onClick={onCancel}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
