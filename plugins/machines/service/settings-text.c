/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings as the text of a file: "[Machine]", and keys as in the table below. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "settings.h"

#define GROUP "Machine"
#define FIRST_LINE                                                                                          \
        "# How this virtual machine is a service. Written by hatagod; \"hatago autostart\" changes it.\n"   \
        "# hatago-vm@.service(5) says what each line means.\n"

/* A name is part of the names of libvirt's files. */
#define NAME_MAX_BYTES 255U

typedef int (*ReadFunction)(const char *value, ServiceSettings *settings, char **ret_why);

static int refuse(char **ret_why, const char *format, ...) G_GNUC_PRINTF(2, 3);

static int refuse(char **ret_why, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        *ret_why = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        return -EINVAL;
}

static int refuse_value(char **ret_why, const char *key, const char *value, const char *rule) {
        g_autofree char *shown = text_printable(value);

        return refuse(ret_why, "%s=%s: %s", key, shown, rule);
}

bool service_settings_uuid_is_valid(const char *uuid) {
        return g_uuid_string_is_valid(uuid) && strspn(uuid, "0123456789abcdef-") == strlen(uuid);
}

bool service_settings_name_is_valid(const char *name) {
        return *name && strlen(name) <= NAME_MAX_BYTES && g_utf8_validate(name, -1, NULL) &&
               !text_has_control(name) && !strchr(name, '/');
}

/*
 * One key each
 */

static int read_name(const char *value, ServiceSettings *settings, char **ret_why) {
        if (!service_settings_name_is_valid(value))
                return refuse_value(ret_why, "Name", value, "no machine has such a name");

        settings->name = g_strdup(value);
        return 0;
}

/* Words as systemd's own files have them (systemd.syntax(7)). */
static int read_autostart(const char *value, ServiceSettings *settings, char **ret_why) {
        static const char *const words[][4] = { { "no", "false", "off", "0" },
                                                { "yes", "true", "on", "1" } };

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
                for (size_t j = 0; j < G_N_ELEMENTS(words[i]); j++)
                        if (g_ascii_strcasecmp(words[i][j], value) == 0) {
                                settings->autostart = i == 1;
                                return 0;
                        }

        return refuse_value(ret_why, "Autostart", value, "must be yes or no");
}

static int read_start_after(const char *value, ServiceSettings *settings, char **ret_why) {
        g_auto(GStrv) words = g_strsplit(value, " ", /* max_tokens= */ -1);
        g_autoptr(GPtrArray) uuids = g_ptr_array_new_null_terminated(8, g_free, /* null_terminated= */ TRUE);

        for (char **word = words; *word; word++) {
                if (!**word)
                        continue;
                if (!service_settings_uuid_is_valid(*word))
                        return refuse_value(ret_why, "StartAfter", *word, "no UUID of a machine");
                if (g_str_equal(*word, settings->uuid))
                        return refuse_value(ret_why, "StartAfter", *word, "that is this machine itself");
                if (g_ptr_array_find_with_equal_func(uuids, *word, g_str_equal, NULL))
                        return refuse_value(ret_why, "StartAfter", *word, "named twice");
                if (uuids->len == START_AFTER_MAX)
                        return refuse(ret_why, "StartAfter= names more than %u machines", START_AFTER_MAX);
                g_ptr_array_add(uuids, g_strdup(*word));
        }
        if (uuids->len > 0)
                settings->start_after = (char **) g_ptr_array_steal(uuids, NULL);
        return 0;
}

