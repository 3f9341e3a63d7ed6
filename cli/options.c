/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "format.h"
#include "list-columns.h"
#include "terminal.h"
#include "text.h"

typedef struct OptionRow OptionRow;

struct OptionRow {
        const char *name;
        const char *value; /* what its value is called in the help; NULL: it takes none */
        size_t offset;     /* of its member in Options */
        /* Returns a negative errno for what it cannot take, and 1 for a request for help. */
        int (*read)(const OptionRow *row, const char *text, void *member);
        const char *verbs; /* separated by commas; NULL: all */
        const char *help;
        char *(*words)(void); /* what its value can be; new string; NULL: the help says it */
};

static int read_flag(const OptionRow *row, const char *text, void *member) {
        *(bool *) member = true;
        return 0;
}

static int read_string(const OptionRow *row, const char *text, void *member) {
        *(const char **) member = text;
        return 0;
}

static int read_json(const OptionRow *row, const char *text, void *member) {
        static const char *const modes[] = {
                [JSON_OFF] = "off",
                [JSON_SHORT] = "short",
                [JSON_PRETTY] = "pretty",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
                if (strcmp(modes[i], text) != 0)
                        continue;
                *(JsonMode *) member = (JsonMode) i;
                return 0;
        }
        return -EINVAL;
}

static int read_timeout(const OptionRow *row, const char *text, void *member) {
        uint64_t usec;
        int r;

        r = parse_duration(text, &usec);
        if (r < 0)
                return r;
        /* The limits of org.hatago.Host1.Machine.Shutdown, good for any interval, too. */
        if (usec < USEC_PER_SEC || usec > 86400 * USEC_PER_SEC)
                return -ERANGE;
        *(uint64_t *) member = usec;
        return 0;
}

static int read_span(const OptionRow *row, const char *text, uint64_t minimum, void *member) {
        uint64_t usec;
        int r;

        r = parse_duration(text, &usec);
        if (r < 0)
                return r;
        if (usec < minimum || usec > 86400 * USEC_PER_SEC)
                return -ERANGE;
        /* systemd and the files have whole ones. */
        if (usec % USEC_PER_SEC != 0)
                return -EDOM;
        *(const char **) member = text;
        return 0;
}

static int read_delay(const OptionRow *row, const char *text, void *member) {
        return read_span(row, text, 0, member);
}

static int read_ready_timeout(const OptionRow *row, const char *text, void *member) {
        return read_span(row, text, USEC_PER_SEC, member);
}

/* 0: what is set is forgotten. */
static int read_stop_timeout(const OptionRow *row, const char *text, void *member) {
        return read_span(row, text, strcmp(text, "0") == 0 ? 0 : USEC_PER_SEC, member);
}

static int read_lines(const OptionRow *row, const char *text, void *member) {
        size_t n = strspn(text, "0123456789");

        /* More than anybody reads, and few enough to be held. */
        if (n == 0 || n > 5 || text[n] != '\0')
                return -EINVAL;
        *(unsigned *) member = (unsigned) strtoul(text, NULL, 10);
        return 0;
}

static const char state_words[] =
                "running, blocked, paused, shutdown, shutoff, crashed, pmsuspended, unknown";

static char *list_states(void) {
        return g_strdup(state_words);
}

static int read_ready(const OptionRow *row, const char *text, void *member) {
        guint64 port;

        if (g_str_has_prefix(text, "port:")) {
                if (!g_ascii_string_to_unsigned(text + strlen("port:"), 10, 1, UINT16_MAX, &port, NULL))
                        return -EINVAL;
        } else if (!text_list_has("running,agent", ',', text))
                return -EINVAL;
        *(const char **) member = text;
        return 0;
}

static char *list_ready(void) {
        return g_strdup(_("running, agent, port:N (N from 1 to 65535)"));
}

static int read_host_shutdown(const OptionRow *row, const char *text, void *member) {
        if (!text_list_has("shutdown,save,poweroff", ',', text))
                return -EINVAL;
        *(const char **) member = text;
        return 0;
}

static char *list_host_shutdown(void) {
        return g_strdup("shutdown, save, poweroff");
}

static int read_number(const OptionRow *row, const char *text, void *member) {
        guint64 number;

        if (!g_ascii_string_to_unsigned(text, 10, 0, INT32_MAX, &number, NULL))
                return -EINVAL;
        *(uint64_t *) member = number;
        return 0;
}

/* It becomes an argument of ssh. */
static int read_host(const OptionRow *row, const char *text, void *member) {
        return !*text || *text == '-' || strpbrk(text, " \t\n") ? -EINVAL : read_string(row, text, member);
}

