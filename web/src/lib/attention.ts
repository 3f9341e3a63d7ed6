// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Machine } from "../bus/contract";

/** Of what its guest or its hypervisor ended or stopped by itself. */
export const BAD_REASONS = ["crashed", "panicked", "io-error", "watchdog", "failed", "postcopy-failed", "api-error"];

/** Worth knowing, but nobody has to act: on a host without KVM each machine would. */
const MILD = ["emulated", "no-guest-agent"];

/** Whether somebody should look after a machine: it broke, its unit failed, or it is warned of. */
export function needsAttention({ State, StateReason, UnitState, Warnings }: Machine): boolean {
    return State === "crashed" || BAD_REASONS.includes(StateReason) || UnitState === "failed"
        || Warnings.some((code) => !MILD.includes(code));
}
