// SPDX-License-Identifier: LGPL-2.1-or-later
// The password of a display: that QEMU asks for it, what it says to it, and when to try again.
import { BusError } from "../../bus/errors";
import { Observable } from "../../lib/observable";

/** What of a session is needed. */
interface Line {
    connect(asked: { skipAuth: boolean } | null): void;
    fail(error: BusError): void;
}

/** null: nothing is asked. wrong: the one given before was. */
export type Question = { wrong: boolean } | null;

export class Login {
    readonly question = new Observable<Question>(null);

    private answer: ((password: string) => void) | null = null;
    private given = false;
    private wrong = false;

    constructor(private readonly line: Line) {}

    readonly asked = (answer: (password: string) => void): void => {
        this.answer = answer;
        this.given = false;
        this.question.set({ wrong: this.wrong });
    };

    readonly give = (password: string): void => {
        const { answer } = this;
        this.withdraw();
        this.given = true;
        answer?.(password);
    };

    /** For who may see passwords anyway. */
    readonly skip = (): void => {
        this.forget();
        this.line.connect({ skipAuth: true });
    };

    readonly letIn = (): void => this.forget();

    /**
     * QEMU ends the connection after a wrong password; the next one asks anew. Who was asked for none is not let in at the next
     * either. Not at once: noVNC is still to end its side.
     */
    readonly refused = (reason: string): void => {
        this.withdraw();
        if (this.given) {
            this.given = false;
            this.wrong = true;
            setTimeout(() => this.line.connect(null), 0);
        } else {
            setTimeout(() => this.line.fail(new BusError("Refused", reason)), 0);
        }
    };

    /** The connection that asked is gone; whether the last answer was wrong is kept. */
    readonly withdraw = (): void => {
        this.answer = null;
        this.question.set(null);
    };

    /** The next connection begins as the first. */
    readonly forget = (): void => {
        this.withdraw();
        this.given = false;
        this.wrong = false;
    };
}
