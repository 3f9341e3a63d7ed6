/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verb-table.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "domain-xml.h"
#include "start-failure.h"

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

int verb_check_persistent(const Machine *machine, Failure *failure) {
        if (machine->persistent)
                return 0;

        return failure_set(failure, ERROR_MACHINE_TRANSIENT,
                           "Machine \"%s\" has no definition; it vanishes when it is off.", machine->name);
}

static int check_persistent_active(const Machine *machine, Failure *failure) {
        int r = verb_check_persistent(machine, failure);

        return r < 0 ? r : check_active(machine, failure);
}

static int check_persistent_off(const Machine *machine, Failure *failure) {
        int r = verb_check_persistent(machine, failure);

        if (r < 0)
                return r;
        if (machine_is_active(machine))
                return failure_set(failure, ERROR_MACHINE_RUNNING,
                                   "Machine \"%s\" is running; shut it down or power it off first.",
                                   machine->name);

        return 0;
}

/*
 * The calls to libvirt
 */

static int run_start(virDomain *domain, const VerbOptions *options, Failure *failure) {
        return virDomainCreateWithFlags(
                        domain, (options->paused ? VIR_DOMAIN_START_PAUSED : 0) |
                                                (options->discard_save ? VIR_DOMAIN_START_FORCE_BOOT : 0));
}

static int run_shutdown(virDomain *domain, const VerbOptions *options, Failure *failure) {
        return virDomainShutdownFlags(domain, /* flags= */ 0);
}

static bool is_off(virDomain *domain) {
        int active = virDomainIsActive(domain);

        return active == 0 || (active < 0 && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN);
}

/* While libvirtd, begun anew, takes a machine over, this ends its process, and libvirt (as of 9.0) then says
 * that the machine is not running. */
static int run_power_off(virDomain *domain, const VerbOptions *options, Failure *failure) {
        bool invalid;

        if (virDomainDestroyFlags(domain, /* flags= */ 0) >= 0)
                return 0;

        invalid = virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID;
        (void) hypervisor_failure(failure);
        if (!invalid || !is_off(domain))
                return error_code_to_errno(failure->code);

        failure_done(failure);
        return 0;
}

static int run_reboot(virDomain *domain, const VerbOptions *options, Failure *failure) {
        return virDomainReboot(domain, /* flags= */ 0);
}

static int run_reset(virDomain *domain, const VerbOptions *options, Failure *failure) {
        return virDomainReset(domain, /* flags= */ 0);
}

static int run_suspend(virDomain *domain, const VerbOptions *options, Failure *failure) {
        return virDomainSuspend(domain);
}

static int run_resume(virDomain *domain, const VerbOptions *options, Failure *failure) {
        int state;

        if (virDomainGetState(domain, &state, NULL, /* flags= */ 0) >= 0 && state == VIR_DOMAIN_PMSUSPENDED)
                return virDomainPMWakeup(domain, /* flags= */ 0);

        return virDomainResume(domain);
}

static int run_undefine(virDomain *domain, const VerbOptions *options, Failure *failure) {
        unsigned flags = (options->managed_save ? VIR_DOMAIN_UNDEFINE_MANAGED_SAVE : 0) |
                         (options->snapshots_metadata ? VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA : 0) |
                         (options->nvram ? VIR_DOMAIN_UNDEFINE_NVRAM : 0);

        /* libvirt would make a running machine transient instead: it may have been started since it was
         * checked. */
        if (virDomainIsActive(domain) > 0)
                return failure_set(failure, ERROR_MACHINE_RUNNING, "Machine \"%s\" is running.",
                                   virDomainGetName(domain));

        /* A driver without such state knows no flags. */
        return flags != 0 ? virDomainUndefineFlags(domain, flags) : virDomainUndefine(domain);
}

static int run_save(virDomain *domain, const VerbOptions *options, Failure *failure) {
        return virDomainManagedSave(
                        domain, (options->paused ? VIR_DOMAIN_SAVE_PAUSED : 0) |
                                                (options->running ? VIR_DOMAIN_SAVE_RUNNING : 0) |
                                                (options->bypass_cache ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0));
}

