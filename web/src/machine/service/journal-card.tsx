// SPDX-License-Identifier: LGPL-2.1-or-later
// What the journal has of the unit, as it is written; and of what it was called before its machine was renamed.
import { Button } from "@pf/Button";
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

import type { Machine } from "../../bus/contract";
import { language, _, fill } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { useHouse } from "../../store/context";
import { UnitJournal, type Entry } from "../../store/journal";
import { formerUnits } from "./former-units";

import "./service.css";

/** How near the end one has to be to be taken along, in pixels. */
const NEAR = 24;

export function JournalCard({ machine }: { machine: Machine }) {
    const house = useHouse();
    const [follower] = useState(() => new UnitJournal());
    const former = formerUnits(machine, useValue(house.machines).values(), useValue(house.events) ?? []);
    const units = [machine.Unit, ...former.map(({ unit }) => unit)].join("\n");
    const { entries, state, error } = useValue(follower.journal);
    const box = useRef<HTMLDivElement>(null);
    const atEnd = useRef(true);

    useEffect(() => {
        follower.open(units.split("\n"));
        return () => follower.close();
    }, [follower, units]);
    // Whoever reads what is older is left where they are.
    useLayoutEffect(() => {
        const element = box.current;
        if (element && atEnd.current)
            element.scrollTop = element.scrollHeight;
    }, [entries]);

    return (
        <Card>
            <CardHeader><CardTitle component="h2">{_("Journal")}</CardTitle></CardHeader>
            <CardBody>
                {former.length > 0 && (
                    <p className="journal-former">
                        {fill(_("It was called {names} before: what was written under that name is here too."),
                              { names: former.map(({ name }) => name).join(_(", ")) })}
                    </p>
                )}
                {/* A region that scrolls is to be reached by the keyboard. */}
                {entries.length > 0 && (
                    <div ref={box} className="journal" role="log" aria-label={_("Journal of the unit")} tabIndex={0}
                         onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
                             atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
                         }}>
                        {entries.map((entry) => <Line key={entry.id} entry={entry} />)}
                    </div>
                )}
                {entries.length === 0 && state === "following" && (
                    <p>{_("Nothing to show. The unit has written nothing yet, or you may not read the journal: administrators may, and members of the groups adm and systemd-journal.")}</p>
                )}
                {state === "ended" && (
                    <p>
                        {error || _("journalctl has ended.")}{" "}
                        <Button variant="link" isInline onClick={() => follower.open(units.split("\n"))}>{_("Read it again")}</Button>
                    </p>
                )}
            </CardBody>
        </Card>
    );
}

/** A mark, so that colour is not alone. */
const markOf = (priority: number): string => priority <= 3 ? _("error") : priority === 4 ? _("warning") : "";

function Line({ entry: { when, priority, from, message } }: { entry: Entry }) {
    const mark = markOf(priority);
    return (
        <div className="journal-line" data-priority={priority <= 3 ? "error" : priority === 4 ? "warning" : undefined}>
            <time dateTime={new Date(when / 1000).toISOString()}>
                {new Intl.DateTimeFormat(language(), { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" })
                    .format(when / 1000)}
            </time>
            <span className="journal-from">{from}</span>
            <span className="journal-message">{mark && <strong>{mark}: </strong>}{message}</span>
        </div>
    );
}
