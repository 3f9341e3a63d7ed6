/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boot-wait.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/log.h"
#include "host-state.h"
#include "needs.h"
#include "notify.h"
#include "places.h"
#include "task.h"

/* How often is looked: the calls are few and cheap. */
#define PAUSE (500 * G_TIME_SPAN_MILLISECOND)

/* One wait for what is needed; threads fill it in, one at a time. */
typedef struct Wait {
        virDomain *domain;
        GPtrArray *needs;
        const Need *missing, *told;
} Wait;

static Wait *wait_new(virDomain *domain) {
        Wait *wait = g_new(Wait, 1);

        (void) virDomainRef(domain);
        *wait = (Wait){ .domain = domain };
        return wait;
}

static void wait_free(Wait *wait) {
        (void) virDomainFree(wait->domain);
        if (wait->needs)
                g_ptr_array_unref(wait->needs);
        g_free(wait);
}

static void look(gpointer p) {
        Wait *wait = p;

        if (!wait->needs) {
                g_autofree char *xml = virDomainGetXMLDesc(wait->domain, VIR_DOMAIN_XML_INACTIVE);
                wait->needs = needs_read(xml ?: "");
        }
        wait->missing = needs_find_missing(wait->needs, virDomainGetConnect(wait->domain));
}

/* -EINTR: the unit is to stop. */
static int pause_until(int64_t deadline) {
        return task_wait(/* task= */ NULL, /* fd= */ -1, deadline) == TASK_STOPPED ? -EINTR : 0;
}

/* Whoever asks why nothing happens finds it in the journal and in "systemctl status". */
static void tell(Wait *wait) {
        g_autofree char *what = NULL;

        if (wait->missing == wait->told)
                return;

        what = need_describe(wait->missing);
        log_info("Waiting for the %s", what);
        notify_status("Waiting for the %s", what);
        wait->told = wait->missing;
}

static void tell_late(const Need *missing) {
        g_autofree char *what = need_describe(missing);

        log_warning("The %s is not there after %u s; starting it all the same", what,
                    (unsigned) (BOOT_PATIENCE / G_TIME_SPAN_SECOND));
}

/* Waits for one look after the other; 0 where all is there at the first. A Wait that a thread still has is
 * left to it. */
static int wait_needs(virDomain *domain) {
        int64_t deadline = g_get_monotonic_time() + BOOT_PATIENCE;
        Wait *wait = wait_new(domain);
        int r = 0;

        for (;;) {
                TaskEnd end = task_wait(task_start(look, wait), /* fd= */ -1, deadline);

                if (end == TASK_STOPPED)
                        return -EINTR;
                if (end == TASK_LATE) {
                        log_warning("libvirt does not tell what is there");
                        return 1;
                }
                if (!wait->missing)
                        break;

                tell(wait);
                r = pause_until(MIN(g_get_monotonic_time() + PAUSE, deadline));
                if (r < 0)
                        break;
                r = 1;
                if (g_get_monotonic_time() >= deadline) {
                        tell_late(wait->missing);
                        break;
                }
        }
        wait_free(wait);
        return r;
}

/* The generator has said so in the kernel's log; who looks for this machine finds it here. */
static void tell_unknown(const ServiceSettings *settings) {
        int folder = open(SETTINGS_FOLDER, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        for (char **after = settings->start_after; folder >= 0 && after && *after; after++) {
                g_autoptr(ServiceSettings) other = NULL;
                g_autofree char *why = NULL;

                if (service_settings_read(folder, *after, &other, &why) < 0)
                        log_warning("It is to start after %s, a machine that is not known; ignoring that",
                                    *after);
        }
        if (folder >= 0)
                (void) close(folder);
}

static int wait_delay(uint64_t delay) {
        log_info("Starting it in %u s", (unsigned) (delay / G_TIME_SPAN_SECOND));
        notify_status("Starts %u s later than it could", (unsigned) (delay / G_TIME_SPAN_SECOND));
        return pause_until(g_get_monotonic_time() + (int64_t) delay);
}

int boot_wait(virDomain *domain, const ServiceSettings *settings) {
        int r;

        if (host_state_read() != HOST_STARTING)
                return 0;

        tell_unknown(settings);
        r = settings->start_delay > 0 ? wait_delay(settings->start_delay) : 0;
        if (r >= 0)
                r = wait_needs(domain);
        if (r < 0)
                return r;
        return r > 0 || settings->start_delay > 0;
}
