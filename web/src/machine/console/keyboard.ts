// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys for a display that the browser or the user's system would keep for themselves, and texts typed key by key. A key is
// its place on the keyboard (KeyboardEvent.code), which QEMU takes whatever the guest's layout; the keysym is for servers that
// do not.

export interface Chord {
    label: string;
    keys: readonly Key[];
}

/** A key by its place, and by what is on it. */
export type Key = readonly [code: string, keysym: number];

const CTRL: Key = ["ControlLeft", 0xffe3];
const ALT: Key = ["AltLeft", 0xffe9];
const SHIFT: Key = ["ShiftLeft", 0xffe1];

export const CTRL_ALT_DEL: Chord = { label: "Ctrl+Alt+Del", keys: [CTRL, ALT, ["Delete", 0xffff]] };

const functionKey = (n: number): Key => [`F${n}`, 0xffbd + n];

/** In groups, as a menu shows them. */
export const chords: readonly (readonly Chord[])[] = [
    [
        CTRL_ALT_DEL,
        { label: "Ctrl+Alt+Backspace", keys: [CTRL, ALT, ["Backspace", 0xff08]] },
        { label: "Alt+Tab", keys: [ALT, ["Tab", 0xff09]] },
        { label: "Alt+F4", keys: [ALT, functionKey(4)] },
        { label: "Ctrl+W", keys: [CTRL, ["KeyW", 0x77]] },
        { label: "Super", keys: [["MetaLeft", 0xffeb]] },
        { label: "Print Screen", keys: [["PrintScreen", 0xff61]] },
        { label: "Alt+SysRq+S", keys: [ALT, ["PrintScreen", 0xff15], ["KeyS", 0x73]] },
    ],
    Array.from({ length: 12 }, (_, n) => ({ label: `Ctrl+Alt+F${n + 1}`, keys: [CTRL, ALT, functionKey(n + 1)] })),
    [
        { label: "半角/全角", keys: [["Backquote", 0xff2a]] },
        { label: "変換", keys: [["Convert", 0xff23]] },
        { label: "無変換", keys: [["NonConvert", 0xff22]] },
        { label: "カタカナ/ひらがな", keys: [["KanaMode", 0xff27]] },
    ],
];

export interface KeySink { sendKey(keysym: number, code: string, down: boolean): void }

/** Presses the keys in turn, and lets go of them in reverse. */
export function press(sink: KeySink, keys: readonly Key[]): void {
    for (const [code, keysym] of keys)
        sink.sendKey(keysym, code, true);
    for (const [code, keysym] of [...keys].reverse())
        sink.sendKey(keysym, code, false);
}

/** Which keyboard the guest believes to have. */
export type Layout = "us" | "jp";

/** Characters by key, in the order of the row: without Shift, with it. A space: there is none. */
const ROWS: Record<Layout, readonly (readonly [codes: string, plain: string, shifted: string])[]> = {
    us: [
        ["Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal", "`1234567890-=", "~!@#$%^&*()_+"],
        ["BracketLeft BracketRight Backslash", "[]\\", "{}|"],
        ["Semicolon Quote", ";'", ":\""],
        ["Comma Period Slash", ",./", "<>?"],
    ],
    jp: [
        ["Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal IntlYen", "1234567890-^\\", "!\"#$%&'() =~|"],
        ["BracketLeft BracketRight", "@[", "`{"],
        ["Semicolon Quote Backslash", ";:]", "+*}"],
        ["Comma Period Slash IntlRo", ",./ ", "<>?_"],
    ],
};

function table(layout: Layout): Map<string, { code: string; shift: boolean }> {
    const keys = new Map<string, { code: string; shift: boolean }>([
        [" ", { code: "Space", shift: false }], ["\t", { code: "Tab", shift: false }], ["\n", { code: "Enter", shift: false }],
    ]);
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
        keys.set(letter, { code: `Key${letter.toUpperCase()}`, shift: false });
        keys.set(letter.toUpperCase(), { code: `Key${letter.toUpperCase()}`, shift: true });
    }
    for (const [codes, plain, shifted] of ROWS[layout])
        codes.split(" ").forEach((code, at) => {
            for (const [characters, shift] of [[plain, false], [shifted, true]] as const) {
                const character = characters[at] ?? " ";
                if (!keys.has(character))
                    keys.set(character, { code, shift });
            }
        });
    // What stands on that key, of which most systems make a backslash.
    if (layout === "jp")
        keys.set("¥", { code: "IntlYen", shift: false });
    return keys;
}

/** QEMU's Japanese keymap has no yen. */
const KEYSYMS: Record<string, number> = { "\t": 0xff09, "\n": 0xff0d, "¥": 0x5c };

/** A text as keys; what no key of the layout gives is counted. Line ends are Enter, of whatever system. */
export function typed(text: string, layout: Layout): { strokes: (readonly Key[])[]; left: number } {
    const keys = table(layout);
    const strokes: (readonly Key[])[] = [];
    let left = 0;
    for (const character of text.replace(/\r\n?/g, "\n")) {
        const key = keys.get(character);
        if (!key) {
            left++;
            continue;
        }
        const stroke: Key = [key.code, KEYSYMS[character] ?? character.charCodeAt(0)];
        strokes.push(key.shift ? [SHIFT, stroke] : [stroke]);
    }
    return { strokes, left };
}

/** As fast as a guest takes keys: the queue of its keyboard holds few. */
const STROKE_MS = 25;

/** Types; resolves when all is typed, or aborted. */
export async function type(sink: KeySink, strokes: readonly (readonly Key[])[], abort: AbortSignal, told: (done: number) => void): Promise<void> {
    for (const [done, stroke] of strokes.entries()) {
        if (abort.aborted)
            return;
        press(sink, stroke);
        if (done % 10 === 0)
            told(done);
        await new Promise((resolve) => setTimeout(resolve, STROKE_MS));
    }
}

interface KeyEvent { code: string; type: string }

/**
 * The way out of a console by keyboard: Ctrl and Alt on the left, pressed together and let go with no other key between, as
 * other viewers have it. AltGr, which some systems tell as both, is on the right and is none.
 */
export class WayOut {
    private held = new Set<string>();
    /** Another key was pressed since none was. */
    private spoiled = false;
    private both = false;

    /** Whether this was the last of it. */
    sees({ code, type }: KeyEvent): boolean {
        if (type === "keydown") {
            this.held.add(code);
            this.spoiled ||= code !== "ControlLeft" && code !== "AltLeft";
            this.both ||= this.held.has("ControlLeft") && this.held.has("AltLeft");
            return false;
        }
        this.held.delete(code);
        if (this.held.size > 0)
            return false;
        const out = this.both && !this.spoiled;
        this.reset();
        return out;
    }

    /** The window lost the keyboard: what is let go meanwhile is not told. */
    reset(): void {
        this.held.clear();
        this.spoiled = false;
        this.both = false;
    }
}