static int read_state(const OptionRow *row, const char *text, void *member) {
        g_auto(GStrv) states = g_strsplit(text, ",", -1), words = g_strsplit(state_words, ", ", -1);

        if (!states[0])
                return -EINVAL;
        for (size_t i = 0; states[i]; i++)
                if (!g_strv_contains((const char *const *) words, states[i]))
                        return -EINVAL;
        return read_string(row, text, member);
}

static int read_yes_no(const OptionRow *row, const char *text, void *member) {
        if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
                return -EINVAL;
        return read_string(row, text, member);
}

static int read_columns(const OptionRow *row, const char *text, void *member) {
        g_autoptr(GPtrArray) columns = NULL;

        if (strcmp(text, "help") == 0)
                return 1;
        columns = columns_parse(text, "name");
        return columns ? read_string(row, text, member) : -EINVAL;
}

static int read_column(const OptionRow *row, const char *text, void *member) {
        if (strcmp(text, "help") == 0)
                return 1;
        return column_find(text) ? read_string(row, text, member) : -EINVAL;
}

#define MEMBER(member) offsetof(Options, member)

static const OptionRow rows[] = {
        { "json", "short|pretty|off", MEMBER(json), read_json, NULL,
          N_("print JSON, on one line or indented") },
        { "no-ask-password", NULL, MEMBER(no_ask_password), read_flag, NULL,
          N_("never ask for a password") },
        { "no-pager", NULL, MEMBER(no_pager), read_flag, NULL, N_("do not pipe long output into a pager") },
        { "no-legend", NULL, MEMBER(no_legend), read_flag, NULL, N_("no headings and no totals") },
        { "no-wait", NULL, MEMBER(no_wait), read_flag, NULL,
          N_("do not wait for jobs: print their numbers") },
        { "user", NULL, MEMBER(user), read_flag, NULL, N_("talk to the agent on your session's bus") },
        { "host", "[USER@]HOST", MEMBER(host), read_host, NULL,
          N_("talk to the agent of another host, by ssh (also: -H)") },
        { "help", NULL, MEMBER(help), read_flag, NULL, N_("print help, also for one verb") },
        { "version", NULL, MEMBER(version), read_flag, NULL, N_("print the version") },
        { "all", NULL, MEMBER(all), read_flag, "list", N_("all machines (also without it)") },
        { "all", NULL, MEMBER(all), read_flag, "fix", N_("all that is wrong and can be fixed") },
        { "running", NULL, MEMBER(running), read_flag, "list", N_("only machines that run") },
        { "state", "STATE,…", MEMBER(state), read_state, "list",
          N_("only machines in these states: running, paused, shutdown, shutoff, crashed, pmsuspended"),
          list_states },
        { "autostart", "yes|no", MEMBER(autostart), read_yes_no, "list",
          N_("only machines that the boot of the host starts, or does not") },
        { "persistent", "yes|no", MEMBER(persistent), read_yes_no, "list",
          N_("only machines that are defined, or that vanish when they end") },
        { "warnings", NULL, MEMBER(warnings), read_flag, "list",
          N_("only machines with which something is wrong") },
        { "columns", "[+]COLUMN,…", MEMBER(columns), read_columns, "list",
          N_("these columns, or with + these besides; 'help' lists them"), columns_words },
        { "sort", "COLUMN", MEMBER(sort), read_column, "list", N_("sort by this column instead of the name"),
          columns_words },
        { "reverse", NULL, MEMBER(reverse), read_flag, "list", N_("the last first") },
        { "lines", "N", MEMBER(lines), read_lines, "status",
          N_("how many lines of the journal, instead of 10 (also -n N)") },
        { "property", "P,…", MEMBER(property), read_string, "show", N_("only these properties") },
        { "value", NULL, MEMBER(value), read_flag, "show", N_("only the values") },
        { "paused", NULL, MEMBER(paused), read_flag, "start,save",
          N_("do not let its processors run yet, once it is up") },
        { "discard-save", NULL, MEMBER(discard_save), read_flag, "start",
          N_("boot it afresh even if it was saved: its saved state is lost") },
        { "discard", NULL, MEMBER(discard), read_flag, "save",
          N_("save nothing: remove what was saved before") },
        { "bypass-cache", NULL, MEMBER(bypass_cache), read_flag, "save",
          N_("keep the file out of the host's page cache") },
        { "timeout", "TIME", MEMBER(timeout), read_timeout, "shutdown",
          N_("how long to wait for the guest, from 1s to 24h") },
        { "after", "NAME,…", MEMBER(after), read_string, "autostart",
          N_("start it after these machines are ready; --after= for none") },
        { "delay", "TIME", MEMBER(delay), read_delay, "autostart",
          N_("wait for so long before, at the host's boot: 90, 90s, 1min 30s, up to 24h") },
        { "ready", "WHEN", MEMBER(ready), read_ready, "autostart",
          N_("when others can start: running, agent (its guest agent answers), port:N (its TCP port does, 1 to "
             "65535)"),
          list_ready },
        { "ready-timeout", "TIME", MEMBER(ready_timeout), read_ready_timeout, "autostart",
          N_("for how long they wait for that, from 1s to 24h (usually 5min)") },
        { "stop-timeout", "TIME", MEMBER(stop_timeout), read_stop_timeout, "autostart",
          N_("how long its guest has to shut down before it is turned off hard, from 1s to 24h; 0 for the usual "
             "3min") },
        { "host-shutdown", "HOW", MEMBER(host_shutdown), read_host_shutdown, "autostart",
          N_("what the host's shutdown does to it: shutdown, save, poweroff"), list_host_shutdown },
        { "reset", NULL, MEMBER(reset), read_flag, "autostart",
          N_("first forget all that is set for it, the autostart, too") },
        { "managed-save", NULL, MEMBER(managed_save), read_flag, "undefine",
          N_("remove its saved state, too") },
        { "snapshots-metadata", NULL, MEMBER(snapshots_metadata), read_flag, "undefine",
          N_("forget its snapshots, too") },
        { "nvram", NULL, MEMBER(nvram), read_flag, "undefine", N_("remove its firmware variables, too") },
        { "watch", NULL, MEMBER(watch), read_flag, "stats", N_("again and again, until interrupted") },
        { "interval", "TIME", MEMBER(interval), read_timeout, "stats",
          N_("how often, from 1s to 24h (with --watch every 2s)") },
        { "stdio", NULL, MEMBER(stdio), read_flag, "console,view",
          N_("carry it on standard input and output") },
        { "announce", NULL, MEMBER(announce), read_flag, "console,view",
          N_("with --stdio: print a line first, once it is connected, or the name of the error") },
        { "device", "ALIAS", MEMBER(device), read_string, "console",
          N_("another console than the first: serial1, console1") },
        { "force", NULL, MEMBER(force), read_flag, "console", N_("take it over from whoever has it") },
        { "resize", NULL, MEMBER(resize), read_flag, "console",
          N_("type a command that tells the guest's shell the size of the terminal") },
        { "display", "N", MEMBER(display), read_number, "view", N_("another display than the first, 0") },
        { "skip-auth", NULL, MEMBER(skip_auth), read_flag, "view",
          N_("do not ask for the display's password") },
        { "text", NULL, MEMBER(text), read_flag, "send-keys", N_("type these texts, as on a US keyboard") },
        { "inactive", NULL, MEMBER(inactive), read_flag, "xml", N_("as stored, not as it runs") },
        { "junit", NULL, MEMBER(junit), read_flag, "validate", N_("print JUnit's XML, for programs") },
        { "tap", NULL, MEMBER(tap), read_flag, "validate", N_("print TAP, for programs") },
        { "verbose", NULL, MEMBER(verbose), read_flag, "validate",
          N_("also what was read, and the way by hand (also -v)") },
        { "undo", NULL, MEMBER(undo), read_flag, "fix", N_("take back what was done before") },
        { "yes", NULL, MEMBER(yes), read_flag, "fix,setup", N_("do it without asking (also -y)") },
        { "secure", NULL, MEMBER(secure), read_flag, "xml", N_("with passwords") },
};