/* Whole seconds into µs. */
static int read_span(const char *key, const char *value, uint64_t min, uint64_t max, uint64_t *ret,
                     char **ret_why) {
        g_autofree char *rule = NULL;
        guint64 seconds;

        if (!g_ascii_string_to_unsigned(value, /* base= */ 10, min / G_TIME_SPAN_SECOND,
                                        max / G_TIME_SPAN_SECOND, &seconds, NULL)) {
                rule = g_strdup_printf("must be a number of seconds from %" G_GUINT64_FORMAT
                                       " to %" G_GUINT64_FORMAT,
                                       min / (guint64) G_TIME_SPAN_SECOND,
                                       max / (guint64) G_TIME_SPAN_SECOND);
                return refuse_value(ret_why, key, value, rule);
        }

        *ret = seconds * G_TIME_SPAN_SECOND;
        return 0;
}

static int read_start_delay(const char *value, ServiceSettings *settings, char **ret_why) {
        return read_span("StartDelaySec", value, 0, START_DELAY_MAX, &settings->start_delay, ret_why);
}

static int read_ready(const char *value, ServiceSettings *settings, char **ret_why) {
        int when = ready_when_from_string(value);

        if (when < 0)
                return refuse_value(ret_why, "Ready", value, "must be running, agent or port");

        settings->ready = (ReadyWhen) when;
        return 0;
}

static int read_ready_port(const char *value, ServiceSettings *settings, char **ret_why) {
        guint64 port;

        if (!g_ascii_string_to_unsigned(value, /* base= */ 10, 1, UINT16_MAX, &port, NULL))
                return refuse_value(ret_why, "ReadyPort", value, "must be a port from 1 to 65535");

        settings->ready_port = (uint16_t) port;
        return 0;
}

static int read_ready_timeout(const char *value, ServiceSettings *settings, char **ret_why) {
        return read_span("ReadyTimeoutSec", value, READY_TIMEOUT_MIN, READY_TIMEOUT_MAX,
                         &settings->ready_timeout, ret_why);
}

static int read_stop_timeout(const char *value, ServiceSettings *settings, char **ret_why) {
        return read_span("StopTimeoutSec", value, STOP_TIMEOUT_MIN, STOP_TIMEOUT_MAX,
                         &settings->stop_timeout, ret_why);
}

static int read_host_shutdown(const char *value, ServiceSettings *settings, char **ret_why) {
        int what = host_shutdown_from_string(value);

        if (what < 0)
                return refuse_value(ret_why, "HostShutdown", value, "must be shutdown, save or poweroff");

        settings->host_shutdown = (HostShutdown) what;
        return 0;
}

static const struct {
        const char *key;
        ReadFunction read;
} keys_table[] = {
        { "Name", read_name },
        { "Autostart", read_autostart },
        { "StartAfter", read_start_after },
        { "StartDelaySec", read_start_delay },
        { "Ready", read_ready },
        { "ReadyPort", read_ready_port },
        { "ReadyTimeoutSec", read_ready_timeout },
        { "StopTimeoutSec", read_stop_timeout },
        { "HostShutdown", read_host_shutdown },
};

/*
 * All of a file
 */

static ReadFunction find_key(const char *key) {
        for (size_t i = 0; i < G_N_ELEMENTS(keys_table); i++)
                if (g_str_equal(keys_table[i].key, key))
                        return keys_table[i].read;
        return NULL;
}

/* Lines with a key. Of two with the same one GKeyFile takes the last. */
static size_t count_assignments(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1);
        size_t n = 0;

        for (char **line = lines; *line; line++) {
                const char *first = *line + strspn(*line, " ");

                n += *first && *first != '#' && *first != '[';
        }
        return n;
}

