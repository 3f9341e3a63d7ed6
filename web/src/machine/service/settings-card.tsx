// SPDX-License-Identifier: LGPL-2.1-or-later
// How a machine is a service: order, readiness, its stop. What is wrong stands at its field.
import { ActionGroup, Form, FormGroup, FormHelperText } from "@pf/Form";
import { Button } from "@pf/Button";
import { Card, CardBody, CardHeader, CardTitle } from "@pf/Card";
import { FormSelect, FormSelectOption } from "@pf/FormSelect";
import { HelperText } from "@pf/HelperText";
import { InputGroup, InputGroupItem } from "@pf/InputGroup";
import { Radio } from "@pf/Radio";
import { Skeleton } from "@pf/Skeleton";
import { TextInput } from "@pf/TextInput";
import { useMemo, useState, type ReactNode } from "react";

import type { Machine } from "../../bus/contract";
import { Alert } from "../../components/alert";
import { Note } from "../../components/note";
import { span } from "../../lib/format";
import { _, fill } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { useHouse } from "../../store/context";
import { MachinePicker } from "./machine-picker";
import { ResetQuestion } from "./reset-question";
import { HOST_SHUTDOWN, READY } from "./service-words";
import { UNITS, amountOf, type SpanInput, type Unit } from "./spans";
import { useSettings, type SettingsForm } from "./use-settings";
import { STOP_TIMEOUT, type Field } from "./settings";

/** obstacle: why the user may not change them; empty: nothing is in the way. */
export function SettingsCard({ machine, obstacle }: { machine: Machine; obstacle: string }) {
    const form = useSettings(machine);
    return (
        <Card>
            <CardHeader><CardTitle component="h2">{_("Order, readiness, stop")}</CardTitle></CardHeader>
            <CardBody>
                {form.settings
                    ? <SettingsFields machine={machine} form={form} obstacle={obstacle} />
                    : <Skeleton height="12rem" screenreaderText={_("Reading …")} />}
            </CardBody>
        </Card>
    );
}

function SettingsFields({ machine, form, obstacle }: { machine: Machine; form: SettingsForm; obstacle: string }) {
    const machines = useValue(useHouse().machines);
    const [asksReset, setAsksReset] = useState(false);
    const others = useMemo(() => [...machines.values()].filter(({ UUID, Persistent }) => UUID !== machine.UUID && Persistent)
        .map(({ UUID, Name }) => ({ uuid: UUID, name: Name })).sort((one, other) => one.name.localeCompare(other.name)),
    [machines, machine.UUID]);
    const settings = form.settings!;
    const isDisabled = obstacle !== "" || form.busy;

    return (
        <Form isWidthLimited onSubmit={(event) => {
            event.preventDefault();
            if (form.isDirty && form.isValid && !isDisabled)
                form.apply();
        }}>
            {obstacle && <Alert isInline isPlain variant="info" component="h3" title={obstacle} />}
            {machine.Warnings.includes("settings-invalid") && (
                <Alert isInline variant="warning" component="h3"
                       title={_("The file with its settings was edited and is wrong: all of it is ignored. To set them anew here, reset them to the defaults first.")} />
            )}
            {form.failure && <Alert isInline variant="danger" component="h3" title={form.failure} />}

            <Row form={form} field="startAfter" label={_("Start after")} id="start-after"
                 help={_("It waits for these to be ready, if they start too. At the host's shutdown it stops before them.")}>
                <MachinePicker id="start-after" label={_("Start after")} from={others} chosen={settings.startAfter} isDisabled={isDisabled}
                               onChange={(startAfter) => form.change({ startAfter })} />
            </Row>
            <Row form={form} field="startDelay" label={_("Delay")} id="start-delay"
                 help={_("How long it waits at the host's boot, once all that it starts after is ready. Empty: not at all.")}>
                <Span id="start-delay" label={_("Delay")} value={settings.startDelay} isDisabled={isDisabled} fault={form.faults.startDelay}
                      onChange={(startDelay) => form.change({ startDelay })} byDefault={0} />
            </Row>
            <FormGroup role="radiogroup" label={_("Ready for others")} fieldId="ready" isStack>
                {READY.map(({ word, label, hint }) => (
                    <Radio key={word} id={`ready-${word}`} name="ready" label={_(label)} description={_(hint)} isDisabled={isDisabled}
                           isChecked={settings.ready === word} onChange={() => form.change({ ready: word })} />
                ))}
                <Notes form={form} field="ready" />
            </FormGroup>
            {settings.ready === "port" && (
                <Row form={form} field="readyPort" label={_("TCP port")} id="tcp-port">
                    <TextInput id="tcp-port" inputMode="numeric" value={settings.readyPort} isDisabled={isDisabled} className="service-number"
                               validated={form.faults.readyPort ? "error" : "default"}
                               onChange={(_event, readyPort) => form.change({ readyPort })} />
                </Row>
            )}
            {settings.ready !== "running" && (
                <Row form={form} field="readyTimeout" label={_("Given up after")} id="ready-timeout"
                     help={_("Who waits for it goes on then.")}>
                    <Span id="ready-timeout" label={_("Given up after")} value={settings.readyTimeout} isDisabled={isDisabled}
                          fault={form.faults.readyTimeout} onChange={(readyTimeout) => form.change({ readyTimeout })} />
                </Row>
            )}
            <Row form={form} field="stopTimeout" label={_("Stop timeout")} id="stop-timeout"
                 help={fill(_("How long its guest has to shut down, before it is powered off. Empty: {span}, as where nothing is set."),
                            { span: span(STOP_TIMEOUT) })}>
                <Span id="stop-timeout" label={_("Stop timeout")} value={settings.stopTimeout} isDisabled={isDisabled}
                      fault={form.faults.stopTimeout} byDefault={STOP_TIMEOUT}
                      onChange={(stopTimeout) => form.change({ stopTimeout })} />
            </Row>
            <FormGroup role="radiogroup" label={_("At the host's shutdown")} fieldId="host-shutdown" isStack>
                {HOST_SHUTDOWN.map(({ word, label, hint }) => (
                    <Radio key={word} id={`host-shutdown-${word}`} name="host-shutdown" label={_(label)} description={_(hint)}
                           isDisabled={isDisabled} isChecked={settings.hostShutdown === word}
                           onChange={() => form.change({ hostShutdown: word })} />
                ))}
                <Notes form={form} field="hostShutdown" />
            </FormGroup>
            <ActionGroup>
                <Button type="submit" variant="primary" isDisabled={isDisabled || !form.isDirty || !form.isValid} isLoading={form.busy}>
                    {_("Apply")}
                </Button>
                {form.isDirty && (
                    <Button variant="link" isDisabled={form.busy} onClick={form.discard}>{_("Discard changes")}</Button>
                )}
                <Button variant="link" isDanger isDisabled={isDisabled} onClick={() => setAsksReset(true)}>{_("Reset to defaults")}</Button>
            </ActionGroup>
            {asksReset && (
                <ResetQuestion name={machine.Name} onCancel={() => setAsksReset(false)}
                               onConfirm={() => {
                                   setAsksReset(false);
                                   form.reset();
                               }} />
            )}
        </Form>
    );
}

