// SPDX-License-Identifier: LGPL-2.1-or-later
// The tool hatago on the host, with its standard input and output as something like a WebSocket: what noVNC takes, and what a
// terminal needs. Nothing listens on any port for it, and who may have a console is for the agent to say.
//
// The tool is told to say first whether it has the console (--announce): until then the stream is connecting. Cockpit's
// channels are flow-controlled by itself: who takes what comes at once sets the pace.
import { BusError } from "../../bus/errors";

const CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3;
/** No longer than any name on the bus. */
const LINE_MAX = 256;
const NEWLINE = 10;

interface CloseOptions { problem?: string; message?: string; "exit-status"?: number }

export class Stream {
    // As a WebSocket has them; noVNC looks for each, and sets those of events.
    binaryType = "arraybuffer";
    readonly protocol = "";
    onopen: ((event: Event) => void) | null = null;
    onclose: ((event: Event) => void) | null = null;
    onerror: ((event: Event) => void) | null = null;

    /** Called once, at the end: error is why it did not begin, or null. For who opened it, whoever reads it. */
    onend: (error: BusError | null) => void = () => undefined;
    /** Called once, when the tool has the console. */
    onbegin: () => void = () => undefined;

    private state = CONNECTING;
    private reader: ((event: MessageEvent<ArrayBuffer>) => void) | null = null;
    /** What came before there was a reader. */
    private early: Uint8Array[] = [];
    private line = new Uint8Array(0);
    private refused: BusError | null = null;
    private readonly channel: cockpit.Channel;

    /** words: of hatago, "--announce" among them. */
    constructor(words: readonly string[]) {
        this.channel = cockpit.channel({
            payload: "stream",
            spawn: ["hatago", "--no-ask-password", ...words],
            binary: true,
            superuser: "try",
            err: "message",
        });
        this.channel.addEventListener("message", (_event, data: Uint8Array | ArrayBuffer | string) => this.receive(asBytes(data)));
        this.channel.addEventListener("close", (_event, options: CloseOptions) => this.onClosed(options));
    }

    get readyState(): number {
        return this.state;
    }

    get onmessage(): ((event: MessageEvent<ArrayBuffer>) => void) | null {
        return this.reader;
    }

    set onmessage(reader: ((event: MessageEvent<ArrayBuffer>) => void) | null) {
        this.reader = reader;
        // Not within the caller's statement: noVNC sets its handlers one after the other.
        if (reader && this.early.length > 0)
            queueMicrotask(() => this.flush());
    }

    /** Has what comes read from now on; returns what ends that. */
    read(reader: (data: Uint8Array) => void): () => void {
        this.onmessage = ({ data }) => reader(new Uint8Array(data));
        return () => {
            this.onmessage = null;
        };
    }

    /** What is sent before it is open, or after its end, is lost; a view is copied, since noVNC uses its buffer again. */
    send(data: Uint8Array | ArrayBuffer): void {
        if (this.state === OPEN)
            this.channel.send(asBytes(data).slice());
    }

    close(): void {
        if (this.state === CLOSED || this.state === CLOSING)
            return;
        this.state = CLOSING;
        this.channel.close();
    }

    private receive(data: Uint8Array): void {
        if (this.state === CONNECTING)
            this.announced(data);
        else if (this.state === OPEN && data.length > 0)
            this.deliver(data);
    }

    /** The first line: "connected", or the bus name of an error, whose text follows with the end. */
    private announced(data: Uint8Array): void {
        const line = joined(this.line, data);
        const end = line.indexOf(NEWLINE);
        this.line = line.subarray(0, LINE_MAX);
        if (end < 0)
            return;
        const word = new TextDecoder().decode(line.subarray(0, end));
        if (word !== "connected") {
            this.refused = new BusError(word, "");
            return;
        }
        this.state = OPEN;
        this.onbegin();
        this.onopen?.(new Event("open"));
        this.receive(line.subarray(end + 1));
    }

    private deliver(data: Uint8Array): void {
        if (this.reader && this.early.length === 0)
            this.reader(new MessageEvent("message", { data: data.slice().buffer }));
        else
            this.early.push(data);
    }

    private flush(): void {
        for (const data of this.early.splice(0))
            this.deliver(data);
    }

    /** Who closes it hears of it afterwards, as of a WebSocket: Cockpit tells it within close(). */
    private onClosed(options: CloseOptions): void {
        if (this.state === CLOSING)
            setTimeout(() => this.end(options), 0);
        else
            this.end(options);
    }

    private end(options: CloseOptions): void {
        const began = this.state !== CONNECTING;
        this.state = CLOSED;
        this.flush();
        this.onclose?.(new Event("close"));
        this.onend(began ? null : this.reason(options));
    }

    private reason({ problem, message }: CloseOptions): BusError {
        const text = (message ?? "").trim();
        return new BusError(this.refused?.name ?? (problem || "Failed"), text || problem || "the tool hatago ended without a reason");
    }
}

function asBytes(data: Uint8Array | ArrayBuffer | string): Uint8Array<ArrayBuffer> {
    if (typeof data === "string")
        return new TextEncoder().encode(data);
    return data instanceof ArrayBuffer ? new Uint8Array(data) : data as Uint8Array<ArrayBuffer>;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(one.length + other.length);
    all.set(one);
    all.set(other, one.length);
    return all;
}
