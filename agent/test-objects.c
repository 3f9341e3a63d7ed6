/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/names.h"

#define PATH "/org/example/objects/a"
#define OTHER PATH "b"
#define INTERFACE "org.example.Thing"

/* Two ends of one connection: what one sends, the other notes. */
typedef struct Fixture {
        sd_event *event;
        sd_bus *bus, *listener;
        Objects *objects;
        GPtrArray *heard; /* of text: member, path and properties, those sorted */
} Fixture;

static const char *const properties[] = { "Name", "State", "Id", NULL };
static const ObjectInterface interface = { .name = INTERFACE, .properties = properties };

enum { NAME = 1 << 0, STATE = 1 << 1, ID = 1 << 2 };

static int get_property(sd_bus *bus, const char *path, const char *interface_name, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", property);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("State", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Id", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int compare_names(const void *a, const void *b) {
        return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

/* "PropertiesChanged /path Id,State" */
static char *describe_changes(sd_bus_message *m) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autofree char *joined = NULL;
        const char *name;

        g_assert_cmpint(sd_bus_message_skip(m, "s"), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read(m, "s", &name), >, 0);
                g_ptr_array_add(names, (char *) name);
                g_assert_cmpint(sd_bus_message_skip(m, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }

        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        joined = g_strjoinv(",", (char **) names->pdata);
        return g_strdup_printf("PropertiesChanged %s %s", sd_bus_message_get_path(m), joined);
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Fixture *f = userdata;
        const char *member = sd_bus_message_get_member(m), *path;

        if (!sd_bus_message_is_signal(m, NULL, NULL))
                return 0;
        if (g_str_equal(member, "PropertiesChanged"))
                g_ptr_array_add(f->heard, describe_changes(m));
        else {
                g_assert_cmpint(sd_bus_message_read(m, "o", &path), >, 0);
                g_ptr_array_add(f->heard, g_strdup_printf("%s %s", member, path));
        }
        return 0;
}

static sd_bus *end_new(Fixture *f, int fd, bool server) {
        sd_bus *bus;
        sd_id128_t id;

        g_assert_cmpint(sd_id128_randomize(&id), >=, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fd, fd), >=, 0);
        g_assert_cmpint(sd_bus_set_anonymous(bus, true), >=, 0);
        if (server)
                g_assert_cmpint(sd_bus_set_server(bus, true, id), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(bus, f->event, SD_EVENT_PRIORITY_NORMAL), >=, 0);
        return bus;
}

/* Until nothing more comes. */
static void settle(Fixture *f) {
        while (sd_event_run(f->event, 50 * G_TIME_SPAN_MILLISECOND) > 0)
                ;
}

static void fixture_init(Fixture *f, const void *unused) {
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->heard = g_ptr_array_new_with_free_func(g_free);
        f->bus = end_new(f, fds[0], true);
        f->listener = end_new(f, fds[1], false);
        g_assert_cmpint(sd_bus_add_filter(f->listener, NULL, on_signal, f), >=, 0);
        g_assert_cmpint(sd_bus_add_object_manager(f->bus, NULL, "/org/example/objects"), >=, 0);
        g_assert_cmpint(sd_bus_add_object_vtable(f->bus, NULL, PATH, INTERFACE, vtable, NULL), >=, 0);
        g_assert_cmpint(sd_bus_add_object_vtable(f->bus, NULL, OTHER, INTERFACE, vtable, NULL), >=, 0);
        g_assert_cmpint(objects_new(f->bus, &f->objects), >=, 0);
        settle(f); /* both ends know each other: nothing is held back that a test would wait for in vain */
}

static void fixture_done(Fixture *f, const void *unused) {
        objects_free(f->objects);
        sd_bus_close_unref(f->listener);
        sd_bus_close_unref(f->bus);
        g_ptr_array_unref(f->heard);
        sd_event_unref(f->event);
}

static void heard(Fixture *f, const char *expected) {
        g_autofree char *all = NULL;

        settle(f);
        g_ptr_array_add(f->heard, NULL);
        all = g_strjoinv("; ", (char **) f->heard->pdata);
        g_assert_cmpstr(all, ==, expected);
        g_ptr_array_set_size(f->heard, 0);
}

static void test_the_changes_of_one_turn_are_sent_as_one(Fixture *f, const void *unused) {
        objects_changed(f->objects, PATH, &interface, STATE);
        objects_changed(f->objects, PATH, &interface, ID);
        objects_changed(f->objects, PATH, &interface, STATE);
        heard(f, "PropertiesChanged " PATH " Id,State");

        objects_changed(f->objects, PATH, &interface, NAME);
        heard(f, "PropertiesChanged " PATH " Name"); /* those of before are past */
}

static void test_no_change_sends_nothing(Fixture *f, const void *unused) {
        objects_changed(f->objects, PATH, &interface, 0);
        objects_flush(f->objects);
        heard(f, "");
}

static void test_nothing_is_sent_of_an_object_after_its_end(Fixture *f, const void *unused) {
        objects_changed(f->objects, PATH, &interface, STATE);
        objects_changed(f->objects, OTHER, &interface, ID);
        objects_removed(f->objects, PATH);
        heard(f, "InterfacesRemoved " PATH "; PropertiesChanged " OTHER " Id");
}

static void test_a_flush_sends_at_once_and_not_again(Fixture *f, const void *unused) {
        objects_changed(f->objects, PATH, &interface, STATE);
        objects_flush(f->objects);
        objects_added(f->objects, OTHER); /* a signal that tells others to look */
        heard(f, "PropertiesChanged " PATH " State; InterfacesAdded " OTHER);
}

static void test_what_waits_at_the_end_is_dropped(Fixture *f, const void *unused) {
        objects_changed(f->objects, PATH, &interface, STATE);
        f->objects = objects_free(f->objects);
        heard(f, "");
}

/*
 * The answers to GetManagedObjects, ours and that of sd-bus
 */

#define KINDS "/org/example/kinds"

static int get_text(sd_bus *bus, const char *path, const char *face, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", userdata);
}

static int get_words(sd_bus *bus, const char *path, const char *face, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "as", 2, userdata, property);
}

