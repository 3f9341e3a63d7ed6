/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "console.h"

#include <unistd.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/options.h"

typedef struct ConsoleMethod {
        const char *member, *verb;
        const Option *options;
        bool record; /* in the journal: it gives more than a look */
        int (*read)(ConsoleCall *cc, sd_bus_message *message, Failure *failure); /* what precedes the options
                                                                                  */
        void (*begin)(ConsoleCall *cc);                                          /* once it may */
        int (*run)(ConsoleCall *cc, virDomain *domain, Failure *failure);
        void (*reply)(ConsoleCall *cc);
} ConsoleMethod;

static void console_call_free(void *data) {
        ConsoleCall *cc = data;

        if (cc->counted)
                user_count_give_back(cc->machines->console_calls, cc->uid);
        if (cc->keys)
                g_array_unref(cc->keys);
        if (cc->fd >= 0)
                close(cc->fd);
        free(cc->type);
        g_free(cc->device);
        g_free(cc);
}

/*
 * OpenDisplay, Screenshot, SendKeys: one call to libvirt
 */

static int console_run(void *data, virConnect *connection, Failure *failure) {
        ConsoleCall *cc = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, cc->uuid);

        return domain ? cc->method->run(cc, domain, failure) : hypervisor_failure(failure);
}

static void console_done(void *data, int result, Failure *failure) {
        ConsoleCall *cc = data;

        if (result < 0)
                call_fail(cc->call, failure);
        else
                cc->method->reply(cc);
}

static void console_begin(ConsoleCall *cc) {
        g_auto(Failure) failure = { 0 };
        Request request = {
                .lane = LANE_ORDINARY,
                .key = cc->uuid,
                .run = console_run,
                .done = console_done,
                .data = cc,
        };

        if (hypervisor_submit(cc->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure) <
            0)
                call_fail(cc->call, &failure);
}

static void reply_display(ConsoleCall *cc) {
        call_reply(cc->call, "h", cc->fd);
}

static void reply_screenshot(ConsoleCall *cc) {
        call_reply(cc->call, "hs", cc->fd, cc->type);
}

static void reply_nothing(ConsoleCall *cc) {
        call_reply(cc->call, NULL);
}

/*
 * OpenSerial: a stream, which outlives the call
 */

typedef struct Serial {
        ConsoleCall *cc; /* until it is open */
        Machines *machines;
        uid_t uid;
} Serial;

static int serial_open(void *data, virConnect *connection, virStream *stream, Failure *failure) {
        Serial *serial = data;
        const ConsoleCall *cc = serial->cc;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, cc->uuid);

        return domain ? console_run_serial(domain, cc->device, cc->force, stream, failure)
                      : hypervisor_failure(failure);
}

static void serial_opened(void *data, int result, int fd, Failure *failure) {
        Serial *serial = data;
        ConsoleCall *cc = g_steal_pointer(&serial->cc);

        if (result < 0) {
                call_fail(cc->call, failure);
                return;
        }

        /* Who has left the bus does not get it: it is closed, and that ends the stream. */
        cc->fd = fd;
        call_reply(cc->call, "h", fd);
}

static void serial_ended(void *data) {
        g_autofree Serial *serial = data;
        user_count_give_back(serial->machines->consoles, serial->uid);
}

static void serial_begin(ConsoleCall *cc) {
        Machines *machines = cc->machines;
        g_auto(Failure) failure = { 0 };
        Serial *serial;
        int r;

        if (!user_count_take(machines->consoles, cc->uid)) {
                (void) failure_set(&failure, ERROR_LIMITS_EXCEEDED,
                                   "User %u has %u serial consoles open already.", (unsigned) cc->uid,
                                   CONSOLES_PER_USER_MAX);
                call_fail(cc->call, &failure);
                return;
        }

        serial = g_new(Serial, 1);
        *serial = (Serial){ .cc = cc, .machines = machines, .uid = cc->uid };
        r = hypervisor_open_stream(machines->services->hypervisor,
                                   &(StreamRequest){ .open = serial_open,
                                                     .opened = serial_opened,
                                                     .ended = serial_ended,
                                                     .data = serial },
                                   &failure);
        if (r < 0) {
                serial_ended(serial);
                call_fail(cc->call, &failure);
        }
}

/*
 * The common way
 */

int console_check(const Machine *machine, Failure *failure) {
        if (machine_is_active(machine))
                return 0;

        return failure_set(failure, ERROR_MACHINE_NOT_RUNNING, "Machine \"%s\" is not running.",
                           machine->name);
}

