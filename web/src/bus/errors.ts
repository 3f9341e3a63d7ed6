// SPDX-License-Identifier: LGPL-2.1-or-later
import { NAME } from "./contract";

const ERROR = NAME + "Error.";

/**
 * How a call, or a job, went wrong. name is the last part of org.hatago.Host1.Error.NAME, or all of another bus name
 * ("org.freedesktop.DBus.Error.AccessDenied"), or one of Cockpit's problems ("disconnected"). message is English, for experts.
 */
export class BusError extends Error {
    constructor(name: string, message: string, readonly values: Record<string, string> = {}) {
        super(message);
        this.name = name.startsWith(ERROR) ? name.slice(ERROR.length) : name;
    }

    /** Whether the caller lacks the right, with or without a password. */
    get denied(): boolean {
        return this.name === "org.freedesktop.DBus.Error.AccessDenied"
            || this.name === "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
    }
}

/** What cockpit.js, or anything else, has thrown. */
export function asBusError(thrown: unknown): BusError {
    if (thrown instanceof BusError)
        return thrown;
    const failure = (thrown ?? {}) as cockpit.Failure;
    return new BusError(failure.name || failure.problem || "Failed", failure.message || String(thrown));
}
