// SPDX-License-Identifier: LGPL-2.1-or-later
// What is said of jobs.
import type { Job, Machine } from "../bus/contract";
import { BusError } from "../bus/errors";
import { checkWords } from "../lib/check-words";
import { bytes, percent, rate, span } from "../lib/format";
import { N_, _, fill } from "../lib/i18n";
import { errorText, operationText } from "../lib/words";
import type { House } from "../store/house";

export interface Subject { name: string; machine?: Machine }

/** What a job works on, by name; what is gone, or is the host itself, has none. */
export function subjects(house: House, { Objects }: Job): Subject[] {
    return Objects.flatMap((path): Subject[] => {
        const machine = house.machines.get().get(path);
        if (machine)
            return [{ name: machine.Name, machine }];
        const check = house.checks.get().get(path);
        return check ? [{ name: checkWords(check).title }] : [];
    });
}

export const jobTitle = ({ Operation }: Job): string => operationText(Operation);

/** "42 %, 1.2 GiB of 3 GiB, 210 MiB/s, 9 s left"; as far as it is known. */
export function progressText({ Progress, ProgressValid, Bytes, BytesTotal, Rate, ExpectedEnd }: Job): string {
    const left = ExpectedEnd > 0 ? ExpectedEnd - Date.now() * 1000 : 0;
    const parts = [
        ProgressValid && percent(Math.floor(Progress * 100)),
        BytesTotal > 0 && fill(_("{done} of {all}"), { done: bytes(Bytes), all: bytes(BytesTotal) }),
        Rate > 0 && rate(Rate),
        left > 0 && fill(_("{span} left"), { span: span(left) }),
    ];
    return parts.filter(Boolean).join(_(", "));
}

const RESULTS: Record<Job["Result"], string> = {
    "": N_("running"), done: N_("done"), failed: N_("failed"), canceled: N_("canceled"), timeout: N_("timed out"),
};

/** How it ended, with the reason of what went wrong. */
export function resultText(job: Job): string {
    if (job.State === "running")
        return progressText(job);
    if (job.Result === "failed" || job.Result === "timeout")
        return errorText(new BusError(job.ErrorName || "Failed", job.ErrorMessage, job.ErrorArguments), job.Operation);
    return _(RESULTS[job.Result]);
}

/** Those that run first; of each kind the newest first. */
export function ordered(jobs: ReadonlyMap<string, Job>): Job[] {
    return [...jobs.values()].sort((a, b) =>
        Number(b.State === "running") - Number(a.State === "running") || b.StartedAt - a.StartedAt || b.Id - a.Id);
}
