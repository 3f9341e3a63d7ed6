/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules of the kernel: loaded now, and at each boot by a drop-in. */
#include <sys/wait.h>
#include <unistd.h>

#include "checks/check.h"
#include "common/log.h"
#include "common/text.h"
#include "remedy.h"

#define MODPROBE "/usr/sbin/modprobe"

/* Nothing of our environment reaches it. Fails with what it says. */
static int run_modprobe(Fix *fix, const char *module, Failure *failure) {
        g_autofree char *program = g_build_filename(fix->root, MODPROBE, NULL), *said = NULL,
                        *printable = NULL;
        char *argv[] = { program, (char *) "--", (char *) module, NULL }, *envp[] = { NULL };
        g_autoptr(GError) error = NULL;
        int status;

        if (!g_spawn_sync("/", argv, envp, G_SPAWN_STDOUT_TO_DEV_NULL, /* child_setup= */ NULL,
                          /* user_data= */ NULL, /* standard_output= */ NULL, &said, &status, &error))
                return failure_set(failure, ERROR_FAILED, "Cannot run " MODPROBE ": %s", error->message);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;

        printable = text_printable(g_strstrip(said));
        return failure_set(failure, ERROR_FAILED, "modprobe failed for %s: %s", module, printable);
}

static bool is_loaded(Fix *fix, const char *module) {
        g_autofree char *path = g_build_filename(fix->root, "sys/module", module, NULL);
        return access(path, F_OK) >= 0;
}

static int load(Fix *fix, const Remedy *remedy, const char *module, Failure *failure) {
        g_autofree char *path = g_strdup_printf("/etc/modules-load.d/hatago-%s.conf", remedy->id);
        g_autofree char *lines = g_strconcat(module, "\n", NULL);
        int r;

        /* First what may fail and can be taken back. */
        r = drop_in_write(fix, remedy, path, lines, failure);
        if (r < 0 || is_loaded(fix, module))
                return r;

        r = fix_note(fix, "module", module, "absent", failure);
        if (r < 0)
                return r;

        remedy_say("Loading the module %s", module);
        return run_modprobe(fix, module, failure);
}

int module_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        /* A guest may be about to use it, and modprobe would take along what others had loaded. It does no
         * harm. */
        if (is_loaded(fix, target))
                log_notice("The module %s stays until the next boot", target);
        return 0;
}

int apply_module(Fix *fix, const Remedy *remedy, Failure *failure) {
        return load(fix, remedy, remedy->argument, failure);
}

/* Which one serves this processor is known to the check. */
int apply_kvm_module(Fix *fix, const Remedy *remedy, Failure *failure) {
        g_autoptr(Host) host = host_new(fix->root);
        g_auto(Verdict) verdict = { 0 };

        verdict_init(&verdict);
        judge_kvm_module(host, &verdict);
        if (verdict.result == CHECK_PASS)
                return 0;

        for (guint i = 0; verdict.fixable && i + 1 < verdict.arguments->len; i += 2)
                if (g_str_equal(verdict.arguments->pdata[i], "module"))
                        return load(fix, remedy, verdict.arguments->pdata[i + 1], failure);

        return failure_set(failure, ERROR_FAILED, "No module would make this processor fit for KVM (%s)",
                           verdict.reason);
}
