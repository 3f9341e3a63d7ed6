/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs.h"

#include "list-columns.h"
#include "terminal.h"
#include "text.h"

#define ACTION(name) "org.hatago.Host1." name

const Verb verb_table[] = {
        { "list", 0, VERB_ANY, VERB_READY | VERB_PAGER, verb_list, NULL, N_("[PATTERN…]"),
          N_("list virtual machines"), N_("cannot list the virtual machines"), columns_print_help },
        { "status", 0, VERB_ANY, VERB_PAGER, verb_status, NULL, N_("[NAME…]"),
          N_("show machines, or the host, in short"), N_("cannot show '{name}'") },
        { "show", 0, VERB_ANY, VERB_READY | VERB_PAGER, verb_show, NULL, N_("[NAME…]"),
          N_("show all properties of machines, or of the agent"), N_("cannot show '{name}'") },
        { "start", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"), N_("NAME…"),
          N_("start machines"), N_("cannot start '{name}'") },
        { "shutdown", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"),
          N_("NAME…"), N_("ask guests to shut down, and wait until they have"),
          N_("cannot shut down '{name}'") },
        { "poweroff", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"),
          N_("NAME…"), N_("turn machines off hard, as by pulling the plug"),
          N_("cannot turn off '{name}'") },
        { "reboot", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"),
          N_("NAME…"), N_("ask guests to reboot"), N_("cannot reboot '{name}'") },
        { "reset", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"), N_("NAME…"),
          N_("reset machines hard, as by the reset button"), N_("cannot reset '{name}'") },
        { "suspend", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"),
          N_("NAME…"), N_("stop the processors of machines"), N_("cannot suspend '{name}'") },
        { "resume", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"),
          N_("NAME…"), N_("let the processors of machines run again"), N_("cannot resume '{name}'") },
        { "save", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_power, ACTION("machine-control"), N_("NAME…"),
          N_("save the memory of machines and turn them off; 'start' goes on"), N_("cannot save '{name}'") },
        { "rename", 2, 2, VERB_READY | VERB_CHANGE, verb_rename, ACTION("machine-configure"), N_("NAME NEW"),
          N_("give a machine another name"), N_("cannot rename '{name}'") },
        { "autostart", 0, 2, VERB_READY, verb_autostart, ACTION("machine-configure"), N_("[NAME [yes|no]]"),
          N_("show or set what the boot of the host starts, and in which order"),
          N_("cannot set the autostart of '{name}'") },
        { "edit", 1, 1, VERB_READY, verb_edit, ACTION("machine-configure"), N_("NAME"),
          N_("edit a machine's libvirt XML"), N_("cannot edit '{name}'") },
        { "define", 1, 1, VERB_READY | VERB_CHANGE, verb_define, ACTION("machine-define"), N_("FILE|-"),
          N_("define a machine from libvirt XML"), N_("cannot define a machine from '{name}'") },
        { "undefine", 1, VERB_ANY, VERB_READY | VERB_CHANGE, verb_undefine, ACTION("machine-delete"),
          N_("NAME…"), N_("remove the definitions of machines; their disks stay"),
          N_("cannot undefine '{name}'") },
        { "xml", 1, 1, VERB_READY | VERB_CHANGE, verb_xml, ACTION("machine-view"), N_("NAME"),
          N_("print a machine's libvirt XML"), N_("cannot read the XML of '{name}'") },
        { "screenshot", 2, 2, VERB_READY | VERB_CHANGE, verb_screenshot, ACTION("machine-console"),
          N_("NAME FILE|-"), N_("take a picture of a machine's screen, as PNG"),
          N_("cannot take a picture of '{name}'") },
        { "send-keys", 2, VERB_ANY, VERB_READY | VERB_CHANGE, verb_send_keys, ACTION("machine-console"),
          N_("NAME CHORD…"), N_("press keys of a machine, such as ctrl-alt-del"),
          N_("cannot send keys to '{name}'"), verb_send_keys_print_help },
        { "stats", 0, VERB_ANY, VERB_READY, verb_stats, NULL, N_("[NAME…]"),
          N_("show how busy the machines are that run"), N_("cannot show the statistics of '{name}'") },
        { "console", 1, 1, VERB_READY | VERB_CHANGE, verb_console, ACTION("machine-console"), N_("NAME"),
          N_("use a machine's serial console; ^] leaves it"), N_("cannot open the console of '{name}'") },
        { "view", 1, 1, VERB_READY | VERB_CHANGE, verb_view, ACTION("machine-console"), N_("NAME"),
          N_("show a machine's display in a window"), N_("cannot show '{name}'") },
        { "monitor", 0, VERB_ANY, VERB_READY, verb_monitor, NULL, N_("[PATTERN…]"),
          N_("print every change as it happens"), N_("cannot follow the changes") },
        { "job list", 0, 0, VERB_PAGER, verb_job_list, NULL, "", N_("list the jobs under way"),
          N_("cannot list the jobs") },
        { "job watch", 0, VERB_ANY, 0, verb_job_watch, NULL, N_("[ID…]"),
          N_("wait for jobs, or for all that are under way"), N_("job {name}") },
        { "job cancel", 1, VERB_ANY, VERB_CHANGE, verb_job_cancel, ACTION("machine-control"), N_("ID…"),
          N_("cancel jobs"), N_("cannot cancel job {name}") },
        { "host", 0, 0, VERB_PAGER, verb_host, NULL, "", N_("show this host at a glance"),
          N_("cannot show the host") },
        { "validate", 0, 1, VERB_PAGER | VERB_LOCAL | VERB_VERDICT, verb_validate, NULL, N_("[GROUP|CHECK]"),
          N_("judge whether this host is fit for virtual machines"), N_("cannot judge the host") },
        { "fix", 0, VERB_ANY, VERB_CHANGE, verb_fix, ACTION("host-fix"), N_("[CHECK…]"),
          N_("mend what 'validate' finds wrong, or show how"), N_("cannot fix '{name}'") },
        { "setup", 0, 0, VERB_CHANGE, verb_setup, ACTION("host-fix"), "",
          N_("make this host ready for virtual machines, step by step"), N_("cannot set the host up") },
        { "__words", 1, 1, VERB_HIDDEN | VERB_LOCAL, verb_complete_words, NULL, "", "", "" },
        { "__names", 0, VERB_ANY, VERB_HIDDEN, verb_complete_names, NULL, "", "",
          N_("cannot list the virtual machines") },
        {},
};

