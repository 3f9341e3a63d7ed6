/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-state.h"

int domain_get_state(virDomain *domain, int *ret_state, int *ret_reason) {
        virDomainJobInfo job;
        int state, reason;

        if (virDomainGetState(domain, &state, &reason, /* flags= */ 0) < 0)
                return -1;

        /* Of an incoming migration libvirt does not tell what it does. */
        if (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_MIGRATION &&
            virDomainGetJobInfo(domain, &job) >= 0 && job.type == VIR_DOMAIN_JOB_NONE)
                reason = VIR_DOMAIN_PAUSED_USER;

        *ret_state = state;
        *ret_reason = reason;
        return 0;
}
