/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "house.h"

#include <libvirt/virterror.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/names.h"

static bool say_no(void *userdata) {
        return false;
}

static void ignore(void *userdata) {
}

/* Both at once: the server answers what the client says first. */
static void house_connect(House *house) {
        sd_id128_t id = SD_ID128_NULL;
        int ends[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), ==, 0);
        g_assert_cmpint(sd_bus_new(&house->services.bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(house->services.bus, ends[0], ends[0]), >=, 0);
        g_assert_cmpint(sd_bus_set_server(house->services.bus, true, id), >=, 0);
        g_assert_cmpint(sd_bus_start(house->services.bus), >=, 0);
        g_assert_cmpint(sd_bus_new(&house->caller), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(house->caller, ends[1], ends[1]), >=, 0);
        g_assert_cmpint(sd_bus_start(house->caller), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(house->services.bus, house->services.event, 0), >=, 0);
}

static void house_make_services(House *house) {
        Services *s = &house->services;
        static const char *const no_folders[] = { NULL };

        g_assert_cmpint(sd_event_new(&s->event), >=, 0);
        house_connect(house);
        s->synced_changed = ignore;
        s->is_connected = say_no;
        s->is_ready = say_no;
        s->is_subscribed = say_no;
        s->configuration = configuration_new(no_folders);
        g_assert_cmpint(objects_new(s->bus, &s->objects), >=, 0);
        g_assert_cmpint(auth_new(s->bus, /* user_session= */ true, &s->auth), >=, 0);
        g_assert_cmpint(jobs_new(s, &s->jobs), >=, 0);
        g_assert_cmpint(mailbox_new(s->event, &house->mailbox), >=, 0);
        g_assert_cmpint(hypervisor_new(s->event, house->mailbox, "test:///default", &s->hypervisor), >=, 0);
}

static void house_fill(House *house) {
        MachineFacts facts = { .have = FACTS_STATE,
                               .uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f",
                               .name = g_strdup("web") };
        Caller *caller = g_new0(Caller, 1);
        g_auto(Failure) failure = { 0 };
        Job *job;

        caller->n_ref = 1;
        machines_apply_facts(house->machines, &facts);
        facts_done(&facts);
        g_assert_cmpint(job_begin(house->services.jobs,
                                  &(JobInfo){ .operation = "start",
                                              .caller = caller,
                                              .answer = JOB_ANSWER_EMPTY },
                                  &job, &failure),
                        >=, 0);
}

House *house_get(void) {
        static House *house;
        void *plugin;

        if (house)
                return house;

        log_set_level(LOG_EMERG);
        house = g_new0(House, 1);
        house_make_services(house);
        g_assert_cmpint(sd_bus_add_object_manager(house->services.bus, NULL, PATH_ROOT), >=, 0);
        g_assert_cmpint(jobs_publish(&house->services), >=, 0);
        g_assert_cmpint(hatago_plugin.create(&house->services, &plugin), >=, 0);
        g_assert_cmpint(hatago_plugin.start(plugin), >=, 0);
        house->machines = plugin;
        house_fill(house);
        house_settle(house);
        return house;
}

void house_settle(House *house) {
        int worked;

        do {
                int r = sd_event_run(house->services.event, /* usec= */ 0);

                g_assert_cmpint(r, >=, 0);
                worked = r;
                while ((r = sd_bus_process(house->caller, NULL)) > 0)
                        worked++;
                g_assert_cmpint(r, >=, 0);
        } while (worked > 0);
}
