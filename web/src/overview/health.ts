// SPDX-License-Identifier: LGPL-2.1-or-later
// The checks of the host, sorted by what they ask of people.
import type { Check } from "../bus/contract";
import { position } from "../lib/check-words";

export interface Health {
    /** Failed first, then warnings; in each the order of the tool. */
    wrong: readonly Check[];
    passed: readonly Check[];
    skipped: readonly Check[];
    failed: number;
    warned: number;
}

const before = (a: Check, b: Check) => position(a.Id) - position(b.Id) || a.Id.localeCompare(b.Id);

export function healthOf(checks: ReadonlyMap<string, Check>): Health {
    const all = [...checks.values()].sort(before);
    const of = (result: Check["Result"]) => all.filter(({ Result }) => Result === result);
    const failed = of("fail"), warned = of("warn");
    return { wrong: [...failed, ...warned], passed: of("pass"), skipped: of("skip"), failed: failed.length, warned: warned.length };
}