const Verb *verb_find(char **words, unsigned n_words, unsigned *ret_taken) {
        g_autofree char *pair = n_words > 1 ? g_strdup_printf("%s %s", words[0], words[1]) : NULL;

        for (size_t i = 0; verb_table[i].name; i++) {
                bool two = strchr(verb_table[i].name, ' ') != NULL;

                if (two ? !pair || strcmp(verb_table[i].name, pair) != 0
                        : strcmp(verb_table[i].name, words[0]) != 0)
                        continue;
                *ret_taken = two ? 2 : 1;
                return &verb_table[i];
        }
        return NULL;
}

Cli verb_assume(const Cli *cli, const char *name) {
        char *words[] = { (char *) name };
        Cli other = *cli;
        unsigned taken;

        other.verb = verb_find(words, G_N_ELEMENTS(words), &taken);
        return other;
}

/* What other tools call it. */
static const char *const aliases[][2] = {
        { "cancel", "job cancel" },
        { "create", "define" },
        { "delete", "undefine" },
        { "check", "validate" },
        { "virt-host-validate", "validate" },
        { "nodeinfo", "host" },
        { "install", "setup" },
        { "repair", "fix" },
        { "destroy", "poweroff" },
        { "dominfo", "status" },
        { "domstate", "status" },
        { "domrename", "rename" },
        { "domstats", "stats" },
        { "dumpxml", "xml" },
        { "info", "status" },
        { "hibernate", "save" },
        { "jobs", "job list" },
        { "kill", "poweroff" },
        { "ls", "list" },
        { "managedsave", "save" },
        { "send-key", "send-keys" },
        { "pause", "suspend" },
        { "remove", "undefine" },
        { "restart", "reboot" },
        { "stop", "shutdown" },
        { "top", "stats" },
        { "unpause", "resume" },
        { "watch", "job watch" },
};

const char *verb_suggest(const char *word) {
        const char *names[G_N_ELEMENTS(verb_table)];
        size_t n = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(aliases); i++)
                if (strcmp(aliases[i][0], word) == 0)
                        return aliases[i][1];
        for (size_t i = 0; verb_table[i].name; i++)
                if (!(verb_table[i].flags & VERB_HIDDEN))
                        names[n++] = verb_table[i].name;
        names[n] = NULL;
        return text_closest(word, names);
}

char *verb_list_second(const char *first) {
        GString *out = g_string_new(NULL);
        size_t n = strlen(first);

        for (size_t i = 0; verb_table[i].name; i++)
                if (strncmp(verb_table[i].name, first, n) == 0 && verb_table[i].name[n] == ' ')
                        g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "",
                                               verb_table[i].name + n + 1);
        return g_string_free(out, out->len == 0);
}

static void verb_print(const Verb *verb) {
        const char *arguments = *verb->arguments ? _(verb->arguments) : "";
        g_autofree char *usage = g_strdup_printf("%s%s%s", verb->name, *arguments ? " " : "", arguments);

        terminal_print_row(stdout, usage, _(verb->help));
}

static void help_print_all(void) {
        printf(_("Usage: %s\n\n"), _("hatago [OPTION…] VERB [NAME…]"));
        puts(_("Shows and controls the virtual machines of this host."));
        printf("\n%s\n", _("Verbs:"));
        for (size_t i = 0; verb_table[i].name; i++)
                if (!(verb_table[i].flags & VERB_HIDDEN))
                        verb_print(&verb_table[i]);
        printf("\n%s\n", _("Options of all verbs:"));
        options_print_help(stdout, NULL);
        puts("");
        terminal_print_sentence(stdout,
                                _("'hatago VERB --help' has the options of a verb, hatago(1) the rest."));
}

void help_print(const Verb *verb) {
        g_autofree char *usage = NULL;
        const char *arguments;

        if (!verb) {
                help_print_all();
                return;
        }
        arguments = *verb->arguments ? _(verb->arguments) : "";
        usage = g_strdup_printf("hatago %s %s%s%s", verb->name, _("[OPTION…]"), *arguments ? " " : "",
                                arguments);
        printf(_("Usage: %s\n\n"), usage);
        terminal_print_sentence(stdout, _(verb->help));
        puts("");
        options_print_help(stdout, verb->name);
        options_print_help(stdout, NULL);
        if (verb->print_more)
                verb->print_more(stdout);
}