G_STATIC_ASSERT(G_N_ELEMENTS(rows) <= 64); /* bits of Options.given */

/* An option can have a row for each of some verbs, which differ in nothing but their help. */
static bool option_goes_with(const char *name, const char *verb) {
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (strcmp(rows[i].name, name) == 0 &&
                    (!rows[i].verbs || text_list_has(rows[i].verbs, ',', verb)))
                        return true;

        return false;
}

static const OptionRow *row_find(const char *name, size_t n) {
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
                        return &rows[i];
        return NULL;
}

static int complain(char **ret_complaint, const char *pattern, const char *option) {
        g_autofree char *shown = text_escape(option, /* ascii= */ false);

        *ret_complaint = text_fill(pattern, "option", shown);
        return -EINVAL;
}

/* What is wrong with a time; error: as its reader says. */
static const char *time_complaint(const char *text, int error) {
        uint64_t usec;

        if (error == -EDOM)
                return _("It has to be in whole seconds.");
        if (error != -ERANGE)
                return _("A time looks like one of these: 90, 90s, 1min 30s, 2h.");
        return parse_duration(text, &usec) >= 0 && usec < USEC_PER_SEC ? _("It is less than 1 s.")
                                                                       : _("It is longer than 24 h.");
}

static int complain_of_value(char **ret_complaint, const OptionRow *row, const char *text, int error) {
        g_autofree char *mistake = g_strdup_printf("--%s=%s", row->name, text), *words = NULL, *first = NULL;

        (void) complain(&first, _("The value of '{option}' is not valid."), mistake);
        if (strcmp(row->value, "TIME") == 0) {
                *ret_complaint = g_strdup_printf("%s %s", first, time_complaint(text, error));
                return -EINVAL;
        }
        if (!row->words) {
                *ret_complaint = g_steal_pointer(&first);
                return -EINVAL;
        }
        words = row->words();
        /* Translators: the sentence that names the mistake, and what would be right. */
        *ret_complaint = g_strdup_printf(_("%s It can be: %s"), first, words);
        return -EINVAL;
}

