// SPDX-License-Identifier: LGPL-2.1-or-later
// One console on a page: when it is connected, why it no longer is, and when that is tried again by itself. What connects (a
// Stream) and what is known of machine and agent come from outside.
import type { BusError } from "../../bus/errors";
import { Observable } from "../../lib/observable";

/**
 * off: the machine is; it connects by itself once it starts.
 * connecting, connected.
 * failed: it did not begin, error says why.
 * closed: it has ended though the machine runs: somebody has taken a serial line over, or libvirt or QEMU closed it.
 * away: the agent, or libvirt behind it, is gone; it connects by itself once it is back.
 * left: the user has closed it.
 */
export type Phase =
    | { at: "off" | "connecting" | "connected" | "closed" | "away" | "left" }
    | { at: "failed"; error: BusError };

/** What the store tells. */
export interface Surroundings {
    on: boolean;
    /** Agent and libvirt answer. */
    reached: boolean;
}

export interface Opened {
    onbegin: () => void;
    onend: (error: BusError | null) => void;
    close(): void;
}

/** A console ends before the agent learns that its machine is off. As in cli/verb-console.c. */
const REASON_MS = 2000;
/** One that failed as the machine began is tried again: QEMU may not have been ready for it. */
const EARLY_MS = 1000;
const EARLY_TRIES = 5;
/** Errors that only say that the machine is not, or no longer, on. */
const OFF_ERRORS = ["MachineNotRunning"];
const AWAY_ERRORS = ["HypervisorUnavailable", "NotReady", "org.freedesktop.DBus.Error.ServiceUnknown"];

export class Session<S extends Opened, A> {
    readonly phase = new Observable<Phase>({ at: "connecting" });
    /** What is connected, for who shows it. */
    readonly stream = new Observable<S | null>(null);

    private timer: ReturnType<typeof setTimeout> | null = null;
    private tries = 0;
    private ended = false;
    private now: Surroundings;
    /** When agent and libvirt were last told to be gone. */
    private lostAt = -Infinity;

    /** open: begins a new connection. */
    constructor(private readonly open: (asked: A | null) => S, begin: Surroundings) {
        this.now = begin;
    }

    start(): void {
        this.ended = false;
        if (!this.now.on)
            this.rest({ at: "off" });
        else if (!this.now.reached)
            this.rest({ at: "away" });
        else
            this.connect(null);
    }

    /** Ends it for good, as when the page goes elsewhere. */
    end(): void {
        this.ended = true;
        this.drop();
    }

    /** What the store tells now. */
    follow(next: Surroundings): void {
        const before = this.now;
        this.now = next;
        if (this.ended)
            return;
        if (!next.reached)
            this.lostAt = Date.now();
        // That is why it has ended. They may be back before the moment is over that it is waited for.
        if (!next.reached && next.on && this.settling)
            this.rest({ at: "away" });
        const { at } = this.phase.get();
        const started = next.on && (!before.on || at === "off");
        const back = next.reached && (!before.reached || at === "away");
        if (next.reached && next.on && ((started && at !== "connected") || (back && at === "away"))) {
            this.tries = 0;
            this.connect(null);
        } else if (!next.on && at !== "connected" && at !== "off" && at !== "left") {
            this.drop();
            this.rest({ at: "off" });
        }
    }

    /** As the user asks for it. */
    connect(asked: A | null): void {
        this.drop();
        this.phase.set({ at: "connecting" });
        const stream = this.open(asked);
        this.stream.set(stream);
        stream.onbegin = () => {
            if (this.stream.get() === stream)
                this.phase.set({ at: "connected" });
        };
        stream.onend = (error) => {
            if (this.stream.get() === stream)
                this.onEnd(error);
        };
    }

    leave(): void {
        this.drop();
        this.rest({ at: "left" });
    }

    /** Who reads the stream can make nothing of it. */
    fail(error: BusError): void {
        this.drop();
        this.rest({ at: "failed", error });
    }

    private onEnd(error: BusError | null): void {
        this.stream.set(null);
        if (!this.now.on || (error && OFF_ERRORS.includes(error.name) && !this.now.on))
            this.rest({ at: "off" });
        else if (!this.now.reached || (error && AWAY_ERRORS.includes(error.name)))
            this.rest({ at: "away" });
        else if (error && OFF_ERRORS.includes(error.name) && this.tries < EARLY_TRIES)
            this.again();
        else if (error)
            this.rest({ at: "failed", error });
        else
            this.settle();
    }

    /** The store says that it runs, and the agent that it does not: one of them is about to know better. */
    private again(): void {
        this.tries++;
        this.phase.set({ at: "connecting" });
        this.timer = setTimeout(() => this.now.on ? this.connect(null) : this.rest({ at: "off" }), EARLY_MS);
    }

    /** It has ended by itself: what became of machine and agent shows in a moment, or has just shown. */
    private settle(): void {
        if (Date.now() - this.lostAt < REASON_MS) {
            this.lostAt = -Infinity; // counts for one end
            this.connect(null);
            return;
        }
        this.phase.set({ at: "closed" });
        this.timer = setTimeout(() => this.rest({ at: "closed" }), REASON_MS);
    }

    private get settling(): boolean {
        return this.timer !== null && this.phase.get().at === "closed";
    }

    private rest(phase: Phase): void {
        if (this.timer)
            clearTimeout(this.timer);
        this.timer = null;
        this.phase.set(phase);
    }

    /** Closes what is open; nothing of it is heard any more. */
    private drop(): void {
        if (this.timer)
            clearTimeout(this.timer);
        this.timer = null;
        const stream = this.stream.get();
        this.stream.set(null);
        stream?.close();
    }
}
