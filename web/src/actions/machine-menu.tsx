// SPDX-License-Identifier: LGPL-2.1-or-later
import { Divider } from "@pf/Divider";
import { Dropdown, DropdownItem, DropdownList } from "@pf/Dropdown";
import { MenuToggle } from "@pf/MenuToggle";
import EllipsisVIcon from "@pf-icon/ellipsis-v-icon";
import { Fragment, useState } from "react";

import type { Machine } from "../bus/contract";
import { leaveMenu, popperAtEnd } from "../components/popper";
import { _, fill } from "../lib/i18n";
import { useAnswers } from "../store/context";
import { useAct } from "./act";
import { choices, type Choice } from "./choices";
import { labelOf, verbs, words } from "./verbs";

/** Items of a menu; those that may not be chosen stay, with the reason. */
export function ChoiceItems({ items, onChoose }: { items: readonly Choice[]; onChoose: (choice: Choice) => void }) {
    return (
        <DropdownList>
            {items.map((choice, i) => {
                const { verb, obstacle, hint } = choice;
                const apart = i > 0 && items[i - 1]!.verb.group !== verb.group;
                return (
                    <Fragment key={verb.id}>
                        {apart && <Divider component="li" />}
                        <DropdownItem value={verb.id} isDanger={verb.loses !== undefined && obstacle === ""}
                                      isAriaDisabled={obstacle !== ""} description={obstacle || hint || undefined}
                                      onClick={() => {
                                          if (obstacle)
                                              return;
                                          leaveMenu();
                                          onChoose(choice);
                                      }}>
                            {labelOf(verb)}
                        </DropdownItem>
                    </Fragment>
                );
            })}
        </DropdownList>
    );
}

const WORDS = words(verbs);

/** All that can be done to a machine, behind three dots; but: ids of verbs that have buttons of their own beside it. */
export function MachineMenu({ machine, but = [] }: { machine: Machine; but?: readonly string[] }) {
    const [isOpen, setOpen] = useState(false);
    return (
        <Dropdown isOpen={isOpen} onOpenChange={setOpen} shouldFocusFirstItemOnOpen popperProps={popperAtEnd}
                  toggle={(ref) => (
                      <MenuToggle ref={ref} variant="plain" isExpanded={isOpen} onClick={() => setOpen(!isOpen)} icon={<EllipsisVIcon />}
                                  aria-label={fill(_("Actions: {name}"), { name: machine.Name })} />
                  )}>
            {isOpen && <MachineMenuItems machine={machine} but={but} onDone={() => setOpen(false)} />}
        </Dropdown>
    );
}

function MachineMenuItems({ machine, but, onDone }: { machine: Machine; but: readonly string[]; onDone: () => void }) {
    const act = useAct();
    const answers = useAnswers([machine], WORDS).get(machine.path);
    const items = choices(machine, answers).filter(({ verb }) => !but.includes(verb.id));
    return (
        <ChoiceItems items={items}
                     onChoose={({ verb }) => {
                         onDone();
                         act(verb, [machine]);
                     }} />
    );
}
