// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Connection } from "../bus/connection";
import { MANAGER, ROOT, type Answer } from "../bus/contract";

/** What the agent says of each verb; a verb that it did not tell of is left to be tried. */
export type Answers = Readonly<Record<string, Answer>>;

/** Questions under way at once: each asks polkit, of which the agent lets one user have 16 waiting. */
const AT_ONCE = 4;

/** What the caller may do, asked when somebody wants to know: rights have no signal. */
export class Rights {
    private under = 0;
    private readonly waiting: (() => void)[] = [];
    private readonly known = new Map<string, Answers>();

    constructor(private readonly connection: Connection) {}

    /** What was said last: to be shown until a new answer is there. */
    last(object: string, verbs: readonly string[]): Answers | undefined {
        return this.known.get(key(object, verbs));
    }

    /** Asks what would become of verbs on an object now. Throws BusError. */
    async ask(object: string, verbs: readonly string[]): Promise<Answers> {
        await this.turn();
        try {
            const [answers] = await this.connection.call<[Record<string, Answer>]>(
                ROOT, MANAGER, "Can", "oasa{sv}", [object, verbs, {}]);
            this.known.set(key(object, verbs), answers);
            return answers;
        } finally {
            this.under--;
            this.waiting.shift()?.();
        }
    }

    /** Another run of the agent, or other rights: nothing is known. */
    forget(): void {
        this.known.clear();
    }

    private async turn(): Promise<void> {
        if (this.under >= AT_ONCE)
            await new Promise<void>((resolve) => this.waiting.push(resolve));
        this.under++;
    }
}

const key = (object: string, verbs: readonly string[]) => `${object} ${verbs.join(" ")}`;
