// SPDX-License-Identifier: LGPL-2.1-or-later
import { Card, CardBody, CardTitle } from "@pf/Card";
import { Skeleton } from "@pf/Skeleton";
import CheckCircleIcon from "@pf-icon/check-circle-icon";
import CircleIcon from "@pf-icon/circle-icon";
import ExclamationCircleIcon from "@pf-icon/exclamation-circle-icon";
import type { ComponentType } from "react";

import { Since } from "../components/since";
import { eventWords, type Tone } from "../lib/event-words";
import { _ } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { href, machinePath } from "../lib/route";
import { useHouse } from "../store/context";

const SHOWN = 10;

const ICONS: Record<Tone, ComponentType> = { good: CheckCircleIcon, quiet: CircleIcon, bad: ExclamationCircleIcon };

/** What happened lately, the newest first. */
export function EventsCard() {
    const house = useHouse();
    const events = useValue(house.events);
    const machines = useValue(house.machines);
    const isLost = useValue(house.link).state === "lost";
    return (
        <Card isCompact>
            <CardTitle component="h2">{_("Recent events")}</CardTitle>
            <CardBody>
                {!events && !isLost && <Skeleton width="70%" screenreaderText={_("Reading …")} />}
                {!events && isLost && <p className="overview-quiet">{_("Not known while the service is away.")}</p>}
                {events?.length === 0 && (
                    <p className="overview-quiet">{_("Nothing has happened since the agent started.")}</p>
                )}
                <ul className="events">
                    {events?.slice(-SHOWN).reverse().map((event) => {
                        const { text, tone } = eventWords(event);
                        const Icon = ICONS[tone];
                        const machine = machines.get(event.Path);
                        return (
                            <li key={`${event.When} ${event.Path} ${event.Event}`} data-tone={tone}>
                                <span className="events-icon" aria-hidden="true"><Icon /></span>
                                <span className="events-text">
                                    {machine ? <a href={href(machinePath(machine.UUID))}>{event.Name}</a> : <span>{event.Name}</span>}
                                    <span>{text}</span>
                                </span>
                                <Since when={event.When} />
                            </li>
                        );
                    })}
                </ul>
            </CardBody>
        </Card>
    );
}
