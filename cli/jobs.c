/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"

#include "bus.h"
#include "names.h"

/* Whether one of the objects in the array at which the message stands is at the path; any, if it is NULL. */
static int objects_have(sd_bus_message *message, const char *path) {
        const char *object;
        bool found = !path;
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "o");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(message, "o", &object)) > 0)
                found = found || strcmp(object, path) == 0;
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        return r < 0 ? r : found;
}

/* Returns 0 at the end of the list. */
static int job_read(sd_bus_message *message, const char *path, GPtrArray *jobs) {
        const char *job;
        int r, wanted;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_STRUCT, "usoao");
        if (r <= 0)
                return r;
        r = sd_bus_message_read(message, "uso", NULL, NULL, &job);
        if (r < 0)
                return r;
        wanted = objects_have(message, path);
        if (wanted < 0)
                return wanted;
        if (wanted)
                g_ptr_array_add(jobs, g_strdup(job));
        r = sd_bus_message_exit_container(message);
        return r < 0 ? r : 1;
}

int jobs_list(const Cli *cli, const char *path, sd_bus_error *error, GPtrArray **ret) {
        g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(g_free);
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = bus_call_method(cli, HATAGO_PATH, MANAGER_INTERFACE, "ListJobs", error, &reply, "a{sv}", 0);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "(usoao)");
        while (r >= 0 && (r = job_read(reply, path, jobs)) > 0)
                ;
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret = g_steal_pointer(&jobs);
        return 0;
}

int jobs_running(const Cli *cli, const char *path, sd_bus_error *error, JsonArray **ret) {
        g_autoptr(JsonArray) jobs = json_array_new();
        g_autoptr(GPtrArray) paths = NULL;
        int r;

        r = jobs_list(cli, path, error, &paths);
        if (r < 0)
                return r;
        for (guint i = 0; i < paths->len; i++) {
                _cleanup_error_ sd_bus_error gone = SD_BUS_ERROR_NULL;
                JsonObject *properties;

                if (bus_get_all(cli, paths->pdata[i], JOB_INTERFACE, &gone, &properties) >= 0)
                        json_array_add_object_element(jobs, properties); /* takes it */
        }
        *ret = g_steal_pointer(&jobs);
        return 0;
}