static int no_method(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return -ENOTSUP;
}

static const sd_bus_vtable kind_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Text", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Words", "as", get_words, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
        SD_BUS_PROPERTY("Bulky", "as", get_words, 0, SD_BUS_VTABLE_PROPERTY_EXPLICIT),
        SD_BUS_PROPERTY("Hidden", "s", get_text, 0, SD_BUS_VTABLE_HIDDEN),
        SD_BUS_WRITABLE_PROPERTY("Writable", "s", get_text, NULL, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD("Act", "", "", no_method, 0),
        SD_BUS_SIGNAL("Acted", "", 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable other_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Nothing", "", "", no_method, 0),
        SD_BUS_VTABLE_END,
};

static int kind_find(sd_bus *bus, const char *path, const char *face, void *userdata, void **ret,
                     sd_bus_error *error) {
        *ret = g_hash_table_lookup(userdata, path);
        return *ret != NULL;
}

/* One line for each value, with the keys that lead to it; and for each entry of a dictionary. */
static void describe_values(sd_bus_message *m, const char *keys, GPtrArray *lines) {
        g_autofree char *way = g_strdup(keys);
        const char *contents, *text;
        char type;

        while (sd_bus_message_peek_type(m, &type, &contents) > 0) {
                if (type == SD_BUS_TYPE_STRING || type == SD_BUS_TYPE_OBJECT_PATH) {
                        g_autofree char *before = g_steal_pointer(&way);

                        g_assert_cmpint(sd_bus_message_read_basic(m, type, &text), >, 0);
                        way = g_strdup_printf("%s %s", before, text);
                        g_ptr_array_add(lines, g_strdup(way));
                        continue;
                }

                g_assert_cmpint(sd_bus_message_enter_container(m, type, contents), >, 0);
                describe_values(m, way, lines);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
}

static gint compare_lines(gconstpointer a, gconstpointer b) {
        return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        char **ret = userdata;

        g_assert_false(sd_bus_message_is_method_error(m, NULL));
        g_assert_true(sd_bus_message_has_signature(m, "a{oa{sa{sv}}}"));
        describe_values(m, "", lines);
        g_ptr_array_sort(lines, compare_lines);
        g_ptr_array_add(lines, NULL);
        *ret = g_strjoinv("\n", (char **) lines->pdata);
        return 0;
}

static char *managed_objects(Fixture *f, const char *path) {
        char *answer = NULL;

        g_assert_cmpint(sd_bus_call_method_async(f->listener, NULL, NULL, path,
                                                 "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                                                 on_answer, &answer, NULL),
                        >=, 0);
        settle(f);
        g_assert_nonnull(answer);
        return answer;
}

static void publish(Fixture *f, const char *prefix, const char *face, const sd_bus_vtable *v,
                    GHashTable *table) {
        ObjectKind kind = { prefix, face, v, table, kind_find, table };

        g_assert_cmpint(objects_publish(f->objects, &kind), >=, 0);
}

static void test_managed_objects_are_those_of_sd_bus(Fixture *f, const void *unused) {
        g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) others = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *ours = NULL, *theirs = NULL;
        sd_bus_slot *manager;

        publish(f, KINDS "/a", INTERFACE ".Kind", kind_vtable, table);
        publish(f, KINDS "/b", INTERFACE ".Kind", kind_vtable, others);
        publish(f, KINDS "/a", INTERFACE ".Other", other_vtable, table);
        g_hash_table_insert(table, (char *) KINDS "/a/one", (char *) "1");
        g_hash_table_insert(table, (char *) KINDS "/a/two", (char *) "2");
        g_hash_table_insert(others, (char *) KINDS "/b/one", (char *) "3");

        g_assert_cmpint(sd_bus_add_object_manager(f->bus, &manager, KINDS), >=, 0);
        theirs = managed_objects(f, KINDS);
        sd_bus_slot_unref(manager);

        g_assert_cmpint(objects_manage(f->objects, KINDS), >=, 0);
        ours = managed_objects(f, KINDS);
        g_assert_cmpstr(ours, ==, theirs);
        g_assert_nonnull(strstr(ours, "Text 2"));
        g_assert_null(strstr(ours, "Bulky"));

        g_hash_table_remove(table, KINDS "/a/two");
        g_free(ours);
        ours = managed_objects(f, KINDS);
        g_assert_null(strstr(ours, "Text 2"));
}

/*
 * Some properties of all objects of one table
 */

typedef struct Query {
        Objects *objects;
        GHashTable *table;
} Query;

static int method_query(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        const Query *query = userdata;
        int r;

        r = objects_query(query->objects, query->table, m, &failure);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable query_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Query", "asa{sv}", "a{oa{sv}}", method_query, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable more_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("More", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int on_queried(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        char **ret = userdata;

        if (sd_bus_message_is_method_error(m, NULL)) {
                *ret = g_strdup(sd_bus_message_get_error(m)->name);
                return 0;
        }
        g_assert_true(sd_bus_message_has_signature(m, "a{oa{sv}}"));
        describe_values(m, "", lines);
        g_ptr_array_sort(lines, compare_lines);
        g_ptr_array_add(lines, NULL);
        *ret = g_strjoinv(";", (char **) lines->pdata);
        return 0;
}

/* Up to three names, then NULL. */
static void queried(Fixture *f, const char *a, const char *b, const char *c, const char *expected) {
        const char *const names[] = { a, b, c, NULL };
        g_autoptr(sd_bus_message) call = NULL;
        g_autofree char *answer = NULL;

        g_assert_cmpint(sd_bus_message_new_method_call(f->listener, &call, NULL, KINDS, INTERFACE ".Queries",
                                                       "Query"),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_append_strv(call, (char **) names), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
        g_assert_cmpint(sd_bus_call_async(f->listener, NULL, call, on_queried, &answer, 0), >=, 0);
        settle(f);
        g_assert_cmpstr(answer, ==, expected);
}

static void test_a_query_tells_of_all_objects_of_a_table(Fixture *f, const void *unused) {
        g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) others = g_hash_table_new(g_str_hash, g_str_equal);
        Query query = { .objects = f->objects, .table = table };

        publish(f, KINDS "/a", INTERFACE ".Kind", kind_vtable, table);
        publish(f, KINDS "/b", INTERFACE ".Other", more_vtable, others);
        publish(f, KINDS "/a", INTERFACE ".Other", other_vtable, table);
        g_assert_cmpint(sd_bus_add_object_vtable(f->bus, NULL, KINDS, INTERFACE ".Queries", query_vtable,
                                                 &query),
                        >=, 0);
        queried(f, "Text", NULL, NULL, "");

        g_hash_table_insert(table, (char *) KINDS "/a/one", (char *) "1");
        g_hash_table_insert(table, (char *) KINDS "/a/two", (char *) "2");
        g_hash_table_insert(others, (char *) KINDS "/b/one", (char *) "3");
        queried(f, NULL, NULL, NULL, " " KINDS "/a/one; " KINDS "/a/two");
        queried(f, "Text", "Writable", NULL,
                " " KINDS "/a/one; " KINDS "/a/one Text; " KINDS "/a/one Text 1; " KINDS
                "/a/one Writable; " KINDS "/a/one Writable 1; " KINDS "/a/two; " KINDS "/a/two Text; " KINDS
                "/a/two Text 2; " KINDS "/a/two Writable; " KINDS "/a/two Writable 2");

        g_hash_table_remove(table, KINDS "/a/two");
        queried(f, "Bulky", NULL, NULL,
                " " KINDS "/a/one; " KINDS "/a/one Bulky; " KINDS "/a/one Bulky 1; " KINDS
                "/a/one Bulky 1 Bulky");
        queried(f, "Text", "Hidden", NULL, ERROR_PREFIX "UnknownProperty");
        queried(f, "Act", NULL, NULL, ERROR_PREFIX "UnknownProperty");
        queried(f, "More", NULL, NULL, ERROR_PREFIX "UnknownProperty"); /* of others */
        queried(f, "Text", "Words", "Text", ERROR_PREFIX "InvalidArgument");

        publish(f, KINDS "/a", INTERFACE ".More", more_vtable, table);
        queried(f, "More", NULL, NULL, " " KINDS "/a/one; " KINDS "/a/one More; " KINDS "/a/one More 1");
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/objects/the-changes-of-one-turn-are-sent-as-one",
            test_the_changes_of_one_turn_are_sent_as_one);
        add("/objects/no-change-sends-nothing", test_no_change_sends_nothing);
        add("/objects/nothing-is-sent-of-an-object-after-its-end",
            test_nothing_is_sent_of_an_object_after_its_end);
        add("/objects/a-flush-sends-at-once-and-not-again", test_a_flush_sends_at_once_and_not_again);
        add("/objects/what-waits-at-the-end-is-dropped", test_what_waits_at_the_end_is_dropped);
        add("/objects/managed-objects-are-those-of-sd-bus", test_managed_objects_are_those_of_sd_bus);
        add("/objects/a-query-tells-of-all-objects-of-a-table",
            test_a_query_tells_of_all_objects_of_a_table);
        return g_test_run();
}
