/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* Whether this architecture has a trial. */
bool kvm_trial_exists(void);

/*
 * Runs a guest of five bytes by KVM and looks whether it did what they say: what no flag and no file can
 * tell. In a process of its own, a few milliseconds, one second at most. Returns 0, or the negative errno of
 * the step that failed: -EBUSY (another hypervisor has the processor), -ETIMEDOUT, -EPROTO (the guest did
 * not do it). ret_step: the name of that step ("KVM_CREATE_VM"), or "KVM_RUN";
 * static.
 */
int kvm_trial(const char *device, const char **ret_step);
