// SPDX-License-Identifier: LGPL-2.1-or-later
// What the page uses of ../base1/cockpit.js, as both Cockpit 287 and 337 have it.
// https://cockpit-project.org/guide/latest/api-cockpit.html

declare namespace cockpit {
    interface Events {
        addEventListener(event: string, listener: (event: Event, ...args: never[]) => void): void;
        removeEventListener(event: string, listener: (event: Event, ...args: never[]) => void): void;
    }

    /** How a channel, a process or a call went wrong. problem: a word such as "access-denied", "not-found", "disconnected". */
    interface Failure {
        name?: string;
        problem?: string | null;
        message?: string;
        exit_status?: number;
        exit_signal?: string;
    }

    interface Signal { path?: string; path_namespace?: string; interface?: string; member?: string }

    interface DBusClient extends Events {
        call(path: string, iface: string, method: string, args?: unknown[] | null,
             options?: { type?: string; flags?: string; timeout?: number }): Promise<unknown[]>;
        subscribe(match: Signal, callback: (path: string, iface: string, signal: string, args: unknown[]) => void,
                  rule?: boolean): { remove(): void };
        close(problem?: string): void;
        wait(callback: () => void): void;
        onowner: ((event: Event, owner: string | null) => void) | null;
        onclose: ((event: Event, failure: Failure) => void) | null;
    }

    interface Location {
        path: string[];
        options: Record<string, string | string[]>;
        go(path: string[], options?: Record<string, string | string[]>): void;
        replace(path: string[], options?: Record<string, string | string[]>): void;
        encode(path: string[], options?: Record<string, string | string[]>): string;
    }

    interface Channel extends Events {
        send(message: string | Uint8Array): void;
        control(options: Record<string, unknown>): void;
        close(problem?: string | Record<string, unknown>): void;
        wait(): Promise<unknown>;
        readonly id: string;
        readonly binary: boolean;
        readonly valid: boolean;
    }

    interface Process extends Promise<string> {
        stream(callback: (data: string) => void): Process;
        input(data: string, stream?: boolean): Process;
        close(problem?: string): void;
    }

    interface Permission extends Events {
        /** null: not known yet. */
        readonly allowed: boolean | null;
        close(): void;
    }

    interface Http extends Events { close(): void }

    const location: Location;
    const language: string;
    /** Whether nobody looks at this page: another page of Cockpit is shown. */
    const hidden: boolean;
    const transport: { control(command: string, options: Record<string, unknown>): void };

    function addEventListener(event: "locationchanged" | "visibilitychange", listener: () => void): void;
    function removeEventListener(event: "locationchanged" | "visibilitychange", listener: () => void): void;
    function dbus(name: string, options: { bus: "system"; superuser?: "try" | "require" }): DBusClient;
    function channel(options: Record<string, unknown>): Channel;
    function spawn(argv: string[], options?: {
        superuser?: "try" | "require"; err?: "out" | "message" | "ignore"; environ?: string[]; pty?: boolean;
    }): Process;
    function permission(options: { admin: boolean }): Permission;
    function gettext(text: string): string;
    function gettext(context: string, text: string): string;
    function ngettext(one: string, many: string, count: number): string;
    function locale(catalog: Record<string, unknown>): void;
    function jump(path: string, host?: string): void;
}