static int run_discard_save(virDomain *domain, const VerbOptions *options, Failure *failure) {
        int has = virDomainHasManagedSaveImage(domain, /* flags= */ 0);

        if (has == 0)
                return failure_set(failure, ERROR_NO_MANAGED_SAVE, "Machine \"%s\" has no saved state.",
                                   virDomainGetName(domain));

        return has < 0 ? -1 : virDomainManagedSaveRemove(domain, /* flags= */ 0);
}

/* libvirt refuses these too, but with an error that has no number of its own, or with none at all: a name
 * that is the UUID of another machine would be found no more. */
static int check_name_free(virDomain *domain, const char *name, Failure *failure) {
        virConnect *connection = virDomainGetConnect(domain);
        g_autoptr(virDomain) named = virDomainLookupByName(connection, name), identified = NULL;

        identified = g_uuid_string_is_valid(name) ? virDomainLookupByUUIDString(connection, name) : NULL;
        if (!named && !identified)
                return 0;

        return failure_set(failure, ERROR_MACHINE_EXISTS,
                           named ? "There is a machine \"%s\" already." : "\"%s\" is the UUID of a machine.",
                           name);
}

static int run_rename(virDomain *domain, const VerbOptions *options, Failure *failure) {
        int r = check_name_free(domain, options->name, failure);

        if (r < 0)
                return r;
        /* Not every driver looks. */
        if (virDomainHasManagedSaveImage(domain, /* flags= */ 0) > 0)
                return failure_set(failure, ERROR_MACHINE_HAS_STATE,
                                   "Machine \"%s\" has a managed save; restore it, or discard it.",
                                   virDomainGetName(domain));

        return virDomainRename(domain, options->name, /* flags= */ 0);
}

/*
 * What libvirt's "invalid operation" was about
 */

static ErrorCode blame_active(virDomain *domain) {
        return virDomainIsActive(domain) > 0 ? ERROR_MACHINE_RUNNING : ERROR_NONE;
}