/* The short options, as of systemctl and journalctl. Returns the long form of the word, or NULL. */
static char *short_expand(const char *word) {
        static const char names[][2][8] = {
                { "-n", "lines" },
                { "-H", "host" },
                { "-v", "verbose" },
                { "-y", "yes" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_str_has_prefix(word, names[i][0]))
                        return word[2] ? g_strdup_printf("--%s=%s", names[i][1], word + 2)
                                       : g_strdup_printf("--%s", names[i][1]);
        return NULL;
}

/* Reads the option at argv[i] and returns how many words it took. */
static int option_read(int argc, char **argv, int i, Options *options, char **ret_complaint) {
        g_autofree char *expanded = short_expand(argv[i]);
        const char *name = (expanded ? expanded : argv[i]) + 2;
        size_t n = strcspn(name, "=");
        const OptionRow *row = row_find(name, n);
        const char *text = name[n] == '=' ? name + n + 1 : NULL;
        int words = 1, r;

        if ((!expanded && strncmp(argv[i], "--", 2) != 0) || !row)
                return complain(ret_complaint, _("There is no option '{option}'."), argv[i]);
        if (!row->value && text)
                return complain(ret_complaint, _("The option '--{option}' takes no value."), row->name);
        if (row->value && !text) {
                if (i + 1 >= argc)
                        return complain(ret_complaint, _("The option '--{option}' needs a value."),
                                        row->name);
                text = argv[i + 1];
                words = 2;
        }
        r = row->read(row, text, (char *) options + row->offset);
        if (r < 0)
                return complain_of_value(ret_complaint, row, text, r);
        if (r > 0)
                options->help = true;
        options->given |= UINT64_C(1) << (row - rows);
        return words;
}

static void words_add_rest(GPtrArray *words, char **rest) {
        for (; *rest; rest++)
                if (**rest != '-')
                        g_ptr_array_add(words, *rest);
}

int options_parse(int argc, char **argv, Options *ret_options, GPtrArray **ret_words, char **ret_complaint) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        Options options = { .lines = 10 };
        bool literal = false;

        for (int i = 1; i < argc;) {
                int r;

                if (literal || argv[i][0] != '-' || argv[i][1] == '\0') {
                        g_ptr_array_add(words, argv[i++]);
                        continue;
                }
                if (strcmp(argv[i], "--") == 0) {
                        literal = true;
                        i++;
                        continue;
                }
                r = option_read(argc, argv, i, &options, ret_complaint);
                if (r < 0) {
                        words_add_rest(words, argv + i + 1);
                        *ret_words = g_steal_pointer(&words);
                        return r;
                }
                i += r;
        }
        *ret_options = options;
        *ret_words = g_steal_pointer(&words);
        return 0;
}

const char *options_find_stray(const Options *options, const char *verb) {
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                if (options->given & UINT64_C(1) << i && !option_goes_with(rows[i].name, verb))
                        return rows[i].name;
        }
        return NULL;
}

void options_print_help(FILE *file, const char *verb) {
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                const OptionRow *row = &rows[i];
                g_autofree char *name = NULL;

                if (verb ? !row->verbs || !text_list_has(row->verbs, ',', verb) : row->verbs != NULL)
                        continue;
                name = g_strdup_printf("--%s%s%s", row->name, row->value ? "=" : "",
                                       row->value ? row->value : "");
                terminal_print_row(file, name, _(row->help));
        }
}
