/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include <errno.h>
#include <string.h>

static const char *const ready_words[] = {
        [READY_RUNNING] = "running",
        [READY_AGENT] = "agent",
        [READY_PORT] = "port",
};
G_STATIC_ASSERT(G_N_ELEMENTS(ready_words) == _READY_WHEN_MAX);

static const char *const shutdown_words[] = {
        [HOST_SHUTDOWN_SHUTDOWN] = "shutdown",
        [HOST_SHUTDOWN_SAVE] = "save",
        [HOST_SHUTDOWN_POWEROFF] = "poweroff",
};
G_STATIC_ASSERT(G_N_ELEMENTS(shutdown_words) == _HOST_SHUTDOWN_MAX);

static int find_word(const char *const *words, size_t n, const char *word) {
        for (size_t i = 0; i < n; i++)
                if (g_str_equal(words[i], word))
                        return (int) i;
        return -EINVAL;
}

const char *ready_when_to_string(ReadyWhen when) {
        return ready_words[when];
}

int ready_when_from_string(const char *word) {
        return find_word(ready_words, G_N_ELEMENTS(ready_words), word);
}

const char *host_shutdown_to_string(HostShutdown what) {
        return shutdown_words[what];
}

int host_shutdown_from_string(const char *word) {
        return find_word(shutdown_words, G_N_ELEMENTS(shutdown_words), word);
}

ServiceSettings *service_settings_new(const char *uuid, const char *name) {
        ServiceSettings *settings = g_new(ServiceSettings, 1);

        *settings = (ServiceSettings){
                .name = g_strdup(name),
                .ready_timeout = READY_TIMEOUT_DEFAULT,
        };
        g_strlcpy(settings->uuid, uuid, sizeof(settings->uuid));
        return settings;
}

ServiceSettings *service_settings_copy(const ServiceSettings *settings) {
        ServiceSettings *copy = g_new(ServiceSettings, 1);

        *copy = *settings;
        copy->name = g_strdup(settings->name);
        copy->start_after = g_strdupv(settings->start_after);
        return copy;
}

ServiceSettings *service_settings_free(ServiceSettings *settings) {
        if (!settings)
                return NULL;

        g_free(settings->name);
        g_strfreev(settings->start_after);
        g_free(settings);
        return NULL;
}

/* No list is an empty one. */
static bool lists_are_equal(char **a, char **b) {
        static char *none[] = { NULL };

        return g_strv_equal((const char *const *) (a ?: none), (const char *const *) (b ?: none));
}

bool service_settings_same_order(const ServiceSettings *a, const ServiceSettings *b) {
        return lists_are_equal(a->start_after, b->start_after);
}

bool service_settings_equal(const ServiceSettings *a, const ServiceSettings *b) {
        return g_str_equal(a->uuid, b->uuid) && g_strcmp0(a->name, b->name) == 0 &&
               a->autostart == b->autostart && lists_are_equal(a->start_after, b->start_after) &&
               a->start_delay == b->start_delay && a->ready == b->ready && a->ready_port == b->ready_port &&
               a->ready_timeout == b->ready_timeout && a->stop_timeout == b->stop_timeout &&
               a->host_shutdown == b->host_shutdown;
}

bool service_settings_are_default(const ServiceSettings *settings) {
        g_autoptr(ServiceSettings) plain = service_settings_new(settings->uuid, settings->name);

        return service_settings_equal(settings, plain);
}
