// SPDX-License-Identifier: LGPL-2.1-or-later
import { ago, date, dateTime } from "../lib/format";
import { Observable, useValue } from "../lib/observable";

/** "5 minutes ago" grows old: all that is said so is renewed together. */
const RENEW_MS = 10_000;

const clock = new Observable(Date.now());
setInterval(() => clock.set(Date.now()), RENEW_MS);

/** How long ago something was, µs since the epoch; the time itself is its tooltip. */
export function Since({ when, say = (text: string) => text }: { when: number; say?: (ago: string) => string }) {
    // What has just come is not older than the clock that was read before.
    const now = Math.max(useValue(clock), when / 1000);
    return <time dateTime={date(when).toISOString()} title={dateTime(when)}>{say(ago(when, now))}</time>;
}
