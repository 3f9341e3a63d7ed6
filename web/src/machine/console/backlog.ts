// SPDX-License-Identifier: LGPL-2.1-or-later
/** What waits to be shown at most: a guest can write for ever, faster than a terminal paints. */
export const WAITING_MAX = 1 << 20;

/** Hands data to a terminal as it takes it. Beyond what may wait, data is left out, and that is said where it was. */
export class Backlog {
    private waiting = 0;
    private left = 0;

    /** write: takes data, and calls back when it is shown. */
    constructor(private readonly write: (data: Uint8Array | string, written: () => void) => void,
                private readonly mark: (left: number) => string) {}

    add(data: Uint8Array): void {
        if (this.waiting > 0 && this.waiting + data.length > WAITING_MAX) {
            this.left += data.length;
            return;
        }
        this.put(data, data.length);
    }

    private put(data: Uint8Array | string, length: number): void {
        this.waiting += length;
        this.write(data, () => {
            this.waiting -= length;
            if (this.left > 0 && this.waiting < WAITING_MAX / 2) {
                const text = this.mark(this.left);
                this.left = 0;
                this.put(text, text.length);
            }
        });
    }
}
