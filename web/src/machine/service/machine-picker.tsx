// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses machines by their names, of which there can be a thousand.
import { Label, LabelGroup } from "@pf/Label";
import { MenuToggle } from "@pf/MenuToggle";
import { Select, SelectList, SelectOption } from "@pf/Select";
import { TextInputGroup, TextInputGroupMain } from "@pf/TextInputGroup";
import { useRef, useState, type KeyboardEvent } from "react";

import { popper } from "../../components/popper";
import { _, fill } from "../../lib/i18n";

export interface Choice { uuid: string; name: string }

interface MachinePickerProps {
    id: string;
    label: string;
    /** Those that can be chosen. */
    from: readonly Choice[];
    chosen: readonly string[];
    isDisabled: boolean;
    onChange: (chosen: string[]) => void;
}

/** More than that in a list nobody reads; who types sees what fits. */
const SHOWN = 50;

export function MachinePicker({ id, label, from, chosen, isDisabled, onChange }: MachinePickerProps) {
    const [isOpen, setOpen] = useState(false);
    const [typed, setTyped] = useState("");
    const menu = useRef<HTMLDivElement>(null);
    const names = new Map(from.map(({ uuid, name }) => [uuid, name]));
    const fitting = from.filter(({ uuid, name }) => !chosen.includes(uuid) && name.toLowerCase().includes(typed.toLowerCase()));

    const add = (uuid: string) => {
        onChange([...chosen, uuid]);
        setTyped("");
        setOpen(false);
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === "ArrowDown") {
            event.preventDefault();
            setOpen(true);
            setTimeout(() => menu.current?.querySelector<HTMLElement>("[role=option]")?.focus());
        } else if (event.key === "Enter") {
            event.preventDefault();
            if (typed && fitting[0])
                add(fitting[0].uuid);
        } else if (event.key === "Backspace" && typed === "" && chosen.length > 0) {
            onChange(chosen.slice(0, -1));
        }
    };
    return (
        <Select isOpen={isOpen} onOpenChange={setOpen} onSelect={(_event, value) => add(String(value))} innerRef={menu}
                popperProps={popper} isScrollable maxMenuHeight="18rem"
                toggle={(ref) => (
                    <MenuToggle innerRef={ref} variant="typeahead" isFullWidth isExpanded={isOpen} isDisabled={isDisabled}
                                aria-label={label} onClick={() => setOpen(!isOpen)}>
                        <TextInputGroup isPlain isDisabled={isDisabled}>
                            <TextInputGroupMain inputId={id} value={typed} autoComplete="off" role="combobox" isExpanded={isOpen}
                                                aria-controls={`${id}-menu`} placeholder={chosen.length > 0 ? "" : _("No other")}
                                                aria-label={label} onClick={() => setOpen(true)} onKeyDown={onKeyDown}
                                                onChange={(_event, value) => {
                                                    setTyped(value);
                                                    setOpen(true);
                                                }}>
                                {chosen.length > 0 && (
                                    <LabelGroup aria-label={label} numLabels={20}>
                                        {chosen.map((uuid) => (
                                            <Label key={uuid} variant="outline" {...isDisabled ? {} : {
                                                closeBtnAriaLabel: fill(_("Leave {name} out"), { name: names.get(uuid) ?? uuid }),
                                                onClose: (event) => {
                                                    event.stopPropagation();
                                                    onChange(chosen.filter((other) => other !== uuid));
                                                },
                                            }}>
                                                {names.get(uuid) ?? fill(_("{uuid} (gone)"), { uuid })}
                                            </Label>
                                        ))}
                                    </LabelGroup>
                                )}
                            </TextInputGroupMain>
                        </TextInputGroup>
                    </MenuToggle>
                )}>
            <SelectList id={`${id}-menu`} aria-label={label}>
                {fitting.slice(0, SHOWN).map(({ uuid, name }) => <SelectOption key={uuid} value={uuid}>{name}</SelectOption>)}
                {fitting.length > SHOWN && <SelectOption isDisabled>{fill(_("{count} more: type a part of the name"), { count: fitting.length - SHOWN })}</SelectOption>}
                {fitting.length === 0 && <SelectOption isDisabled>{_("No machine fits.")}</SelectOption>}
            </SelectList>
        </Select>
    );
}
