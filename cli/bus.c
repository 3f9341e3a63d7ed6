/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus.h"

#include <errno.h>
#include <time.h>

#include "json.h"
#include "names.h"

#define READY_TIMEOUT (10 * USEC_PER_SEC)
/* libvirt may just be restarting: the agent has tried again four times by then. */
#define ABSENT_TIMEOUT (1 * USEC_PER_SEC)
/* Longer than the agent's own deadlines for the hypervisor and for remedies (90 s); with a person, for a
 * password to be found and typed. */
#define CALL_TIMEOUT (120 * USEC_PER_SEC)
#define CALL_TIMEOUT_INTERACTIVE (300 * USEC_PER_SEC)

/* sd-bus sets the error for what the other side says, but not for all that goes wrong on this side. */
static int error_fill(sd_bus_error *error, int r) {
        if (r < 0 && !sd_bus_error_is_set(error))
                (void) sd_bus_error_set_errno(error, r);
        return r;
}

int bus_open(const Options *options, sd_bus_error *error, sd_bus **ret) {
        int r;

        r = options->host   ? sd_bus_open_system_remote(ret, options->host)
            : options->user ? sd_bus_open_user(ret)
                            : sd_bus_open_system(ret);
        if (r < 0)
                return sd_bus_error_setf(error, "org.freedesktop.DBus.Error.NoServer",
                                         _("the message bus cannot be reached (%s)"), g_strerror(-r));
        return 0;
}

int bus_message_new(const Cli *cli, const char *path, const char *interface, const char *member,
                    sd_bus_error *error, sd_bus_message **ret) {
        _cleanup_message_ sd_bus_message *message = NULL;
        int r;

        r = sd_bus_message_new_method_call(cli->bus, &message, HATAGO_SERVICE, path, interface, member);
        if (r < 0)
                return error_fill(error, r);
        r = sd_bus_message_set_allow_interactive_authorization(message, cli->interactive);
        if (r < 0)
                return error_fill(error, r);
        *ret = g_steal_pointer(&message);
        return 0;
}

int bus_call(const Cli *cli, sd_bus_message *message, sd_bus_error *error, sd_bus_message **ret_reply) {
        uint64_t timeout = cli->interactive ? CALL_TIMEOUT_INTERACTIVE : CALL_TIMEOUT;

        return error_fill(error, sd_bus_call(cli->bus, message, timeout, error, ret_reply));
}

int bus_call_method(const Cli *cli, const char *path, const char *interface, const char *member,
                    sd_bus_error *error, sd_bus_message **ret_reply, const char *types, ...) {
        _cleanup_message_ sd_bus_message *message = NULL;
        va_list arguments;
        int r;

        r = bus_message_new(cli, path, interface, member, error, &message);
        if (r < 0)
                return r;
        va_start(arguments, types);
        r = sd_bus_message_appendv(message, types, arguments);
        va_end(arguments);
        if (r < 0)
                return error_fill(error, r);
        return bus_call(cli, message, error, ret_reply);
}

int bus_get_all(const Cli *cli, const char *path, const char *interface, sd_bus_error *error,
                JsonObject **ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = bus_call_method(cli, path, PROPERTIES_INTERFACE, "GetAll", error, &reply, "s", interface);
        if (r < 0)
                return r;
        return error_fill(error, json_object_from_message(reply, ret));
}

int bus_get_objects(const Cli *cli, sd_bus_error *error, JsonObject **ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_autoptr(JsonNode) node = NULL;
        int r;

        r = bus_call_method(cli, HATAGO_PATH, OBJECT_MANAGER_INTERFACE, "GetManagedObjects", error, &reply,
                            "");
        if (r < 0)
                return r;
        r = json_from_message(reply, &node);
        if (r < 0)
                return error_fill(error, r);
        *ret = json_node_dup_object(node);
        return 0;
}

int bus_append_flags(sd_bus_message *message, const BusFlag *flags, size_t n_flags) {
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_flags; i++) {
                if (!flags[i].set)
                        continue;
                r = sd_bus_message_append(message, "{sv}", flags[i].name, "b", true);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(message);
}

