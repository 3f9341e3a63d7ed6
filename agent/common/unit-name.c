/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-name.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

static bool is_plain(char c) {
        return g_ascii_isalnum(c) || c == ':' || c == '_' || c == '.';
}

char *unit_escape(const char *text) {
        GString *escaped = g_string_sized_new(strlen(text) + 1);

        for (const char *c = text; *c; c++)
                if (*c == '/')
                        g_string_append_c(escaped, '-');
                else if (is_plain(*c) && !(c == text && *c == '.'))
                        g_string_append_c(escaped, *c);
                else
                        g_string_append_printf(escaped, "\\x%02x", (unsigned) (uint8_t) *c);
        return g_string_free(escaped, /* free_segment= */ FALSE);
}

char *unit_unescape(const char *instance) {
        g_autoptr(GString) text = g_string_sized_new(strlen(instance) + 1);
        g_autofree char *again = NULL;

        for (const char *c = instance; *c; c++)
                if (*c == '-')
                        g_string_append_c(text, '/');
                else if (*c == '\\' && c[1] == 'x' && g_ascii_isxdigit(c[2]) && g_ascii_isxdigit(c[3])) {
                        g_string_append_c(text, (char) (g_ascii_xdigit_value(c[2]) << 4 |
                                                        g_ascii_xdigit_value(c[3])));
                        c += 3;
                } else
                        g_string_append_c(text, *c);

        /* Only one text of each meaning is a name: two units for one machine must not be. */
        again = unit_escape(text->str);
        return strcmp(again, instance) == 0 ? g_strdup(text->str) : NULL;
}

char *vm_instance(const char *name, const char *uuid) {
        char *instance = unit_escape(name);

        if (strlen(instance) <= VM_INSTANCE_MAX)
                return instance;

        g_free(instance);
        return unit_escape(uuid);
}

static char *unit_of(const char *prefix, const char *name, const char *uuid) {
        g_autofree char *instance = vm_instance(name, uuid);

        return g_strconcat(prefix, instance, UNIT_SUFFIX, NULL);
}

char *vm_unit_name(const char *name, const char *uuid) {
        return unit_of(VM_UNIT_PREFIX, name, uuid);
}

char *vm_ready_unit_name(const char *name, const char *uuid) {
        return unit_of(VM_READY_UNIT_PREFIX, name, uuid);
}
