// SPDX-License-Identifier: LGPL-2.1-or-later
// What the page uses of noVNC (docs/API.md of the package, which has no typings).
declare module "@novnc/novnc" {
    interface RFBEvents {
        connect: CustomEvent;
        disconnect: CustomEvent<{ clean: boolean }>;
        credentialsrequired: CustomEvent<{ types: string[] }>;
        securityfailure: CustomEvent<{ status: number; reason?: string }>;
        desktopname: CustomEvent<{ name: string }>;
        clipboard: CustomEvent<{ text: string }>;
    }

    export default class RFB {
        constructor(target: HTMLElement, channel: object, options?: { shared?: boolean; credentials?: { password?: string } });
        scaleViewport: boolean;
        clipViewport: boolean;
        showDotCursor: boolean;
        background: string;
        addEventListener<E extends keyof RFBEvents>(event: E, listener: (event: RFBEvents[E]) => void): void;
        disconnect(): void;
        sendCredentials(credentials: { password: string }): void;
        sendKey(keysym: number, code: string | null, down?: boolean): void;
        focus(options?: FocusOptions): void;
        blur(): void;
    }
}
