// SPDX-License-Identifier: LGPL-2.1-or-later
// In place of a console that shows nothing now, or in a line above what it last showed.
import { AlertActionLink } from "@pf/Alert";
import { Button } from "@pf/Button";
import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@pf/EmptyState";
import { HelperText } from "@pf/HelperText";
import { Label } from "@pf/Label";
import { Spinner } from "@pf/Spinner";
import ExclamationCircleIcon from "@pf-icon/exclamation-circle-icon";
import LockIcon from "@pf-icon/lock-icon";
import PowerOffIcon from "@pf-icon/power-off-icon";
import UnpluggedIcon from "@pf-icon/unplugged-icon";

import { useAct } from "../../actions/act";
import { obstacle } from "../../actions/choices";
import { verbOf } from "../../actions/verbs";
import type { Machine } from "../../bus/contract";
import { Alert } from "../../components/alert";
import { Note } from "../../components/note";
import { _ } from "../../lib/i18n";
import { useAnswers } from "../../store/context";
import { phaseWords } from "./phases";
import type { Port } from "./ports";
import type { Phase } from "./session";
import type { ConsoleSession } from "./use-session";

interface Props {
    machine: Machine;
    port: Port;
    phase: Phase;
    session: ConsoleSession;
}

interface Offer {
    label: string;
    take: () => void;
    /** Why it may not be taken; empty: it may. */
    hindered: string;
}

const START = ["start"];

function useOffer({ machine, session, phase, port }: Props): Offer | null {
    const act = useAct();
    const { offer } = phaseWords(phase, port);
    const answers = useAnswers([machine], offer === "start" ? START : []).get(machine.path);
    switch (offer) {
    case "start":
        return { label: _("Start"), take: () => act(verbOf("start"), [machine]), hindered: obstacle(answers?.start) };
    case "connect": return { label: _("Connect"), take: () => session.connect(null), hindered: "" };
    case "force": return { label: _("Take it over"), take: () => session.connect({ force: true }), hindered: "" };
    case null: return null;
    }
}

const icons = { quiet: UnpluggedIcon, busy: () => <Spinner aria-hidden />, bad: ExclamationCircleIcon };

/** Said to screen readers, too, whenever it changes. asks: for a password, before it shows anything. */
export function PhaseLabel({ phase, port, asks }: Pick<Props, "phase" | "port"> & { asks: boolean }) {
    const { title, tone } = phaseWords(phase, port);
    if (asks)
        return <span role="status"><Label variant="outline" icon={<LockIcon />}>{_("A password is asked for")}</Label></span>;
    const status = phase.at === "connected" ? "success" : tone === "bad" ? "warning" : null;
    return (
        <span role="status">
            {status
                ? <Label variant="outline" status={status}>{title}</Label>
                : <Label variant="outline" icon={tone === "busy" ? <Spinner size="sm" aria-hidden /> : <UnpluggedIcon />}>{title}</Label>}
        </span>
    );
}

export function StateView(props: Props) {
    const { phase, port } = props;
    const { title, text, tone } = phaseWords(phase, port);
    const offer = useOffer(props);
    return (
        <EmptyState titleText={title} headingLevel="h2" icon={phase.at === "off" ? PowerOffIcon : icons[tone]}
                    {...tone === "bad" ? { status: "warning" as const } : {}}>
            {text && <EmptyStateBody>{text}</EmptyStateBody>}
            {offer && (
                <EmptyStateFooter>
                    <EmptyStateActions>
                        <Button onClick={offer.take} isAriaDisabled={offer.hindered !== ""}>{offer.label}</Button>
                    </EmptyStateActions>
                    {offer.hindered && <HelperText><Note>{offer.hindered}</Note></HelperText>}
                </EmptyStateFooter>
            )}
        </EmptyState>
    );
}

export function StateLine(props: Props) {
    const { phase, port } = props;
    const { title, text, tone } = phaseWords(phase, port);
    const offer = useOffer(props);
    return (
        <Alert isInline isPlain variant={tone === "bad" ? "warning" : "info"} title={title}
               {...offer && !offer.hindered ? { actionLinks: <AlertActionLink onClick={offer.take}>{offer.label}</AlertActionLink> } : {}}>
            {text}
        </Alert>
    );
}
