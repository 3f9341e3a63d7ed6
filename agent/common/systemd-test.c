/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "systemd-test.h"

#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "names.h"

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        TestSystemd *systemd = userdata;

        if (!sd_bus_message_is_method_call(m, NULL, NULL))
                return 0;

        g_queue_push_tail(systemd->calls, sd_bus_message_ref(m));
        return 1;
}

static sd_bus *open_end(int fd) {
        sd_bus *bus;

        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fd, fd), >=, 0);
        return bus;
}

static void start_end(sd_bus *bus, sd_event *event) {
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL), >=, 0);
}

void test_systemd_init(TestSystemd *systemd, sd_event *event) {
        sd_id128_t id;
        int ends[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), ==, 0);
        *systemd = (TestSystemd){ .event = event, .calls = g_queue_new() };
        systemd->bus = open_end(ends[0]);
        systemd->own = open_end(ends[1]);
        g_assert_cmpint(sd_id128_randomize(&id), >=, 0);
        g_assert_cmpint(sd_bus_set_server(systemd->own, /* b= */ true, id), >=, 0);
        g_assert_cmpint(sd_bus_add_filter(systemd->own, /* ret_slot= */ NULL, on_call, systemd), >=, 0);
        start_end(systemd->own, event);
        start_end(systemd->bus, event);
}

static void message_unref(gpointer m) {
        sd_bus_message_unref(m);
}

void test_systemd_done(TestSystemd *systemd) {
        sd_bus_detach_event(systemd->bus);
        sd_bus_detach_event(systemd->own);
        g_queue_free_full(systemd->calls, message_unref);
        sd_bus_close_unref(systemd->bus);
        sd_bus_close_unref(systemd->own);
}

sd_bus_message *test_systemd_take(TestSystemd *systemd, const char *member) {
        for (;;) {
                for (GList *link = systemd->calls->head; link; link = link->next)
                        if (sd_bus_message_is_method_call(link->data, NULL, member)) {
                                sd_bus_message *m = link->data;

                                g_queue_delete_link(systemd->calls, link);
                                return m;
                        }
                g_assert_cmpint(sd_event_run(systemd->event, UINT64_MAX), >=, 0);
        }
}

unsigned test_systemd_count(TestSystemd *systemd, const char *member) {
        unsigned n = 0;

        while (sd_event_run(systemd->event, /* usec= */ 0) > 0)
                ;
        for (GList *link = systemd->calls->head; link; link = link->next)
                n += sd_bus_message_is_method_call(link->data, NULL, member) > 0;
        return n;
}

void test_systemd_answer(sd_bus_message *call, const char *types, ...) {
        sd_bus_message *m;
        va_list arguments;

        g_assert_cmpint(sd_bus_message_new_method_return(call, &m), >=, 0);
        va_start(arguments, types);
        g_assert_cmpint(sd_bus_message_appendv(m, types, arguments), >=, 0);
        va_end(arguments);
        g_assert_cmpint(sd_bus_send(sd_bus_message_get_bus(call), m, NULL), >=, 0);
        sd_bus_message_unref(m);
}

void test_systemd_refuse(sd_bus_message *call, const char *name) {
        g_assert_cmpint(sd_bus_reply_method_errorf(call, name, "It is so."), >=, 0);
}

static void tell(TestSystemd *systemd, const char *sender, const char *path, const char *interface,
                 const char *member, const char *types, va_list arguments) {
        sd_bus_message *m;

        g_assert_cmpint(sd_bus_message_new_signal(systemd->own, &m, path, interface, member), >=, 0);
        g_assert_cmpint(sd_bus_message_set_sender(m, sender), >=, 0);
        g_assert_cmpint(sd_bus_message_appendv(m, types, arguments), >=, 0);
        g_assert_cmpint(sd_bus_send(systemd->own, m, NULL), >=, 0);
        sd_bus_message_unref(m);
}

void test_systemd_tell(TestSystemd *systemd, const char *path, const char *interface, const char *member,
                       const char *types, ...) {
        va_list arguments;

        va_start(arguments, types);
        tell(systemd, SYSTEMD_NAME, path, interface, member, types, arguments);
        va_end(arguments);
}

static void tell_owner(TestSystemd *systemd, const char *types, ...) {
        va_list arguments;

        va_start(arguments, types);
        tell(systemd, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
             "NameOwnerChanged", types, arguments);
        va_end(arguments);
}

void test_systemd_replace(TestSystemd *systemd, const char *owner) {
        tell_owner(systemd, "sss", SYSTEMD_NAME, ":1.1", owner);
}
