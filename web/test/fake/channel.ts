// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for channels that run hatago: what stands behind one is a Tool, which a test chooses. By default a display shows
// a picture, and a serial line answers as a shell of few words.
export interface Wire {
    /** To the page. */
    send(data: Uint8Array | string): void;
    /** The tool ends. */
    close(options?: { problem?: string; message?: string; "exit-status"?: number }): void;
}

export interface Tool {
    begin(wire: Wire, words: string[]): void;
    receive?(data: Uint8Array): void;
    /** The page has closed the channel. */
    closed?(): void;
}

type Listener = (event: Event, value: unknown) => void;

const encode = (text: string) => new TextEncoder().encode(text);

/** Makes what stands behind the next channels; for tests to replace. isSilent: a serial line says nothing before Enter. */
export const tools = { isSilent: false, make: (words: string[]): Tool => words.includes("view") ? new Screen() : new Shell(tools.isSilent) };

export function openChannel(words: string[], later: (deliver: () => void) => void) {
    const listeners = new Map<string, Set<Listener>>();
    const dispatch = (event: string, value: unknown) => listeners.get(event)?.forEach((listener) => listener(new Event(event), value));
    const tool = tools.make(words);
    let open = true;
    const wire: Wire = {
        send: (data) => later(() => open && dispatch("message", typeof data === "string" ? encode(data) : data)),
        close: (options = {}) => later(() => {
            if (open)
                dispatch("close", options);
            open = false;
        }),
    };
    later(() => tool.begin(wire, words));
    return {
        addEventListener: (event: string, listener: Listener) => listeners.set(event, (listeners.get(event) ?? new Set()).add(listener)),
        removeEventListener: (event: string, listener: Listener) => listeners.get(event)?.delete(listener),
        send: (data: Uint8Array) => open && later(() => tool.receive?.(data)),
        control: () => undefined,
        close() {
            if (!open)
                return;
            open = false;
            tool.closed?.();
            // Before close() returns, as Cockpit has it.
            dispatch("close", {});
        },
    };
}

class Shell implements Tool {
    private wire!: Wire;

    constructor(private readonly isSilent: boolean) {}

    begin(wire: Wire): void {
        this.wire = wire;
        wire.send("connected\n");
        if (!this.isSilent)
            wire.send("\r\nDebian GNU/Linux 12 vm ttyS0\r\n\r\n\x1b[32mroot@vm\x1b[0m:~# ");
    }

    receive(data: Uint8Array): void {
        this.wire.send(new TextDecoder().decode(data).replace(/\r/g, "\r\n\x1b[32mroot@vm\x1b[0m:~# "));
    }
}

const WIDTH = 720, HEIGHT = 400;

/** RFB 3.8 without a password, and one picture: stripes with a frame around. */
class Screen implements Tool {
    private wire!: Wire;
    private step = 0;

    begin(wire: Wire): void {
        this.wire = wire;
        wire.send("connected\n");
        wire.send("RFB 003.008\n");
    }

    receive(data: Uint8Array): void {
        if (this.step === 0)
            this.wire.send(Uint8Array.of(1, 1)); // one kind of authentication: none
        else if (this.step === 1)
            this.wire.send(Uint8Array.of(0, 0, 0, 0));
        else if (this.step === 2)
            this.wire.send(serverInit());
        else if (data.includes(3))
            this.picture();
        this.step++;
    }

    private picture(): void {
        if (this.step > 6)
            return;
        const head = new Uint8Array(16);
        const view = new DataView(head.buffer);
        view.setUint16(2, 1);
        view.setUint16(8, WIDTH);
        view.setUint16(10, HEIGHT);
        const pixels = new Uint8Array(WIDTH * HEIGHT * 4);
        for (let y = 0; y < HEIGHT; y++)
            for (let x = 0; x < WIDTH; x++) {
                const edge = x < 2 || y < 2 || x >= WIDTH - 2 || y >= HEIGHT - 2;
                const text = y % 16 < 10 && x % 9 < 6 && x < ((y >> 4) * 97) % 500 && (x * 7 + (y >> 4) * 13) % 5 > 1;
                pixels.set(edge ? [90, 90, 200, 255] : text ? [190, 190, 190, 255] : [0, 0, 0, 255], (y * WIDTH + x) * 4);
            }
        const all = new Uint8Array(head.length + pixels.length);
        all.set(head);
        all.set(pixels, head.length);
        this.wire.send(all);
    }
}

function serverInit(): Uint8Array {
    const name = encode("QEMU");
    const init = new Uint8Array(24 + name.length);
    const view = new DataView(init.buffer);
    view.setUint16(0, WIDTH);
    view.setUint16(2, HEIGHT);
    init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
    view.setUint32(20, name.length);
    init.set(name, 24);
    return init;
}
