/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

static const Option *option_find(const Option *table, const char *name) {
        for (const Option *o = table; o && o->name; o++)
                if (g_str_equal(o->name, name))
                        return o;

        return NULL;
}

static const char *option_signature(const Option *option) {
        static const char *const signatures[] = {
                [OPTION_BOOL] = "b",   [OPTION_UINT64] = "t", [OPTION_UINT32] = "u",
                [OPTION_NUMBER] = "t", [OPTION_STRING] = "s", [OPTION_STRINGS] = "as",
        };

        return signatures[option->type];
}

static bool option_takes(const Option *option, const char *signature) {
        if (option->type == OPTION_NUMBER && (g_str_equal(signature, "q") || g_str_equal(signature, "u")))
                return true;

        return g_str_equal(signature, option_signature(option));
}

static int value_read_bool(sd_bus_message *message, const Option *option, void *field, Failure *failure) {
        int truth, r;

        r = sd_bus_message_read(message, "b", &truth);
        if (r < 0)
                return r;

        *(bool *) field = truth;
        return 0;
}

static int value_take_number(const Option *option, uint64_t number, void *field, Failure *failure) {
        if (number < option->minimum || number > option->maximum)
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "\"%s\" is %" PRIu64 ", not within %" PRIu64 " to %" PRIu64 ".",
                                   option->name, number, option->minimum, option->maximum);

        *(uint64_t *) field = number;
        return 0;
}

static int value_read_uint64(sd_bus_message *message, const Option *option, void *field, Failure *failure) {
        uint64_t number;
        int r = sd_bus_message_read(message, "t", &number);

        return r < 0 ? r : value_take_number(option, number, field, failure);
}

static int value_read_uint32(sd_bus_message *message, const Option *option, void *field, Failure *failure) {
        uint32_t number;
        int r = sd_bus_message_read(message, "u", &number);

        return r < 0 ? r : value_take_number(option, number, field, failure);
}

static int value_read_number(sd_bus_message *message, const Option *option, void *field, Failure *failure) {
        uint64_t number = 0;
        uint32_t u;
        uint16_t q;
        char type;
        int r;

        r = sd_bus_message_peek_type(message, &type, NULL);
        if (r < 0)
                return r;

        if (type == SD_BUS_TYPE_UINT16) {
                r = sd_bus_message_read(message, "q", &q);
                number = r < 0 ? 0 : q;
        } else if (type == SD_BUS_TYPE_UINT32) {
                r = sd_bus_message_read(message, "u", &u);
                number = r < 0 ? 0 : u;
        } else
                r = sd_bus_message_read(message, "t", &number);
        return r < 0 ? r : value_take_number(option, number, field, failure);
}

static int value_read_string(sd_bus_message *message, const Option *option, void *field, Failure *failure) {
        const char *text;
        int r;

        r = sd_bus_message_read(message, "s", &text);
        if (r < 0)
                return r;
        if (option->maximum > 0 && strlen(text) > option->maximum)
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "\"%s\" has %zu bytes, more than %" PRIu64 ".", option->name,
                                   strlen(text), option->maximum);

        g_free(*(char **) field);
        *(char **) field = g_strdup(text);
        return 0;
}

static int value_read_strings(sd_bus_message *message, const Option *option, void *field, Failure *failure) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        const char *text;
        uint64_t n = 0;
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "s");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(message, "s", &text)) > 0) {
                if (++n > option->maximum)
                        return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                           "\"%s\" has more than %" PRIu64 " elements.", option->name,
                                           option->maximum);
                g_strv_builder_add(builder, text);
        }
        if (r < 0)
                return r;

        g_strfreev(*(char ***) field);
        *(char ***) field = g_strv_builder_end(builder);
        return sd_bus_message_exit_container(message);
}

static int value_read(sd_bus_message *message, const Option *option, void *target, Failure *failure) {
        static int (*const readers[])(sd_bus_message *, const Option *, void *, Failure *) = {
                [OPTION_BOOL] = value_read_bool,     [OPTION_UINT64] = value_read_uint64,
                [OPTION_UINT32] = value_read_uint32, [OPTION_NUMBER] = value_read_number,
                [OPTION_STRING] = value_read_string, [OPTION_STRINGS] = value_read_strings,
        };

        return readers[option->type](message, option, (char *) target + option->offset, failure);
}

static int option_read(sd_bus_message *message, const Option *option, void *target, Failure *failure) {
        const char *signature;
        int r;

        r = sd_bus_message_peek_type(message, NULL, &signature);
        if (r < 0)
                return r;
        if (!option_takes(option, signature))
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "Option \"%s\" has the type \"%s\", not \"%s\".", option->name,
                                   option_signature(option), signature);

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, signature);
        if (r < 0)
                return r;
        r = value_read(message, option, target, failure);
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(message);
}

static int option_entry_read(sd_bus_message *message, const Option *table, void *target, GHashTable *seen,
                             Failure *failure) {
        const Option *option;
        const char *name;
        int r;

        r = sd_bus_message_read(message, "s", &name);
        if (r < 0)
                return r;

        option = option_find(table, name);
        if (!option) {
                g_autofree char *printable = text_printable(name);
                return failure_set(failure, ERROR_UNKNOWN_OPTION, "There is no option \"%s\".", printable);
        }
        if (!g_hash_table_add(seen, (void *) option))
                return failure_set(failure, ERROR_INVALID_ARGUMENT, "Option \"%s\" is given twice.", name);

        return option_read(message, option, target, failure);
}

int options_read(sd_bus_message *message, const Option *table, void *target, Failure *failure) {
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = option_entry_read(message, table, target, seen, failure);
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(message);
}

int arguments_read(sd_bus_message *message, const Option *table, void *target, Failure *failure) {
        for (const Option *o = table; o && o->name; o++) {
                int r = value_read(message, o, target, failure);
                if (r < 0)
                        return r;
        }

        return 0;
}
