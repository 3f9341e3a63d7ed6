// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done with the console that is shown.
import { Button } from "@pf/Button";
import { Divider } from "@pf/Divider";
import { Dropdown, DropdownItem, DropdownList } from "@pf/Dropdown";
import { MenuToggle } from "@pf/MenuToggle";
import { Tooltip } from "@pf/Tooltip";
import CompressIcon from "@pf-icon/compress-icon";
import EllipsisIcon from "@pf-icon/ellipsis-v-icon";
import ExpandIcon from "@pf-icon/expand-icon";
import ExternalLinkIcon from "@pf-icon/external-link-alt-icon";
import KeyboardIcon from "@pf-icon/keyboard-icon";
import { Fragment, useState, type ComponentType } from "react";

import { leaveMenu } from "../../components/popper";
import { _ } from "../../lib/i18n";
import type { ConsoleHandle } from "./handle";
import { chords } from "./keyboard";

interface Item { word: string; label: string; take: () => void; isDisabled?: boolean; isOn?: boolean }

interface Props {
    handle: ConsoleHandle | null;
    connected: boolean;
    fullScreen: boolean;
    onFullScreen: () => void;
    /** null: this page is alone already. */
    onAlone: (() => void) | null;
    /** What else there is, for the last menu. */
    more: Item[];
    /** Where no menu of the page's body is seen. */
    menusIn: HTMLElement | null;
}

export function ConsoleToolbar({ handle, connected, fullScreen, onFullScreen, onAlone, more, menusIn }: Props) {
    return (
        <div className="console-tools" role="toolbar" aria-label={_("Console")}>
            {handle?.press && <KeysMenu handle={handle} isDisabled={!connected} menusIn={menusIn} />}
            <Tool label={fullScreen ? _("Leave full screen") : _("Full screen")} Icon={fullScreen ? CompressIcon : ExpandIcon}
                  isDisabled={!document.fullscreenEnabled} onClick={onFullScreen} />
            {onAlone && <Tool label={_("Open in a new tab")} Icon={ExternalLinkIcon} onClick={onAlone} />}
            <MoreMenu items={more} menusIn={menusIn} />
        </div>
    );
}

function Tool({ label, Icon, isDisabled = false, onClick }: { label: string; Icon: ComponentType; isDisabled?: boolean; onClick: () => void }) {
    return (
        <Tooltip content={label}>
            <Button variant="plain" aria-label={label} icon={<Icon />} isAriaDisabled={isDisabled} onClick={onClick} />
        </Tooltip>
    );
}

function KeysMenu({ handle, isDisabled, menusIn }: { handle: ConsoleHandle; isDisabled: boolean; menusIn: HTMLElement | null }) {
    const [isOpen, setOpen] = useState(false);
    return (
        <Dropdown isOpen={isOpen} onOpenChange={setOpen} shouldFocusFirstItemOnOpen isScrollable maxMenuHeight="min(28rem, 60vh)"
                  popperProps={{ appendTo: () => menusIn ?? document.body, position: "end", preventOverflow: true }}
                  onSelect={() => setOpen(false)}
                  toggle={(ref) => (
                      <MenuToggle ref={ref} icon={<KeyboardIcon />} isDisabled={isDisabled} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
                          {_("Send keys")}
                      </MenuToggle>
                  )}>
            <DropdownList>
                {chords.map((group, at) => (
                    <Fragment key={at}>
                        {at > 0 && <Divider component="li" />}
                        {group.map(({ label, keys }) => (
                            <DropdownItem key={label} onClick={() => {
                                handle.press?.(keys);
                                handle.focus();
                            }}>
                                {label}
                            </DropdownItem>
                        ))}
                    </Fragment>
                ))}
            </DropdownList>
        </Dropdown>
    );
}

function MoreMenu({ items, menusIn }: { items: Item[]; menusIn: HTMLElement | null }) {
    const [isOpen, setOpen] = useState(false);
    return (
        <Dropdown isOpen={isOpen} onOpenChange={setOpen} shouldFocusFirstItemOnOpen
                  popperProps={{ appendTo: () => menusIn ?? document.body, position: "end", preventOverflow: true }}
                  onSelect={() => setOpen(false)}
                  toggle={(ref) => (
                      <MenuToggle ref={ref} variant="plain" icon={<EllipsisIcon />} aria-label={_("More for this console")} isExpanded={isOpen}
                                  onClick={() => setOpen(!isOpen)} />
                  )}>
            <DropdownList>
                {items.map(({ word, label, take, isDisabled = false, isOn }) => (
                    <DropdownItem key={word} isAriaDisabled={isDisabled} {...isOn === undefined ? {} : { isSelected: isOn }}
                                  onClick={() => {
                                      if (isDisabled)
                                          return;
                                      leaveMenu();
                                      take();
                                  }}>
                        {label}
                    </DropdownItem>
                ))}
            </DropdownList>
        </Dropdown>
    );
}
