// SPDX-License-Identifier: LGPL-2.1-or-later
// The head of a machine's page: what it is called, how it is, what can be done to it.
import { Button } from "@pf/Button";
import { Dropdown } from "@pf/Dropdown";
import { Label } from "@pf/Label";
import { MenuToggle, MenuToggleAction } from "@pf/MenuToggle";
import { Title } from "@pf/Title";
import { Tooltip } from "@pf/Tooltip";
import { Flex, FlexItem } from "@pf-layout/Flex";
import { useState } from "react";

import { useAct } from "../actions/act";
import { choices, type Choice } from "../actions/choices";
import { ChoiceItems, MachineMenu } from "../actions/machine-menu";
import { labelOf, verbs, words } from "../actions/verbs";
import type { Job, Machine } from "../bus/contract";
import { leaveMenu, popperAtEnd } from "../components/popper";
import { StateLabel } from "../components/state-label";
import { _, fill, ngettext } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { href, machinePath } from "../lib/route";
import { useAnswers, useHouse } from "../store/context";
import { adviceOf } from "./advice";
import { jobOn, mainVerbs } from "./main-verbs";
import { RunningJob } from "./running-job";

import "./head.css";

const WORDS = words(verbs);

/** tab: the one that is open; the summary says by itself what the others point at. */
export function Head({ machine, tab }: { machine: Machine; tab: string }) {
    const jobs = useValue(useHouse().jobs.all);
    const job = jobOn(jobs.values(), machine.path);
    const troubles = adviceOf(machine).filter(({ variant }) => variant !== "info").length;
    return (
        <>
            <Flex className="machine-head" justifyContent={{ default: "justifyContentSpaceBetween" }} alignItems={{ default: "alignItemsCenter" }}>
                <Flex alignItems={{ default: "alignItemsCenter" }} className="machine-head-name">
                    <Title headingLevel="h1">{machine.Name}</Title>
                    <FlexItem aria-live="polite"><StateLabel machine={machine} job={job} /></FlexItem>
                    {machine.PendingChanges.length > 0 && <Label isCompact color="blue">{_("changes wait for the next start")}</Label>}
                    {troubles > 0 && tab !== "summary" && (
                        <Label isCompact status="warning" href={href(machinePath(machine.UUID))}>
                            {fill(ngettext("{count} warning", "{count} warnings", troubles), { count: troubles })}
                        </Label>
                    )}
                </Flex>
                <HeadActions machine={machine} job={job} />
            </Flex>
            {machine.Title && <p className="machine-head-title">{machine.Title}</p>}
            {job && <RunningJob job={job} />}
        </>
    );
}

function HeadActions({ machine, job }: { machine: Machine; job: Job | undefined }) {
    const act = useAct();
    const answers = useAnswers([machine], WORDS).get(machine.path);
    const { main, beside, ids } = mainVerbs(choices(machine, answers), job);
    const choose = ({ verb }: Choice) => act(verb, [machine]);
    return (
        <Flex spaceItems={{ default: "spaceItemsXs" }} flexWrap={{ default: "nowrap" }} alignItems={{ default: "alignItemsCenter" }}>
            {main && beside.length === 0 && <MainButton choice={main} busy={job?.Operation === main.verb.word} onChoose={choose} />}
            {main && beside.length > 0 && <SplitButton main={main} beside={beside} onChoose={choose} />}
            <MachineMenu machine={machine} but={ids} />
        </Flex>
    );
}

function MainButton({ choice, busy, onChoose }: { choice: Choice; busy: boolean; onChoose: (choice: Choice) => void }) {
    const { verb, obstacle, hint } = choice;
    const button = (
        <Button variant={verb.loses ? "danger" : "primary"} isAriaDisabled={obstacle !== "" || busy} isLoading={busy}
                onClick={() => obstacle || busy || onChoose(choice)}>
            {labelOf(verb)}
        </Button>
    );
    return obstacle || hint ? <Tooltip content={obstacle || hint}>{button}</Tooltip> : button;
}

interface SplitButtonProps { main: Choice; beside: Choice[]; onChoose: (choice: Choice) => void }

function SplitButton({ main, beside, onChoose }: SplitButtonProps) {
    const [isOpen, setOpen] = useState(false);
    return (
        <Dropdown isOpen={isOpen} shouldFocusFirstItemOnOpen popperProps={popperAtEnd}
                  onOpenChange={(open) => {
                      if (!open && document.activeElement?.closest(".pf-v6-c-menu"))
                          leaveMenu();
                      setOpen(open);
                  }}
                  toggle={(ref) => (
                      <MenuToggle ref={ref} variant="secondary" isExpanded={isOpen} onClick={() => setOpen(!isOpen)}
                                  aria-label={_("Other ways to stop it")}
                                  splitButtonItems={[
                                      <MenuToggleAction key="main" onClick={() => onChoose(main)}>{labelOf(main.verb)}</MenuToggleAction>,
                                  ]} />
                  )}>
            <ChoiceItems items={beside}
                         onChoose={(choice) => {
                             setOpen(false);
                             onChoose(choice);
                         }} />
        </Dropdown>
    );
}
