// SPDX-License-Identifier: LGPL-2.1-or-later
// What the command line tool says of errors, checks and warnings: the page says the same. cli/print-words.c writes it at the
// build; it is translated here, from the tool's own catalog. Words of states, which the tool shows as they are, are below.
import written from "hatago-words";

import { NAME } from "../bus/contract";
import type { BusError } from "../bus/errors";
import { N_, _, language } from "./i18n";
import { fillKnown } from "./patterns";

type Maybe = string | null;

/** As cli/print-words.c has it. */
export interface Words {
    groups: { name: string; title: string }[];
    checks: { id: string; title: string; cryptic: boolean }[];
    texts: { id: Maybe; reason: string; meaning: string; why: Maybe; remedy: Maybe }[];
    fixes: { id: string; reason: Maybe; does: string; undoes: Maybe }[];
    advice: {
        computer: string;
        setups: { vendor: Maybe; product: Maybe; key: string; menu: string }[];
        items: { processor: Maybe; name: string }[];
        loaders: { loader: Maybe; file: Maybe; steps: string }[];
        outers: { hypervisor: Maybe; steps: string }[];
    };
    errors: { error: string; verb: Maybe; reason: Maybe; hint: Maybe }[];
    verbs: { name: string; failing: string; help: string }[];
    warnings: { code: string; sentence: string; remedy: string }[];
    remedies: { reason: string; remedy: string }[];
    autostart: { word: string; text: string }[];
    ready: { word: string; text: string }[];
}

export const words = written as unknown as Words;

const STATES: Record<string, string> = {
    running: N_("running"),
    blocked: N_("running"),
    paused: N_("paused"),
    shutdown: N_("shutting down"),
    shutoff: N_("off"),
    crashed: N_("crashed"),
    pmsuspended: N_("asleep"),
    unknown: N_("unknown"),
};

const REASONS: Record<string, string> = {
    "booted": N_("booted"),
    "migrated": N_("migrated"),
    "restored": N_("restored from a saved state"),
    "from-snapshot": N_("from a snapshot"),
    "unpaused": N_("resumed"),
    "migration-canceled": N_("migration canceled"),
    "save-canceled": N_("saving canceled"),
    "wakeup": N_("woken up"),
    "crashed": N_("crashed"),
    "postcopy": N_("migrating (post-copy)"),
    "postcopy-failed": N_("migration failed"),
    "user": N_("by a user"),
    "migration": N_("migrating"),
    "save": N_("being saved"),
    "dump": N_("being dumped"),
    "io-error": N_("disk error"),
    "watchdog": N_("the watchdog fired"),
    "shutting-down": N_("shutting down"),
    "snapshot": N_("a snapshot is made"),
    "starting-up": N_("starting"),
    "api-error": N_("an error of the hypervisor"),
    "shutdown": N_("shut down"),
    "destroyed": N_("powered off"),
    "saved": N_("saved"),
    "failed": N_("did not start"),
    "daemon": N_("ended by libvirt"),
    "panicked": N_("its system has panicked"),
    "unknown": N_("unknown"),
};

const OPERATIONS: Record<string, string> = {
    "start": N_("Start"),
    "shutdown": N_("Shut down"),
    "poweroff": N_("Power off"),
    "reboot": N_("Reboot"),
    "reset": N_("Reset"),
    "suspend": N_("Pause"),
    "resume": N_("Resume"),
    "save": N_("Save and turn off"),
    "discard-save": N_("Discard saved state"),
    "define": N_("Define"),
    "undefine": N_("Remove"),
    "rename": N_("Rename"),
    "set-xml": N_("Change the configuration"),
    "set-autostart": N_("Change the start at boot"),
    "configure": N_("Change the settings as a service"),
    "screenshot": N_("Screenshot"),
    "validate": N_("Check the host"),
    "fix": N_("Fix"),
    "undo-fix": N_("Take back"),
};

/** As Machine.PendingChanges has them. */
const PENDING: Record<string, string> = {
    "title": N_("title"), "description": N_("description"), "metadata": N_("metadata"), "memory": N_("memory"),
    "vcpus": N_("virtual CPUs"), "cpu": N_("processor"), "tuning": N_("tuning"), "os": N_("firmware and boot"),
    "features": N_("features"), "clock": N_("clock"), "events": N_("what becomes of it when it ends"), "disks": N_("disks"),
    "interfaces": N_("network interfaces"), "displays": N_("displays"), "video": N_("graphics"), "controllers": N_("controllers"),
    "filesystems": N_("shared folders"), "host-devices": N_("devices of the host"), "consoles": N_("consoles"),
    "input": N_("input devices"), "sound": N_("sound"), "tpm": N_("TPM"), "other-devices": N_("other devices"),
};

/** Of what Cockpit says when it does not get as far as the agent. */
const PROBLEMS: Record<string, string> = {
    "not-found": N_("The service hatagod is not installed here, or the bus cannot start it."),
    "disconnected": N_("The connection to the host broke."),
    "terminated": N_("The connection to the host was closed."),
    "access-denied": N_("You may not do this."),
    "timeout": N_("There was no answer in time."),
};

const look = (table: Record<string, string>, word: string): string => word in table ? _(table[word] ?? word) : word;

export const stateText = (state: string): string => look(STATES, state);
export const reasonText = (reason: string): string => look(REASONS, reason);
export const operationText = (operation: string): string => look(OPERATIONS, operation);
export const pendingText = (part: string): string => look(PENDING, part);

export function warningText(code: string): string {
    const row = words.warnings.find((one) => one.code === code);
    return row ? _(row.sentence) : code;
}

/** A clause as a sentence: "it is running" becomes "It is running." */
function sentence(clause: string): string {
    const text = clause.startsWith("libvirt") ? clause : clause.charAt(0).toUpperCase() + clause.slice(1);
    if (/[.!?。！？]$/.test(text))
        return text;
    return text + (language() === "ja" ? "。" : ".");
}

/**
 * A sentence about an error; an unknown one speaks for itself. verb, as in Job.Operation: some say something else of some.
 * That of the tool, without its hints, which are commands.
 */
export function errorText(error: BusError, verb?: string): string {
    const problem = PROBLEMS[error.name];
    if (problem)
        return _(problem);
    const name = error.name.includes(".") ? error.name : `${NAME}Error.${error.name}`;
    for (const row of words.errors) {
        if (row.error !== name || (row.verb !== null && row.verb !== verb))
            continue;
        if (row.reason === null)
            break;
        const reason = fillKnown(_(row.reason), error.values);
        if (reason !== null)
            return sentence(reason);
    }
    return error.message;
}