interface RowProps { form: SettingsForm; field: Field; label: string; id: string; help?: string; children: ReactNode }

function Row({ form, field, label, id, help, children }: RowProps) {
    return (
        <FormGroup label={label} fieldId={id}>
            {children}
            <Notes form={form} field={field} {...help ? { help } : {}} />
        </FormGroup>
    );
}

/** What is wrong with a field, or else what it means; and whether others have changed it. */
function Notes({ form, field, help }: { form: SettingsForm; field: Field; help?: string }) {
    const fault = form.faults[field];
    return (
        <FormHelperText>
            <HelperText isLiveRegion>
                {fault && <Note variant="error">{fault}</Note>}
                {form.contested.includes(field) && (
                    <Note variant="warning">{_("Somebody has changed this meanwhile: applying puts your value in its place.")}</Note>
                )}
                {!fault && help && <Note>{help}</Note>}
            </HelperText>
        </FormHelperText>
    );
}

interface SpanProps {
    id: string;
    label: string;
    value: SpanInput;
    isDisabled: boolean;
    fault: string | undefined;
    /** What counts while nothing is given, in microseconds; absent: something is to be given. */
    byDefault?: number;
    onChange: (value: SpanInput) => void;
}

function Span({ id, label, value, isDisabled, fault, byDefault, onChange }: SpanProps) {
    return (
        <InputGroup className="service-span">
            <InputGroupItem isFill>
                <TextInput id={id} inputMode="decimal" value={value.amount} isDisabled={isDisabled}
                           placeholder={byDefault === undefined ? "" : amountOf(byDefault, value.unit)}
                           validated={fault ? "error" : "default"} onChange={(_event, amount) => onChange({ ...value, amount })} />
            </InputGroupItem>
            <InputGroupItem>
                <FormSelect aria-label={`${label}: ${_("unit of time")}`} value={value.unit} isDisabled={isDisabled}
                            onChange={(_event, unit) => onChange({ ...value, unit: unit as Unit })}>
                    {UNITS.map(({ word, label }) => <FormSelectOption key={word} value={word} label={_(label)} />)}
                </FormSelect>
            </InputGroupItem>
        </InputGroup>
    );
}
