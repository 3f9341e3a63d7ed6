// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Key } from "./keyboard";

/** What can be done with a console that is shown, whatever shows it. */
export interface ConsoleHandle {
    focus(): void;
    /** Presses keys together. Only of displays. */
    press?: (keys: readonly Key[]) => void;
    pressOne?: (keysym: number, code: string, down: boolean) => void;
    /** Sends a text as it is. Only of serial lines. */
    paste?: (text: string) => void;
    /** Of serial lines: what is selected, or all that is kept. */
    copy?: () => string;
    clear?: () => void;
}
