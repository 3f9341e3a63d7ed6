/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's daemons, and what starts and stops guests with the host. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "check.h"

#define NAMES_MAX 5U

/* One daemon: systemd listens for it, and starts it when somebody comes. */
typedef struct Daemon {
        const char *socket, *service;
} Daemon;

static const Daemon monolithic[] = { { "libvirtd.socket", "libvirtd.service" }, {} };
/* What guests need of the many. The first must be there; the others may be left out. */
static const Daemon modular[] = { { "virtqemud.socket", "virtqemud.service" },
                                  { "virtnetworkd.socket", "virtnetworkd.service" },
                                  { "virtstoraged.socket", "virtstoraged.service" },
                                  {} };

static bool is_installed(const HostUnit *unit) {
        return unit && !g_str_equal(unit->load, "not-found");
}

static bool is_loaded(const HostUnit *unit) {
        return unit && g_str_equal(unit->load, "loaded");
}

static bool is_active(const HostUnit *unit) {
        return unit && g_str_equal(unit->active, "active");
}

static bool is_masked(const HostUnit *unit) {
        return unit && g_str_equal(unit->load, "masked");
}

/* "enabled-runtime" ends with this boot. */
static bool is_enabled(const HostUnit *unit) {
        return unit && g_str_equal(unit->file, "enabled");
}

static bool either(Host *host, Verdict *verdict, const Daemon *daemon, bool (*has)(const HostUnit *unit)) {
        return has(host_unit(host, verdict, daemon->socket)) ||
               has(host_unit(host, verdict, daemon->service));
}

/* Which kind this host has, of both the one that is in use; NULL: neither. */
static const Daemon *find_daemons(Host *host, Verdict *verdict) {
        static bool (*const tests[])(const HostUnit *) = { is_active, is_enabled, is_installed };

        for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
                if (either(host, verdict, monolithic, tests[i]))
                        return monolithic;
                if (either(host, verdict, modular, tests[i]))
                        return modular;
        }
        return NULL;
}

char **libvirt_daemons(Host *host, Verdict *verdict) {
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();

        for (const Daemon *daemon = find_daemons(host, verdict); daemon && daemon->socket; daemon++) {
                g_autofree char *name =
                                g_strndup(daemon->socket, strlen(daemon->socket) - strlen(".socket"));

                if (either(host, verdict, daemon, is_installed))
                        g_strv_builder_add(names, name);
        }
        return g_strv_builder_end(names);
}

char **libvirt_sockets(const char *daemon) {
        static const char *const endings[] = { "", "-ro", "-admin" };
        char **sockets = g_new0(char *, G_N_ELEMENTS(endings) + 1);

        for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
                sockets[i] = g_strconcat(daemon, endings[i], ".socket", NULL);
        return sockets;
}

typedef enum DaemonState { DAEMON_OK, DAEMON_DISABLED, DAEMON_STOPPED, DAEMON_MASKED } DaemonState;

/* ret_unit: the unit that this is about. A daemon may also run on its own, with its socket masked: that is
 * how one is told to listen on the network. */
static DaemonState daemon_state(Host *host, Verdict *verdict, const Daemon *daemon, const char **ret_unit) {
        const HostUnit *socket = host_unit(host, verdict, daemon->socket);
        const HostUnit *service = host_unit(host, verdict, daemon->service);

        *ret_unit = daemon->service;
        if (is_masked(service))
                return DAEMON_MASKED;

        *ret_unit = is_installed(socket) ? daemon->socket : daemon->service;
        if (!is_active(socket) && !is_active(service))
                return is_masked(socket) ? DAEMON_MASKED : DAEMON_STOPPED;
        return is_enabled(socket) || is_enabled(service) ? DAEMON_OK : DAEMON_DISABLED;
}

static DaemonState worst_state(Host *host, Verdict *verdict, const Daemon *daemons, const char **ret_unit) {
        DaemonState worst = DAEMON_OK;

        *ret_unit = daemons->socket;
        for (const Daemon *daemon = daemons; daemon->socket; daemon++) {
                const char *unit;
                DaemonState state;

                if (!either(host, verdict, daemon, is_installed))
                        continue;
                state = daemon_state(host, verdict, daemon, &unit);
                if (state > worst) {
                        worst = state;
                        *ret_unit = unit;
                }
        }
        return worst;
}

/* The sockets of one daemon that the remedy changes: it enables them, and starts them where nothing of the
 * daemon runs. Returns false where it could not. */
static bool add_units(Host *host, Verdict *verdict, const char *daemon, GString *units) {
        g_auto(GStrv) sockets = libvirt_sockets(daemon);
        g_autofree char *service = g_strconcat(daemon, ".service", NULL);
        bool runs = is_active(host_unit(host, verdict, sockets[0])) ||
                    is_active(host_unit(host, verdict, service));

        if (!is_loaded(host_unit(host, verdict, sockets[0])))
                return false;

        for (char **socket = sockets; *socket; socket++) {
                const HostUnit *unit = host_unit(host, verdict, *socket);

                if (is_loaded(unit) && (!is_enabled(unit) || (!runs && !is_active(unit))))
                        g_string_append_printf(units, "%s%s", units->len > 0 ? ", " : "", *socket);
        }
        return true;
}

