// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Connection } from "../bus/connection";
import { MANAGER, ROOT, type Answer } from "../bus/contract";
import { Observable } from "../lib/observable";

/** What the agent says of each verb; a verb that it did not tell of is left to be tried. */
export type Answers = Readonly<Record<string, Answer>>;

/** Questions under way at once: each asks polkit, of which the agent lets one user have 16 waiting. */
const AT_ONCE = 4;

/** What the caller may do, asked when somebody wants to know: rights have no signal. */
export class Rights {
    private under = 0;
    private readonly waiting: (() => void)[] = [];

    constructor(private readonly connection: Connection) {}

    /** Asks what would become of verbs on an object now; not at all if the signal came before its turn. Throws BusError. */
    async ask(object: string, verbs: readonly string[], signal?: AbortSignal): Promise<Answers> {
        await this.turn();
        try {
            signal?.throwIfAborted();
            const [answers] = await this.connection.call<[Record<string, Answer>]>(
                ROOT, MANAGER, "Can", "oasa{sv}", [object, verbs, {}]);
            return answers;
        } finally {
            this.pass();
        }
    }

    private async turn(): Promise<void> {
        if (this.under < AT_ONCE)
            this.under++;
        else
            await new Promise<void>((resolve) => this.waiting.push(resolve));
    }

    /** The place goes to who waits, without becoming free: nobody slips in before. */
    private pass(): void {
        const next = this.waiting.shift();
        if (next)
            next();
        else
            this.under--;
    }
}

/** So long changes of state are gathered, before it is asked what may be done now. */
const GATHER_MS = 300;

interface Question { state: string; verbs: readonly string[]; end: AbortController }

/** What may be done with some objects, kept known while they change: only those that did are asked about again. */
export class Asking {
    /** By path; those not answered yet are missing. */
    readonly answers = new Observable<ReadonlyMap<string, Answers>>(new Map());
    /** The last question about each. */
    private readonly asked = new Map<string, Question>();
    private states: ReadonlyMap<string, string> = new Map();
    private verbs: readonly string[] = [];
    private timer: ReturnType<typeof setTimeout> | undefined;

    constructor(private readonly rights: Rights) {}

    /**
     * From now on it is about these verbs and objects; states: by path, whatever answers depend on. Of more objects than most,
     * those asked about before are kept, so that another order of them asks nothing.
     */
    want(states: ReadonlyMap<string, string>, verbs: readonly string[], most = Infinity): void {
        this.states = states;
        this.verbs = verbs;
        const known = [...this.asked.keys()].filter((path) => states.has(path));
        const others = [...states.keys()].filter((path) => !this.asked.has(path));
        const about = new Set(verbs.length > 0 ? [...known, ...others].slice(0, most) : []);
        this.drop((path) => !about.has(path));
        for (const path of about) {
            const last = this.asked.get(path);
            if (!last || verbs.some((verb) => !last.verbs.includes(verb)))
                this.ask(path);
            else if (last.state !== states.get(path))
                this.timer ??= setTimeout(() => this.askChanged(), GATHER_MS);
        }
    }

    /** Nothing is wanted any more. */
    close(): void {
        this.want(new Map(), []);
        clearTimeout(this.timer);
        this.timer = undefined;
    }

    private drop(isOver: (path: string) => boolean): void {
        for (const [path, { end }] of this.asked)
            if (isOver(path)) {
                end.abort();
                this.asked.delete(path);
            }
        const answers = this.answers.get();
        if ([...answers.keys()].some(isOver))
            this.answers.set(new Map([...answers].filter(([path]) => !isOver(path))));
    }

    private askChanged(): void {
        this.timer = undefined;
        for (const [path, { state }] of [...this.asked])
            if (state !== this.states.get(path))
                this.ask(path);
    }

    private ask(path: string): void {
        const { verbs } = this;
        this.asked.get(path)?.end.abort();
        const end = new AbortController();
        this.asked.set(path, { state: this.states.get(path) ?? "", verbs, end });
        this.rights.ask(path, verbs, end.signal).then(
            (told) => end.signal.aborted || this.answers.set(new Map(this.answers.get()).set(path, told)),
            () => undefined); // it is left to be tried: the agent judges at each verb
    }
}