int bus_call_flags(const Cli *cli, const char *path, const char *interface, const char *member,
                   const BusFlag *flags, size_t n_flags, sd_bus_error *error, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *message = NULL;
        int r;

        r = bus_message_new(cli, path, interface, member, error, &message);
        if (r < 0)
                return r;
        r = bus_append_flags(message, flags, n_flags);
        if (r < 0)
                return error_fill(error, r);
        return bus_call(cli, message, error, ret_reply);
}

static int on_manager_changed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        bool *changed = userdata;

        *changed = true;
        return 0;
}

static uint64_t now_monotonic(void) {
        return (uint64_t) g_get_monotonic_time();
}

/* Handles what arrives until the flag is set or the deadline has come (-ETIMEDOUT). */
static int wait_for_flag(sd_bus *bus, const bool *flag, uint64_t deadline) {
        while (!*flag) {
                uint64_t now = now_monotonic();
                int r;

                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                if (now >= deadline)
                        return -ETIMEDOUT;
                r = sd_bus_wait(bus, deadline - now);
                if (r < 0 && r != -EINTR)
                        return r;
        }
        return 0;
}

static int set_not_ready(sd_bus_error *error, JsonObject *manager) {
        /* It has its version from the connection, and Connected only from the first reading. */
        if (*json_string(manager, "LibvirtVersion"))
                return sd_bus_error_setf(
                                error, HATAGO_ERROR("NotReady"),
                                _("the agent has been reading the virtual machines for 10 s and has not "
                                  "finished"));
        if (*json_string(manager, "ConnectionError"))
                return sd_bus_error_setf(error, HATAGO_ERROR("HypervisorUnavailable"),
                                         _("the agent runs, but cannot reach libvirt: %s"),
                                         json_string(manager, "ConnectionError"));
        return sd_bus_error_setf(error, HATAGO_ERROR("HypervisorUnavailable"),
                                 _("the agent runs, but libvirt (%s) does not answer it"),
                                 json_string(manager, "LibvirtURI"));
}

static void warn_disconnected(const Cli *cli, JsonObject *manager) {
        g_autofree char *uri = terminal_text(cli->terminal, json_string(manager, "LibvirtURI"));

        fprintf(stderr, _("hatago: warning: libvirt (%s) does not answer; this is as last known.\n"), uri);
}

/* Of an agent that ended while it was asked, the next one is: nothing was changed. */
static int manager_get(const Cli *cli, sd_bus_error *error, JsonObject **ret) {
        int r = bus_get_all(cli, HATAGO_PATH, MANAGER_INTERFACE, error, ret);

        if (r >= 0 || !sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY))
                return r;

        sd_bus_error_free(error);
        return bus_get_all(cli, HATAGO_PATH, MANAGER_INTERFACE, error, ret);
}

int bus_wait_ready(const Cli *cli, sd_bus_error *error) {
        uint64_t begin = now_monotonic(), deadline = begin + READY_TIMEOUT;
        _cleanup_slot_ sd_bus_slot *slot = NULL;
        bool changed = false;
        int r;

        /* The match first, so that no change is missed; the bus handles both in order, so it need not be
         * awaited. */
        r = sd_bus_match_signal_async(cli->bus, &slot, HATAGO_SERVICE, HATAGO_PATH, PROPERTIES_INTERFACE,
                                      "PropertiesChanged", on_manager_changed, NULL, &changed);
        if (r < 0)
                return error_fill(error, r);

        for (;;) {
                g_autoptr(JsonObject) manager = NULL;

                changed = false;
                r = manager_get(cli, error, &manager);
                if (r < 0)
                        return r;
                if (json_flag(manager, "Ready")) {
                        if (!json_flag(manager, "Connected"))
                                warn_disconnected(cli, manager);
                        return 0;
                }
                if (*json_string(manager, "ConnectionError"))
                        deadline = MIN(deadline, begin + ABSENT_TIMEOUT);
                r = wait_for_flag(cli->bus, &changed, deadline);
                if (r == -ETIMEDOUT)
                        return set_not_ready(error, manager);
                if (r < 0)
                        return error_fill(error, r);
        }
}

const char *job_number(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}