static void console_on_authorized(Call *call, void *arguments) {
        ConsoleCall *cc = arguments;
        g_auto(Failure) failure = { 0 };
        Machine *machine;
        int r;

        r = machines_find_authorized(cc->machines, cc->uuid, call, &machine, &failure);
        if (r >= 0)
                r = console_check(machine, &failure);
        if (r >= 0 && cc->skip_auth && !cc->secrets_allowed) {
                /* Who passes by the password gets what it protects. */
                cc->secrets_allowed = true;
                r = call_authorize(call, ACTION_MACHINE_SECRETS, console_on_authorized, &failure);
                if (r >= 0)
                        return;
        }
        if (r >= 0) {
                cc->call = call;
                cc->uid = call_caller(call)->uid;
                cc->counted = user_count_take(cc->machines->console_calls, cc->uid);
                if (!cc->counted)
                        r = failure_set(&failure, ERROR_LIMITS_EXCEEDED,
                                        "%u such calls of user %u are under way already.",
                                        CONSOLE_CALLS_PER_USER_MAX, (unsigned) cc->uid);
        }

        if (r < 0)
                call_fail(call, &failure);
        else
                cc->method->begin(cc);
}

static int read_nothing(ConsoleCall *cc, sd_bus_message *message, Failure *failure) {
        return 0;
}

static int read_index(ConsoleCall *cc, sd_bus_message *message, Failure *failure) {
        static const Option index[] = {
                { "index", OPTION_UINT32, offsetof(ConsoleCall, index), 0, INT32_MAX },
                {},
        };

        return arguments_read(message, index, cc, failure);
}

static int chord_check(const uint32_t *codes, size_t n, Failure *failure) {
        if (n == 0 || n > VIR_DOMAIN_SEND_KEY_MAX_KEYS)
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "%zu keys are pressed together, not 1 to %d.", n,
                                   VIR_DOMAIN_SEND_KEY_MAX_KEYS);
        for (size_t i = 0; i < n; i++)
                if (codes[i] == 0 || codes[i] > UINT16_MAX)
                        return failure_set(failure, ERROR_INVALID_ARGUMENT, "There is no key %u.", codes[i]);

        return 0;
}

static int read_keys(ConsoleCall *cc, sd_bus_message *message, Failure *failure) {
        const void *codes;
        size_t size, total = 0;
        int r;

        cc->keys = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(uint32_t));
        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "au");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_at_end(message, /* complete= */ false)) == 0) {
                r = sd_bus_message_read_array(message, SD_BUS_TYPE_UINT32, &codes, &size);
                if (r < 0)
                        return r;

                uint32_t n = (uint32_t) (size / sizeof(uint32_t));
                r = chord_check(codes, n, failure);
                if (r < 0)
                        return r;

                total += n;
                if (total > SEND_KEYS_MAX)
                        return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                           "There are more than %u keys at once.", SEND_KEYS_MAX);
                g_array_append_val(cc->keys, n);
                g_array_append_vals(cc->keys, codes, n);
        }
        if (r < 0)
                return r;
        if (total == 0)
                return failure_set(failure, ERROR_INVALID_ARGUMENT, "There are no keys to press.");

        return sd_bus_message_exit_container(message);
}

static const Option serial_options[] = {
        { "device", OPTION_STRING, offsetof(ConsoleCall, device), .maximum = 255 },
        { "force", OPTION_BOOL, offsetof(ConsoleCall, force) },
        {},
};

static const Option display_options[] = {
        { "skip-auth", OPTION_BOOL, offsetof(ConsoleCall, skip_auth) },
        {},
};

static const Option screenshot_options[] = {
        { "screen", OPTION_UINT32, offsetof(ConsoleCall, screen), 0, INT32_MAX },
        {},
};

static const Option send_keys_options[] = {
        { "holdtime", OPTION_UINT64, offsetof(ConsoleCall, hold_time), 1 * G_TIME_SPAN_MILLISECOND,
          10 * G_TIME_SPAN_SECOND },
        {},
};

static const ConsoleMethod methods[] = {
        { "OpenSerial", "open-serial", serial_options, true, read_nothing, serial_begin },
        { "OpenDisplay", "open-display", display_options, true, read_index, console_begin,
          console_run_display, reply_display },
        { "Screenshot", "screenshot", screenshot_options, false, read_nothing, console_begin,
          console_run_screenshot, reply_screenshot },
        { "SendKeys", "send-keys", send_keys_options, true, read_keys, console_begin, console_run_send_keys,
          reply_nothing },
};

static const ConsoleMethod *method_find(const char *member) {
        for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
                if (g_str_equal(methods[i].member, member))
                        return &methods[i];

        g_assert_not_reached();
}

int console_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure) {
        ConsoleCall *cc = g_new(ConsoleCall, 1);
        CallInfo info;
        int r;

        *cc = (ConsoleCall){
                .machines = machines,
                .method = method_find(sd_bus_message_get_member(message)),
                .fd = -EBADF,
        };
        g_strlcpy(cc->uuid, machine->uuid, sizeof(cc->uuid));

        info = (CallInfo){
                .verb = cc->method->verb,
                .action = ACTION_MACHINE_CONSOLE,
                .object = machine->path,
                .name = machine->name,
                .uuid = machine->uuid,
                .record = cc->method->record,
                .authorized = console_on_authorized,
                .arguments = cc,
                .arguments_free = console_call_free,
        };
        r = cc->method->read(cc, message, failure);
        if (r >= 0)
                r = options_read(message, cc->method->options, cc, failure);
        if (r >= 0)
                r = call_begin(machines->services, message, &info, failure);
        if (r < 0)
                console_call_free(cc);
        return r;
}
