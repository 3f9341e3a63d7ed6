// SPDX-License-Identifier: LGPL-2.1-or-later
import ExclamationCircleIcon from "@pf-icon/exclamation-circle-icon";
import InProgressIcon from "@pf-icon/in-progress-icon";
import PauseCircleIcon from "@pf-icon/pause-circle-icon";
import PlayCircleIcon from "@pf-icon/play-circle-icon";
import PowerOffIcon from "@pf-icon/power-off-icon";
import QuestionCircleIcon from "@pf-icon/question-circle-icon";
import type { ComponentType } from "react";

import type { Job, Machine, Sample } from "../bus/contract";
import { stateWords, type Look } from "./state";

import "./state-label.css";

const ICONS: Record<Look, ComponentType> = {
    on: PlayCircleIcon, held: PauseCircleIcon, off: PowerOffIcon, bad: ExclamationCircleIcon, busy: InProgressIcon,
    unknown: QuestionCircleIcon,
};

type StateLabelProps = {
    machine: Pick<Machine, "State" | "StateReason" | "ManagedSave">;
    /** What is under way on it. */
    job?: Job | undefined;
    sample?: Sample | undefined;
};

/** State of a machine: an icon and a word. */
export function StateLabel({ machine, job, sample }: StateLabelProps) {
    const { look, text, detail } = stateWords(machine, job, sample);
    const Icon = ICONS[look];
    return (
        <span className="state-label" data-look={look}>
            <span className="state-label-icon" aria-hidden="true"><Icon /></span>
            <span className="state-label-text">
                {text}
                {detail && <span className="state-label-detail">{detail}</span>}
            </span>
        </span>
    );
}