static void explain_start(virDomain *domain, Failure *failure) {
        if (start_failure_read(failure))
                return;

        if (failure->code == ERROR_FAILED || failure->code == ERROR_RESOURCE_MISSING)
                start_failure_ask(domain, failure);
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

static ErrorCode blame_transient(virDomain *domain) {
        return virDomainIsPersistent(domain) == 0 ? ERROR_MACHINE_TRANSIENT : ERROR_NONE;
}

static ErrorCode blame_transient_or_off(virDomain *domain) {
        ErrorCode code = blame_transient(domain);

        return code != ERROR_NONE ? code : blame_off(domain);
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

/*
 * The table
 */

static int validate_save(const VerbOptions *options, Failure *failure) {
        if (!options->paused || !options->running)
                return 0;

        return failure_set(failure, ERROR_INVALID_ARGUMENT,
                           "A machine is restored either paused or running, not both.");
}

static int validate_name(const VerbOptions *options, Failure *failure) {
        return machine_name_check(options->name, ERROR_INVALID_NAME, failure);
}

static VerbOutcome outcome_start(const Machine *machine) {
        if (machine && g_str_equal(machine_unit_state(machine), "activating"))
                return VERB_GOES_ON;
        if (!machine || !machine_is_active(machine))
                return VERB_UNKNOWN; /* it may never have begun, or have ended again */

        return machine->state == VIR_DOMAIN_PAUSED && machine->reason == VIR_DOMAIN_PAUSED_STARTING_UP
                               ? VERB_GOES_ON
                               : VERB_DONE;
}

/* Off is what it was to be; as long as it is not, the guest may still do as it was asked. */
static VerbOutcome outcome_shutdown(const Machine *machine) {
        return VERB_DONE;
}

static VerbOutcome outcome_save(const Machine *machine) {
        return machine && !machine_is_active(machine) && machine->managed_save ? VERB_DONE : VERB_UNKNOWN;
}

static const Option start_options[] = {
        { "paused", OPTION_BOOL, offsetof(VerbOptions, paused) },
        { "discard-save", OPTION_BOOL, offsetof(VerbOptions, discard_save) },
        {},
};

static const Option shutdown_options[] = {
        { "timeout", OPTION_UINT64, offsetof(VerbOptions, timeout), SHUTDOWN_TIMEOUT_MIN,
          SHUTDOWN_TIMEOUT_MAX },
        {},
};

static const Option save_options[] = {
        { "paused", OPTION_BOOL, offsetof(VerbOptions, paused) },
        { "running", OPTION_BOOL, offsetof(VerbOptions, running) },
        { "bypass-cache", OPTION_BOOL, offsetof(VerbOptions, bypass_cache) },
        {},
};

static const Option undefine_options[] = {
        { "managed-save", OPTION_BOOL, offsetof(VerbOptions, managed_save) },
        { "snapshots-metadata", OPTION_BOOL, offsetof(VerbOptions, snapshots_metadata) },
        { "nvram", OPTION_BOOL, offsetof(VerbOptions, nvram) },
        {},
};

static const Option rename_arguments[] = {
        { "name", OPTION_STRING, offsetof(VerbOptions, name) },
        {},
};

static const Verb verb_table[] = {
        {
                        .member = "Start",
                        .name = "start",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_PATH,
                        .options = start_options,
                        .check = check_off,
                        .run = run_start,
                        .blame = blame_active,
                        .explain = explain_start,
                        .starts = true,
                        .outcome = outcome_start,
        },
        {
                        .member = "Shutdown",
                        .name = "shutdown",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_PATH,
                        .options = shutdown_options,
                        .check = check_answers,
                        .run = run_shutdown,
                        .blame = blame_off,
                        .outcome = outcome_shutdown,
                        .until_off = true,
        },
        {
                        .member = "PowerOff",
                        .name = "poweroff",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_CONTROL,
                        .answer = JOB_ANSWER_PATH,
                        .check = check_active,
                        .run = run_power_off,
        },
        {
                        .member = "Save",
                        .name = "save",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_PATH,
                        .options = save_options,
                        .validate = validate_save,
                        .check = check_persistent_active,
                        .run = run_save,
                        .blame = blame_transient_or_off,
                        .outcome = outcome_save,
                        .reads = FACTS_ALL,
                        .libvirt_job = true,
        },
        {
                        .member = "DiscardSave",
                        .name = "discard-save",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .check = verb_check_persistent,
                        .run = run_discard_save,
                        .blame = blame_transient,
                        .reads = FACTS_ALL,
        },
        {
                        .member = "Reboot",
                        .name = "reboot",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .check = check_answers,
                        .run = run_reboot,
                        .blame = blame_off,
        },
        {
                        .member = "Reset",
                        .name = "reset",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .check = check_active,
                        .run = run_reset,
                        .blame = blame_off,
        },
        {
                        .member = "Suspend",
                        .name = "suspend",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .check = check_active,
                        .run = run_suspend,
                        .blame = blame_off,
        },
        {
                        .member = "Resume",
                        .name = "resume",
                        .action = ACTION_MACHINE_CONTROL,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .check = check_paused,
                        .run = run_resume,
                        .blame = blame_not_paused,
        },
        {
                        .member = "Rename",
                        .name = "rename",
                        .action = ACTION_MACHINE_CONFIGURE,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .arguments = rename_arguments,
                        .validate = validate_name,
                        .check = check_persistent_off,
                        .run = run_rename,
                        .blame = blame_state_kept,
                        .reads = FACTS_ALL,
        },
        {
                        .member = "Undefine",
                        .name = "undefine",
                        .action = ACTION_MACHINE_DELETE,
                        .lane = LANE_ORDINARY,
                        .answer = JOB_ANSWER_EMPTY,
                        .options = undefine_options,
                        .check = check_persistent_off,
                        .run = run_undefine,
                        .blame = blame_state_kept,
        },
};

const Verb *verb_find_by_name(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(verb_table); i++)
                if (g_str_equal(verb_table[i].name, name))
                        return &verb_table[i];

        return NULL;
}

const Verb *verb_find(const char *member) {
        for (size_t i = 0; i < G_N_ELEMENTS(verb_table); i++)
                if (g_str_equal(verb_table[i].member, member))
                        return &verb_table[i];

        return NULL;
}

void verb_options_done(VerbOptions *options) {
        g_clear_pointer(&options->name, g_free);
}
