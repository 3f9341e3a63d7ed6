// SPDX-License-Identifier: LGPL-2.1-or-later
// The clipboard of the browser. Over http it has none (navigator.clipboard is undefined), and over https it may refuse: both are
// a promise that is rejected.

export const readClipboard = async (): Promise<string> => navigator.clipboard.readText();

export const writeClipboard = async (text: string): Promise<void> => navigator.clipboard.writeText(text);