static bool is_fixable(Host *host, Verdict *verdict) {
        g_auto(GStrv) daemons = libvirt_daemons(host, verdict);
        g_autoptr(GString) units = g_string_new(NULL);

        for (char **daemon = daemons; *daemon; daemon++)
                if (!add_units(host, verdict, *daemon, units))
                        return false;

        verdict_add(verdict, "units", "%s", units->str);
        return units->len > 0;
}

void judge_libvirt_daemon(Host *host, Verdict *verdict) {
        static const struct {
                CheckResult result;
                const char *reason;
                bool fixable;
        } states[] = {
                [DAEMON_OK] = { CHECK_PASS, "", false },
                [DAEMON_DISABLED] = { CHECK_WARN, "disabled", true },
                [DAEMON_STOPPED] = { CHECK_FAIL, "stopped", true },
                [DAEMON_MASKED] = { CHECK_FAIL, "masked", false },
        };
        const Daemon *daemons;
        const char *unit;
        DaemonState state;

        if (!host_unit(host, verdict, monolithic->socket)) {
                verdict_set_unread(verdict, "systemd", ENOTCONN);
                return;
        }

        daemons = find_daemons(host, verdict);
        if (!daemons) {
                verdict_set(verdict, CHECK_FAIL, "missing", "%s", "");
                verdict_add(verdict, "package", "%s", qemu_package(host, verdict));
                return;
        }

        state = worst_state(host, verdict, daemons, &unit);
        verdict_set(verdict, states[state].result, states[state].reason, "%s", unit);
        if (state != DAEMON_OK)
                verdict_add(verdict, "unit", "%s", unit);
        verdict->fixable = states[state].fixable && is_fixable(host, verdict);
}

/* Whether libvirt-daemon has said already why nobody answers. */
static bool is_known_down(Host *host, Verdict *verdict) {
        const Daemon *daemons;
        const char *unit;

        if (!host_unit(host, verdict, monolithic->socket))
                return false;
        daemons = find_daemons(host, verdict);
        return !daemons || worst_state(host, verdict, daemons, &unit) >= DAEMON_STOPPED;
}

void judge_libvirt_connection(Host *host, Verdict *verdict) {
        const HostLibvirt *libvirt = host_libvirt(host, verdict);

        if (libvirt->connected)
                verdict_set(verdict, CHECK_PASS, "", "%s", "qemu:///system");
        else if (is_known_down(host, verdict))
                verdict_set(verdict, CHECK_SKIP, "no-daemon", "%s", "");
        else {
                verdict_set(verdict, CHECK_FAIL, "unreachable", "%s", "");
                verdict_add(verdict, "error", "%s", libvirt->error);
        }
}

/* Machines have units, as long as the agent is there. */
static bool have_units(Host *host, Verdict *verdict) {
        return host_exists(host, verdict, VM_UNIT_FILE) && host_agent(host, verdict)->running;
}

/* It must have been started to stop anything. */
void judge_libvirt_guests(Host *host, Verdict *verdict) {
        const HostUnit *unit = host_unit(host, verdict, "libvirt-guests.service");

        if (!unit)
                verdict_set_unread(verdict, "systemd", ENOTCONN);
        else if (!is_installed(unit))
                verdict_set(verdict, CHECK_SKIP, "missing", "%s", "");
        else if (is_enabled(unit) && is_active(unit))
                verdict_set(verdict, CHECK_PASS, "", "%s", unit->file);
        /* Each guest that runs has its unit running, which stops it with the host: with Mirror=no those that
         * others start have not. */
        else if (have_units(host, verdict) && host_agent(host, verdict)->mirrors)
                verdict_set(verdict, CHECK_PASS, "units", "%s %s", unit->file, unit->active);
        else
                verdict_set(verdict, CHECK_WARN, "off", "%s %s", unit->file, unit->active);
}

void judge_libvirt_autostart(Host *host, Verdict *verdict) {
        const HostLibvirt *libvirt = host_libvirt(host, verdict);
        g_autoptr(GString) names = g_string_new(NULL);

        if (!libvirt->connected) {
                verdict_set(verdict, CHECK_SKIP, "no-libvirt", "%s", "");
                return;
        }

        verdict_set(verdict, CHECK_PASS, "", "%u", libvirt->domains->len);
        if (libvirt->domains->len == 0)
                return;

        verdict_set(verdict, CHECK_PASS, have_units(host, verdict) ? "some-units" : "some", "%u",
                    libvirt->domains->len);

        for (guint i = 0; i < MIN(libvirt->domains->len, NAMES_MAX); i++) {
                const HostPart *domain = libvirt->domains->pdata[i];
                g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", domain->name);
        }
        if (libvirt->domains->len > NAMES_MAX)
                g_string_append(names, ", …");
        verdict_add(verdict, "count", "%u", libvirt->domains->len);
        verdict_add(verdict, "names", "%s", names->str);
}
