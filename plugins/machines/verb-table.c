/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verb-table.h"

#include <errno.h>
#include <string.h>

#include "common/names.h"

/*
 * Whether the machine can do it now
 */

static int check_off(const Machine *machine, Failure *failure) {
        if (!machine_is_active(machine))
                return 0;
        if (machine->state == VIR_DOMAIN_PAUSED)
                return failure_set(failure, ERROR_MACHINE_PAUSED, "Machine \"%s\" is paused; resume it.",
                                   machine->name);

        return failure_set(failure, ERROR_MACHINE_RUNNING, "Machine \"%s\" is running already.",
                           machine->name);
}

static int check_active(const Machine *machine, Failure *failure) {
        if (machine_is_active(machine))
                return 0;

        return failure_set(failure, ERROR_MACHINE_NOT_RUNNING, "Machine \"%s\" is not running.",
                           machine->name);
}

static int check_answers(const Machine *machine, Failure *failure) {
        if (machine->state == VIR_DOMAIN_PAUSED)
                return failure_set(
                                failure, ERROR_MACHINE_PAUSED,
                                "Machine \"%s\" is paused, its guest cannot answer; resume it or power it off.",
                                machine->name);

        return check_active(machine, failure);
}

static int check_paused(const Machine *machine, Failure *failure) {
        if (!machine_is_active(machine))
                return check_active(machine, failure);
        if (machine->state == VIR_DOMAIN_PAUSED || machine->state == VIR_DOMAIN_PMSUSPENDED)
                return 0;

        return failure_set(failure, ERROR_MACHINE_NOT_PAUSED, "Machine \"%s\" is not paused.",
                           machine->name);
}

static int check_undefine(const Machine *machine, Failure *failure) {
        if (!machine->persistent)
                return failure_set(failure, ERROR_MACHINE_TRANSIENT,
                                   "Machine \"%s\" has no definition; it vanishes when it is off.",
                                   machine->name);
        if (machine_is_active(machine))
                return failure_set(failure, ERROR_MACHINE_RUNNING,
                                   "Machine \"%s\" is running; shut it down or power it off first.",
                                   machine->name);

        return 0;
}

/*
 * The calls to libvirt
 */

static int run_start(virDomain *domain, const VerbOptions *options) {
        return virDomainCreateWithFlags(domain, options->paused ? VIR_DOMAIN_START_PAUSED : 0);
}

static int run_shutdown(virDomain *domain, const VerbOptions *options) {
        return virDomainShutdownFlags(domain, /* flags= */ 0);
}

static int run_power_off(virDomain *domain, const VerbOptions *options) {
        return virDomainDestroyFlags(domain, /* flags= */ 0);
}

static int run_reboot(virDomain *domain, const VerbOptions *options) {
        return virDomainReboot(domain, /* flags= */ 0);
}

static int run_reset(virDomain *domain, const VerbOptions *options) {
        return virDomainReset(domain, /* flags= */ 0);
}

static int run_suspend(virDomain *domain, const VerbOptions *options) {
        return virDomainSuspend(domain);
}

static int run_resume(virDomain *domain, const VerbOptions *options) {
        int state;

        if (virDomainGetState(domain, &state, NULL, /* flags= */ 0) >= 0 && state == VIR_DOMAIN_PMSUSPENDED)
                return virDomainPMWakeup(domain, /* flags= */ 0);

        return virDomainResume(domain);
}

static int run_undefine(virDomain *domain, const VerbOptions *options) {
        unsigned flags = (options->managed_save ? VIR_DOMAIN_UNDEFINE_MANAGED_SAVE : 0) |
                         (options->snapshots_metadata ? VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA : 0) |
                         (options->nvram ? VIR_DOMAIN_UNDEFINE_NVRAM : 0);

        /* libvirt would make a running machine transient instead: it may have been started since it was
         * checked. */
        if (virDomainIsActive(domain) > 0)
                return -EBUSY;

        /* A driver without such state knows no flags. */
        return flags != 0 ? virDomainUndefineFlags(domain, flags) : virDomainUndefine(domain);
}

/*
 * What libvirt's "invalid operation" was about
 */

static ErrorCode blame_active(virDomain *domain) {
        return virDomainIsActive(domain) > 0 ? ERROR_MACHINE_RUNNING : ERROR_NONE;
}

static ErrorCode blame_off(virDomain *domain) {
        return virDomainIsActive(domain) == 0 ? ERROR_MACHINE_NOT_RUNNING : ERROR_NONE;
}

static ErrorCode blame_not_paused(virDomain *domain) {
        int state;

        if (blame_off(domain) != ERROR_NONE)
                return ERROR_MACHINE_NOT_RUNNING;
        if (virDomainGetState(domain, &state, NULL, /* flags= */ 0) < 0)
                return ERROR_NONE;

        return state == VIR_DOMAIN_PAUSED || state == VIR_DOMAIN_PMSUSPENDED ? ERROR_NONE
                                                                             : ERROR_MACHINE_NOT_PAUSED;
}

static bool domain_has_nvram(virDomain *domain) {
        char *xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
        bool has = xml && strstr(xml, "<nvram");

        free(xml);
        return has;
}

static ErrorCode blame_state_kept(virDomain *domain) {
        if (blame_active(domain) != ERROR_NONE)
                return ERROR_MACHINE_RUNNING;

        return virDomainHasManagedSaveImage(domain, /* flags= */ 0) > 0 ||
                                               virDomainSnapshotNum(domain, /* flags= */ 0) > 0 ||
                                               domain_has_nvram(domain)
                               ? ERROR_MACHINE_HAS_STATE
                               : ERROR_NONE;
}

static const Option start_options[] = {
        { "paused", OPTION_BOOL, offsetof(VerbOptions, paused) },
        {},
};

static const Option shutdown_options[] = {
        { "timeout", OPTION_UINT64, offsetof(VerbOptions, timeout), SHUTDOWN_TIMEOUT_MIN,
          SHUTDOWN_TIMEOUT_MAX },
        {},
};

static const Option undefine_options[] = {
        { "managed-save", OPTION_BOOL, offsetof(VerbOptions, managed_save) },
        { "snapshots-metadata", OPTION_BOOL, offsetof(VerbOptions, snapshots_metadata) },
        { "nvram", OPTION_BOOL, offsetof(VerbOptions, nvram) },
        {},
};

static const Verb verb_table[] = {
        { "Start", "start", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_PATH, start_options, check_off,
          run_start, blame_active },
        { "Shutdown", "shutdown", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_PATH, shutdown_options,
          check_answers, run_shutdown, blame_off, .until_off = true },
        { "PowerOff", "poweroff", ACTION_MACHINE_CONTROL, LANE_CONTROL, JOB_ANSWER_PATH, NULL, check_active,
          run_power_off, blame_off },
        { "Reboot", "reboot", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_answers,
          run_reboot, blame_off },
        { "Reset", "reset", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_active,
          run_reset, blame_off },
        { "Suspend", "suspend", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_active,
          run_suspend, blame_off },
        { "Resume", "resume", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_paused,
          run_resume, blame_not_paused },
        { "Undefine", "undefine", ACTION_MACHINE_DELETE, LANE_ORDINARY, JOB_ANSWER_EMPTY, undefine_options,
          check_undefine, run_undefine, blame_state_kept },
};

const Verb *verb_find(const char *member) {
        for (size_t i = 0; i < G_N_ELEMENTS(verb_table); i++)
                if (g_str_equal(verb_table[i].member, member))
                        return &verb_table[i];

        return NULL;
}