static int read_keys(GKeyFile *file, const char *text, ServiceSettings *settings, char **ret_why) {
        g_auto(GStrv) groups = g_key_file_get_groups(file, /* length= */ NULL);
        g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, /* length= */ NULL, NULL);
        g_autoptr(GHashTable) different = g_hash_table_new(g_str_hash, g_str_equal);

        if (!keys || g_strv_length(groups) != 1)
                return refuse(ret_why, "must have [" GROUP "] and no other part");
        for (char **key = keys; *key; key++)
                (void) g_hash_table_add(different, *key);
        if (g_hash_table_size(different) != count_assignments(text))
                return refuse(ret_why, "has a line twice");

        for (char **key = keys; *key; key++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *value = g_key_file_get_string(file, GROUP, *key, &error);
                ReadFunction read = find_key(*key);
                int r;

                if (!read)
                        return refuse_value(ret_why, *key, value ?: "", "unknown");
                if (error)
                        return refuse_value(ret_why, *key, value ?: "", "a backslash is written as two");
                r = read(value, settings, ret_why);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What the keys must be together. */
static int check(const ServiceSettings *settings, char **ret_why) {
        if (!settings->name)
                return refuse(ret_why, "has no Name=");
        if (settings->ready == READY_PORT && settings->ready_port == 0)
                return refuse(ret_why, "Ready=port without ReadyPort=");
        if (settings->ready != READY_PORT && settings->ready_port != 0)
                return refuse(ret_why, "ReadyPort= without Ready=port");
        return 0;
}

int service_settings_parse(const char *uuid, const char *text, gsize size, ServiceSettings **ret,
                           char **ret_why) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(ServiceSettings) settings = NULL;
        g_autofree char *copy = NULL;
        int r;

        if (!service_settings_uuid_is_valid(uuid))
                return refuse(ret_why, "its name is no UUID of a machine");
        if (size > SETTINGS_SIZE_MAX)
                return refuse(ret_why, "is longer than %u bytes", SETTINGS_SIZE_MAX);
        if (!g_utf8_validate(text, (gssize) size, NULL)) /* a zero byte is none either */
                return refuse(ret_why, "is no text in UTF-8");

        copy = g_strndup(text, size);
        for (char *c = copy; *c; c = g_utf8_next_char(c))
                if (*c != '\n' && g_unichar_iscntrl(g_utf8_get_char(c)))
                        return refuse(ret_why, "has a control character in it");
        if (!g_key_file_load_from_data(file, copy, size, G_KEY_FILE_KEEP_TRANSLATIONS, NULL))
                return refuse(ret_why, "has a line that is neither [" GROUP "], a comment, nor Key=Value");

        settings = service_settings_new(uuid, /* name= */ NULL);
        r = read_keys(file, copy, settings, ret_why);
        if (r >= 0)
                r = check(settings, ret_why);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&settings);
        return 0;
}

static void set_span(GKeyFile *file, const char *key, uint64_t span, uint64_t standard) {
        if (span != standard)
                g_key_file_set_uint64(file, GROUP, key, span / G_TIME_SPAN_SECOND);
}

char *service_settings_format(const ServiceSettings *settings) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autofree char *lines = NULL, *after = NULL;

        g_key_file_set_string(file, GROUP, "Name", settings->name ?: "");
        if (settings->autostart)
                g_key_file_set_string(file, GROUP, "Autostart", "yes");
        if (settings->start_after && *settings->start_after) {
                after = g_strjoinv(" ", settings->start_after);
                g_key_file_set_string(file, GROUP, "StartAfter", after);
        }
        set_span(file, "StartDelaySec", settings->start_delay, 0);
        if (settings->ready != READY_RUNNING)
                g_key_file_set_string(file, GROUP, "Ready", ready_when_to_string(settings->ready));
        if (settings->ready == READY_PORT)
                g_key_file_set_integer(file, GROUP, "ReadyPort", settings->ready_port);
        set_span(file, "ReadyTimeoutSec", settings->ready_timeout, READY_TIMEOUT_DEFAULT);
        set_span(file, "StopTimeoutSec", settings->stop_timeout, 0);
        if (settings->host_shutdown != HOST_SHUTDOWN_SHUTDOWN)
                g_key_file_set_string(file, GROUP, "HostShutdown",
                                      host_shutdown_to_string(settings->host_shutdown));

        lines = g_key_file_to_data(file, /* length= */ NULL, NULL);
        return g_strconcat(FIRST_LINE, lines, NULL);
}
