/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/names.h"
#include "house.h"
#include "input.h"

/* Calls of any method and property on any object path: found, refused, never obeyed. */

/* Words that lead somewhere, so that the fuzzer need not find them. */
static const char *const roots[] = { "",
                                     PATH_ROOT,
                                     PATH_MACHINES,
                                     PATH_MACHINES "/6695eb01_2df6a4_2d8304_2d79aa_2d97f2502e193f",
                                     PATH_JOBS,
                                     PATH_JOBS "/1",
                                     "/org",
                                     "/org/hatago/Host2" };
static const char *const interfaces[] = { "org.freedesktop.DBus.Properties",
                                          "org.freedesktop.DBus.Introspectable",
                                          "org.freedesktop.DBus.ObjectManager",
                                          "org.freedesktop.DBus.Peer",
                                          IFACE_MACHINES,
                                          IFACE_MACHINE,
                                          IFACE_JOB,
                                          "a.b" };
static const char *const members[] = { "Get",
                                       "GetAll",
                                       "Set",
                                       "Introspect",
                                       "GetManagedObjects",
                                       "Ping",
                                       "Start",
                                       "GetXML",
                                       "Cancel",
                                       "ListMachines",
                                       "GetMachine",
                                       "Query",
                                       "",
                                       "",
                                       "",
                                       "" };
static const char *const types[] = { "",        "s",  "ss",    "ssv",      "a{sv}",  "sa{sv}",
                                     "asa{sv}", NULL, NULL,    "ssss",     "ua{sv}", "oa{sv}",
                                     "a(ss)",   "v",  "a{ss}", "asasa{sv}" };

/* Anything as a path: what may not stand in one becomes what may. */
static char *read_path(Input *input) {
        const char *root = roots[input_byte(input) % G_N_ELEMENTS(roots)];
        g_autofree char *text = input_text(input);
        g_autoptr(GString) path = g_string_new(root);

        if (*text)
                g_string_append_c(path, '/');
        for (const char *p = text; *p; p++)
                g_string_append_c(path, g_ascii_isalnum(*p)                            ? *p
                                        : *p == '/' && path->str[path->len - 1] != '/' ? '/'
                                                                                       : '_');
        while (path->len > 1 && path->str[path->len - 1] == '/')
                g_string_truncate(path, path->len - 1);
        if (path->len == 0)
                g_string_append_c(path, '/');
        return g_string_free(g_steal_pointer(&path), /* free_segment= */ FALSE);
}

static char *read_member(Input *input) {
        const char *member = members[input_byte(input) % G_N_ELEMENTS(members)];
        g_autofree char *text = *member ? NULL : input_text(input);

        return text ? g_strdup_printf("M%s", g_strcanon(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS, '_'))
                    : g_strdup(member);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        bool *answered = userdata;
        const sd_bus_error *failure = sd_bus_message_get_error(m);

        *answered = true;
        g_assert_true(!failure || g_str_has_prefix(failure->name, "org.freedesktop.DBus.Error.") ||
                      g_str_has_prefix(failure->name, ERROR_PREFIX));
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        House *house = house_get();
        Input input = { data, size };
        g_autofree char *path = read_path(&input), *member = read_member(&input);
        const char *interface = interfaces[input_byte(&input) % G_N_ELEMENTS(interfaces)];
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_slot) slot = NULL;
        bool answered = false;

        if (!sd_bus_object_path_is_valid(path) || !sd_bus_member_name_is_valid(member))
                return 0;
        g_assert_cmpint(sd_bus_message_new_method_call(house->caller, &call, NULL, path, interface, member),
                        >=, 0);
        input_append(&input, call, types[input_byte(&input) % G_N_ELEMENTS(types)]);
        g_assert_cmpint(sd_bus_call_async(house->caller, &slot, call, on_answer, &answered, /* usec= */ 0),
                        >=, 0);
        house_settle(house);
        g_assert_true(answered);
        g_assert_cmpuint(g_hash_table_size(house->machines->by_uuid), ==, 1);
        return 0;
}
