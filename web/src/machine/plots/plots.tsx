// SPDX-License-Identifier: LGPL-2.1-or-later
// What a machine took over the last hour or day: plots, or the same as tables.
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { Skeleton } from "@pf/Skeleton";
import { ToggleGroup, ToggleGroupItem } from "@pf/ToggleGroup";
import { Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from "@pf/Toolbar";
import { Title } from "@pf/Title";
import { Gallery, GalleryItem } from "@pf-layout/Gallery";
import { Suspense, lazy, useEffect, useMemo, useState } from "react";

import type { Machine } from "../../bus/contract";
import { groupOf } from "../../lib/groups";
import { _ } from "../../lib/i18n";
import { Observable, useValue } from "../../lib/observable";
import { useHistory, useLoad } from "../../store/context";
import type { Range } from "../../store/history";
import { KEPT, type Timeline } from "../../store/series";
import { describe, figure, kindsOf, timesOf, whenText, type Kind } from "./kinds";
import { PlotTable } from "./plot-table";

import "uplot/dist/uPlot.min.css";
import "./plots.css";

const Plot = lazy(() => import("./plot"));

/** Where the pointer is, in all plots: the index of a slot. */
const point = new Observable<number | null>(null);

export function Plots({ machine }: { machine: Machine }) {
    const [range, setRange] = useState<Range>("hour");
    const [asTable, setAsTable] = useState(false);
    const timeline = useHistory(machine.path, range);
    const kinds = kindsOf(machine, timeline);
    useEffect(() => () => point.set(null), []);

    return (
        <section aria-labelledby="plots-title" className="plots">
            <Toolbar inset={{ default: "insetNone" }}>
                <ToolbarContent>
                    <ToolbarItem><Title headingLevel="h2" size="lg" id="plots-title">{_("Over time")}</Title></ToolbarItem>
                    <ToolbarGroup align={{ default: "alignEnd" }}>
                        <ToolbarItem>
                            <ToggleGroup isCompact aria-label={_("How far back")}>
                                <ToggleGroupItem text={_("Hour")} buttonId="plots-hour" isSelected={range === "hour"}
                                                 onChange={() => setRange("hour")} />
                                <ToggleGroupItem text={_("Day")} buttonId="plots-day" isSelected={range === "day"}
                                                 onChange={() => setRange("day")} />
                            </ToggleGroup>
                        </ToolbarItem>
                        <ToolbarItem>
                            <ToggleGroup isCompact aria-label={_("How it is shown")}>
                                <ToggleGroupItem text={_("Plots")} buttonId="plots-plots" isSelected={!asTable}
                                                 onChange={() => setAsTable(false)} />
                                <ToggleGroupItem text={_("Table")} buttonId="plots-table" isSelected={asTable}
                                                 onChange={() => setAsTable(true)} />
                            </ToggleGroup>
                        </ToolbarItem>
                    </ToolbarGroup>
                </ToolbarContent>
            </Toolbar>
            {asTable && timeline
                ? <PlotTable kinds={kinds} timeline={timeline} range={range} />
                : (
                    <Gallery hasGutter minWidths={{ default: "100%", lg: "26rem" }}>
                        {kinds.map((kind) => (
                            <GalleryItem key={kind.word}><PlotCard machine={machine} kind={kind} timeline={timeline} /></GalleryItem>
                        ))}
                    </Gallery>
                )}
        </section>
    );
}

function PlotCard({ machine, kind, timeline }: { machine: Machine; kind: Kind; timeline: Timeline | null }) {
    const { when } = useLoad();
    const times = useMemo(() => timeline ? timesOf(timeline) : [], [timeline]);
    const lines = useMemo(() => kind.lines.map(({ name, label }) =>
        ({ label: _(label), values: timeline?.series[name] ?? [] })), [kind, timeline]);
    const to = Math.max(times.at(-1) ?? 0, Math.floor(when / 1e6));
    const waiting = <Skeleton height="150px" screenreaderText={_("Reading …")} />;

    return (
        <Card isCompact isFullHeight>
            <CardHeader><CardTitle component="h3">{_(kind.title)}</CardTitle></CardHeader>
            <CardBody>
                {!timeline && waiting}
                {timeline?.length === 0 && <p>{_("There are no numbers yet: they are taken while the machine runs and somebody looks.")}</p>}
                {timeline && timeline.length > 0 && (
                    <>
                        <Legend kind={kind} timeline={timeline} isOff={groupOf(machine) === "off"} />
                        <Suspense fallback={waiting}>
                            <Plot description={describe(kind, timeline)} times={times} lines={lines}
                                  from={to - KEPT * timeline.step / 1e6} to={to}
                                  top={kind.top(machine)} binary={kind.binary} format={kind.format}
                                  onPoint={(index) => point.set(index)} />
                        </Suspense>
                    </>
                )}
            </CardBody>
        </Card>
    );
}

/** The numbers where the pointer is, else those of now: a machine that is off takes nothing. */
function Legend({ kind, timeline, isOff }: { kind: Kind; timeline: Timeline; isOff: boolean }) {
    const pointed = useValue(point);
    const isPointed = pointed !== null && pointed < timeline.length;
    const at = isPointed ? pointed : timeline.length - 1;
    return (
        <div className="plot-legend">
            {kind.lines.map(({ name, label }, i) => (
                <span key={name}>
                    <svg width="18" height="8" aria-hidden="true">
                        <line x1="0" y1="4" x2="18" y2="4" stroke={`var(--plot-${i + 1})`} strokeWidth="2"
                              strokeDasharray={i === 0 ? undefined : "5 3"} />
                    </svg>
                    {kind.lines.length > 1 ? `${_(label)} ` : ""}{figure(kind, isOff && !isPointed ? null : timeline.series[name][at] ?? null)}
                </span>
            ))}
            {kind.note && <span className="plot-note">{_(kind.note)}</span>}
            {pointed !== null && <span className="plot-note">{whenText((timeline.first + at) * timeline.step / 1e6)}</span>}
        </div>
    );
}
