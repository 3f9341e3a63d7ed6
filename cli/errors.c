/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"

#include "json.h"
#include "machine.h"
#include "names.h"
#include "text.h"
#include "verbs.h"

#define DBUS_ERROR(name) "org.freedesktop.DBus.Error." name
#define SYSTEMD_ERROR(name) "org.freedesktop.systemd1." name

const ErrorRow error_rows[] = {
        { HATAGO_ERROR("NoSuchMachine"), NULL, N_("there is no virtual machine of this name or UUID"),
          N_("Did you mean '{closest}'?") },
        { HATAGO_ERROR("NoSuchMachine"), NULL, N_("there is no virtual machine of this name or UUID"),
          N_("All there are: hatago list") },
        { HATAGO_ERROR("AmbiguousName"), NULL, N_("this is the name of one machine and the UUID of another"),
          N_("Use the UUID of the machine that you mean: hatago list --json=pretty") },
        { HATAGO_ERROR("NoManagedSave"), NULL, N_("it has no saved state"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("InvalidName"), NULL, NULL,
          N_("At most 240 bytes, no '/', no control characters, and not '.' or '..'.") },
        { HATAGO_ERROR("OtherMachine"), NULL, NULL,
          N_("Its name and its UUID stay as they are here: hatago rename {name} NEW") },
        { HATAGO_ERROR("Conflict"), NULL, N_("its configuration has been changed by others meanwhile"),
          N_("How it is now: hatago xml --inactive {name}") },
        { HATAGO_ERROR("Interrupted"), NULL,
          N_("the agent was ended meanwhile; what became of it is not known"),
          N_("How it is now: hatago status {name}") },
        { HATAGO_ERROR("StartCycle"), NULL, "{order}", N_("What starts after what: hatago autostart") },
        { HATAGO_ERROR("StartCycle"), NULL, N_("they would wait for each other: {cycle}"),
          N_("What starts after what: hatago autostart") },
        { HATAGO_ERROR("StartCycle"), NULL, NULL, N_("What starts after what: hatago autostart") },
        { HATAGO_ERROR("SettingsInvalid"), NULL, N_("its settings in '{file}' are wrong: {reason}"),
          N_("Mend that file, or give up all that it sets: hatago autostart {name} --reset") },
        { HATAGO_ERROR("SettingsInvalid"), NULL, NULL,
          N_("Mend that file, or give up all that it sets: hatago autostart {name} --reset") },
        { HATAGO_ERROR("AutostartBySystemd"), NULL, N_("an administrator has systemd start it"),
          N_("Take that back: sudo systemctl disable {unit}") },
        { HATAGO_ERROR("AutostartBySystemd"), NULL, N_("an administrator has systemd start it"),
          N_("systemctl disable takes that back; its unit: hatago status {name}") },
        { HATAGO_ERROR("MachineExists"), "rename", NULL, N_("All names there are: hatago list") },
        { HATAGO_ERROR("MachineExists"), NULL, NULL,
          N_("For a new machine use another name and no UUID; to change the old one, its name and its UUID.") },
        { HATAGO_ERROR("MachineRunning"), "start",
          N_("it is still being stopped (its unit is {unit-state})"),
          N_("Start it once it is off. How far it is: hatago status {name}") },
        { HATAGO_ERROR("MachineRunning"), "start", N_("it is running already"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("MachineRunning"), "rename", N_("it is running"),
          N_("Shut it down first: hatago shutdown {name}") },
        { HATAGO_ERROR("MachineRunning"), "undefine", N_("it is running"),
          N_("Shut it down first: hatago shutdown {name}") },
        { HATAGO_ERROR("MachineRunning"), NULL, N_("it is running"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("MachinePaused"), NULL, N_("it is paused"),
          N_("Let it run first: hatago resume {name}") },
        { HATAGO_ERROR("MachineNotRunning"), "shutdown", N_("it is off already"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("MachineNotRunning"), "poweroff", N_("it is off already"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("MachineNotRunning"), NULL, N_("it is not running"),
          N_("Start it first: hatago start {name}") },
        { HATAGO_ERROR("MachineNotPaused"), NULL, N_("it is not paused"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("MachineTransient"), "undefine",
          N_("it has no stored definition: it vanishes by itself when it ends"),
          N_("Turn it off: hatago shutdown {name}") },
        { HATAGO_ERROR("MachineTransient"), NULL,
          N_("it has no stored definition: it vanishes by itself when it ends"),
          N_("More about it: hatago status {name}") },
        { HATAGO_ERROR("MachineHasState"), "rename", NULL,
          N_("Restore it: hatago start {name}; or give up what was saved: hatago save --discard {name}") },
        { HATAGO_ERROR("MachineHasState"), NULL, NULL,
          N_("To remove that too: --managed-save, --snapshots-metadata, --nvram") },
        { HATAGO_ERROR("NoSuchDevice"), NULL, NULL, N_("What the machine has: hatago xml {name}") },
        { HATAGO_ERROR("ConsoleBusy"), NULL, N_("somebody is at this console already"),
          N_("To take it over: hatago console --force {name}") },
        { HATAGO_ERROR("InvalidXML"), NULL, NULL,
          N_("What it has to look like: https://libvirt.org/formatdomain.html") },
        { HATAGO_ERROR("HypervisorUnavailable"), NULL, NULL,
          N_("Is libvirtd installed and running? systemctl status libvirtd") },
        { HATAGO_ERROR("HypervisorDenied"), NULL, NULL,
          N_("libvirt refuses the agent itself, by its polkit rules: journalctl -u hatagod") },
        { HATAGO_ERROR("NotReady"), NULL, NULL,
          N_("Try again in a moment. What it is doing: journalctl -u hatagod") },
        { HATAGO_ERROR("Busy"), NULL, NULL, N_("What is under way: hatago job list") },
        { HATAGO_ERROR("LimitsExceeded"), NULL, NULL,
          N_("Try again when some of what is under way has ended: hatago job list") },
        { HATAGO_ERROR("TimedOut"), "shutdown",
          N_("the guest did not shut down in time; it may still do so"),
          N_("To turn it off hard: hatago poweroff {name}") },
        { HATAGO_ERROR("TimedOut"), NULL, NULL, N_("What became of it: hatago status {name}") },
        { HATAGO_ERROR("Canceled"), NULL, N_("the job was canceled"), NULL },
        { HATAGO_ERROR("NoSuchJob"), NULL, N_("there is no job of this number"),
          N_("Ended ones are forgotten after ten minutes. Those under way: hatago job list") },
        { HATAGO_ERROR("JobNotCancelable"), NULL, NULL, N_("What is under way: hatago job list") },
        { HATAGO_ERROR("NoSuchCheck"), NULL, N_("there is no check of this name"),
          N_("All there are: hatago validate") },
        { HATAGO_ERROR("CheckNotFixable"), NULL, NULL, N_("What can be done about it: hatago validate") },
        { HATAGO_ERROR("FixFailed"), NULL, NULL,
          N_("All that the remedy had to say: journalctl -u 'hatago-fix@*'") },
        { HATAGO_ERROR("ProbeFailed"), NULL, NULL,
          N_("All that it had to say: journalctl -u hatago-probe") },
        { HATAGO_ERROR("UnitUnavailable"), "autostart", NULL,
          N_("It is written all the same, and counts once systemd reads its units: systemctl daemon-reload") },
        { HATAGO_ERROR("UnitUnavailable"), "start", N_("its unit is masked: {masked}"),
          N_("Allow it again: sudo systemctl unmask {masked}") },
        { HATAGO_ERROR("UnitUnavailable"), "start", NULL, N_("Is the package hatago-machines installed?") },
        { HATAGO_ERROR("UnitUnavailable"), NULL, NULL, N_("Is the package hatago-host installed?") },
        { SYSTEMD_ERROR("UnitMasked"), NULL, N_("the agent cannot be started: {masked} is masked"),
          N_("Allow it again: sudo systemctl unmask {masked}") },
        { HATAGO_ERROR("NoSpace"), NULL, NULL, N_("Free some disk space and try again: df -h") },
        { HATAGO_ERROR("NoMemory"), "start", N_("the host has not enough memory for it"),
          N_("Shut another machine down, or give this one less memory. What the host has: free -h") },
        { HATAGO_ERROR("NoMemory"), NULL, NULL,
          N_("Shut another machine down, or give this one less memory. What the host has: free -h") },
        { HATAGO_ERROR("ImageMissing"), NULL, N_("the disk image '{path}' does not exist"),
          N_("Put it back, or change the definition: hatago edit {name}") },
        { HATAGO_ERROR("ImageDenied"), NULL, N_("the hypervisor may not open the disk image '{path}'"),
          N_("QEMU's user must be let through to it, by the folders above it, too: namei -l {path}") },
        { HATAGO_ERROR("ImageInUse"), NULL,
          N_("the disk image '{path}' is in use by another machine or program"),
          N_("Shut that one down, or give each an image of its own. Who has it open: fuser -v {path}") },
        { HATAGO_ERROR("ImageInvalid"), NULL,
          N_("a disk image is not in {format} format, as the definition says"),
          N_("Change the definition: hatago edit {name}. What an image is: qemu-img info") },
        { HATAGO_ERROR("FileMissing"), NULL, N_("'{path}' does not exist"),
          N_("Put it back, or change the definition: hatago edit {name}") },
        { HATAGO_ERROR("FirmwareMissing"), NULL,
          N_("the firmware '{path}' is missing, or what belongs to it"),
          N_("Install the package that has it, such as ovmf, or change the definition: hatago edit {name}") },
        { HATAGO_ERROR("FirmwareMissing"), NULL,
          N_("the host has no firmware '{firmware}' as it was asked for"),
          N_("Install the package that has it, such as ovmf, or change the definition: hatago edit {name}") },
        { HATAGO_ERROR("DeviceMissing"), NULL, N_("the host has no network device '{device}'"),
          N_("Those it has: ip link") },
        { HATAGO_ERROR("PortInUse"), NULL, N_("port {port} of {address} is in use already"),
          N_("Who uses it: ss -ltnp sport = :{port}. Or let libvirt choose a port: hatago edit {name}") },
        { HATAGO_ERROR("PortInUse"), NULL, N_("a port that it needs is in use already"),
          N_("What is in use: ss -ltnp") },
        { HATAGO_ERROR("AddressMissing"), NULL, N_("the host has no address {address}"),
          N_("Those it has: ip address") },
        { HATAGO_ERROR("NetworkMissing"), NULL, N_("there is no network '{network}'"),
          N_("Those there are: virsh net-list --all") },
        { HATAGO_ERROR("NetworkInactive"), NULL, N_("the network '{network}' is not active"),
          N_("Start it: virsh net-start {network}") },
        { HATAGO_ERROR("BridgeMissing"), NULL, N_("the host has no bridge '{bridge}'"),
          N_("Those it has: ip link show type bridge") },
        { HATAGO_ERROR("PoolMissing"), NULL, N_("there is no storage pool '{pool}'"),
          N_("Those there are: virsh pool-list --all") },
        { HATAGO_ERROR("PoolInactive"), NULL, N_("the storage pool '{pool}' is not active"),
          N_("Start it: virsh pool-start {pool}") },
        { HATAGO_ERROR("VolumeMissing"), NULL, N_("there is no storage volume '{volume}'"),
          N_("Put it back, or change the definition: hatago edit {name}") },
        { HATAGO_ERROR("KVMUnavailable"), NULL,
          N_("it needs hardware acceleration, and the host offers none (KVM)"),
          N_("Virtualization must be switched on in the host's firmware, and the module kvm loaded: virt-host-validate qemu") },
        { HATAGO_ERROR("KVMDenied"), NULL, N_("the hypervisor may not use /dev/kvm"),
          N_("Its group must be kvm, which may read and write it: ls -l /dev/kvm") },
        { HATAGO_ERROR("HugepagesShort"), NULL, N_("the host has not enough huge pages for it"),
          N_("Those it has: grep Huge /proc/meminfo") },
        { HATAGO_ERROR("CPUUnsupported"), NULL, N_("the host cannot give it a processor with {features}"),
          N_("What the host offers: virsh domcapabilities") },
        { HATAGO_ERROR("CPUUnsupported"), NULL,
          N_("the host cannot give it a processor in the mode '{mode}'"),
          N_("What the host offers: virsh domcapabilities") },
        { HATAGO_ERROR("CPUUnsupported"), NULL, N_("libvirt knows no processor '{model}'"),
          N_("What the host offers: virsh domcapabilities") },
        { HATAGO_ERROR("MachineTypeUnsupported"), NULL, N_("this host's QEMU has no machine type '{type}'"),
          N_("Those it has: virsh capabilities") },
        { HATAGO_ERROR("SaveImageInvalid"), NULL, N_("its saved state cannot be restored"),
          N_("To boot it without, as after a power cut: hatago save --discard {name}") },
        { HATAGO_ERROR("GuestAgentUnavailable"), NULL, NULL,
          N_("Is qemu-guest-agent installed and running in the guest?") },
        { HATAGO_ERROR("ResourceMissing"), NULL, NULL,
          N_("Something that its definition names is missing: hatago xml {name}") },
        { HATAGO_ERROR("NotSupported"), NULL, NULL,
          N_("The versions of libvirt and of the hypervisor: hatago status") },
        { HATAGO_ERROR("UnknownOption"), NULL, NULL,
          N_("The agent may be older than this tool. Its version: hatago status") },
        { HATAGO_ERROR("UnknownProperty"), NULL, NULL,
          N_("The agent may be older than this tool. Its version: hatago status") },
        { DBUS_ERROR("AccessDenied"), NULL, N_("you may not do this"),
          N_("It needs the right {action} (polkit). Try as an administrator, or ask for a polkit rule that grants it.") },
        { DBUS_ERROR("AccessDenied"), NULL, N_("you may not do this"), N_("Try as an administrator.") },
        { DBUS_ERROR("InteractiveAuthorizationRequired"), NULL,
          N_("a password is needed, and nobody can be asked"),
          N_("It needs the right {action} (polkit). Run it without {unasked}, or as an administrator.") },
        { DBUS_ERROR("InteractiveAuthorizationRequired"), NULL,
          N_("a password is needed, and nobody can be asked"),
          N_("It needs the right {action} (polkit). Run it on a terminal, or as an administrator.") },
        { DBUS_ERROR("InteractiveAuthorizationRequired"), NULL,
          N_("a password is needed, and nobody can be asked"), N_("Try as an administrator.") },
        { DBUS_ERROR("ServiceUnknown"), NULL, N_("no agent runs on the bus of your session"),
          N_("Start one: {own}. Without --user, that of the system is asked.") },
        { DBUS_ERROR("ServiceUnknown"), NULL, N_("the agent does not run and cannot be started by the bus"),
          N_("Is the package hatagod installed? If so: systemctl start hatagod") },
        { DBUS_ERROR("NameHasNoOwner"), NULL, N_("the agent does not run"),
          N_("Is the package hatagod installed? If so: systemctl start hatagod") },
        { DBUS_ERROR("NoReply"), NULL,
          N_("the agent did not answer, or ended; what became of it is not known"),
          N_("How it is now: systemctl status hatagod") },
        { DBUS_ERROR("Timeout"), NULL,
          N_("the agent did not answer in time; what became of it is not known"),
          N_("How it is now: systemctl status hatagod") },
        { DBUS_ERROR("NoServer"), NULL, NULL,
          N_("A login session has a bus, and {session} tells where it is. Without --user, that of the system "
             "is taken.") },
        { DBUS_ERROR("NoServer"), NULL, NULL, N_("Is the message bus running? systemctl status dbus") },
        { DBUS_ERROR("Disconnected"), NULL, N_("the connection to the bus broke"), NULL },
        { DBUS_ERROR("UnknownObject"), NULL, N_("it is gone"), N_("All there are: hatago list") },
        { DBUS_ERROR("UnknownMethod"), "validate", N_("the agent has no part that judges the host"),
          N_("Install it: sudo apt install hatago-host") },
        { DBUS_ERROR("UnknownInterface"), "validate", N_("the agent has no part that judges the host"),
          N_("Install it: sudo apt install hatago-host") },
        { DBUS_ERROR("UnknownMethod"), NULL,
          N_("the agent cannot do this: a part of it may be missing or old"),
          N_("Its version and its plugins: hatago status") },
        {},
};

void explanation_done(Explanation *explanation) {
        g_free(explanation->reason);
        g_free(explanation->hint);
}

/* What the keys in a pattern stand for. */
typedef struct Values {
        const Terminal *terminal;
        const char *const (*known)[2]; /* as they are typed; a NULL value: it is not known */
        size_t n_known;
        JsonObject *arguments; /* of the error; NULL: none */
} Values;

/* NULL if it has none. */
static char *value_text(const char *key, const void *data) {
        const Values *values = data;
        const char *argument = values->arguments ? json_string(values->arguments, key) : "";

        for (size_t i = 0; i < values->n_known; i++)
                if (strcmp(values->known[i][0], key) == 0)
                        return g_strdup(values->known[i][1]);

        return *argument ? terminal_text(values->terminal, argument) : NULL;
}

/* The same as a word of a command; what is known is one. */
static char *value_word(const char *key, const void *data) {
        const Values *values = data;
        g_autofree char *text = value_text(key, data);

        for (size_t i = 0; i < values->n_known; i++)
                if (strcmp(values->known[i][0], key) == 0)
                        return g_steal_pointer(&text);

        return text ? text_shell_word(text) : NULL;
}

static char *row_reason(const ErrorRow *row, const Values *values) {
        return row && row->reason ? text_fill_keys(_(row->reason), value_text, values) : NULL;
}

static char *row_hint(const ErrorRow *row, const Values *values) {
        return row && row->hint ? text_fill_keys(_(row->hint), value_word, values) : NULL;
}

static const ErrorRow *row_find(const char *error, const char *verb, const Values *values) {
        const ErrorRow *second = NULL;

        for (size_t i = 0; error_rows[i].error; i++) {
                g_autofree char *hint = NULL, *reason = NULL;

                if (strcmp(error_rows[i].error, error) != 0)
                        continue;
                if (error_rows[i].verb && (!verb || strcmp(error_rows[i].verb, verb) != 0))
                        continue;
                hint = row_hint(&error_rows[i], values);
                reason = row_reason(&error_rows[i], values);
                if (!reason && error_rows[i].reason)
                        continue;
                if (hint || !error_rows[i].hint)
                        return &error_rows[i];
                second = &error_rows[i];
        }
        return second;
}

/* Without the full stop, which the sentence around it has. */
static char *reason_trim(const Terminal *terminal, const char *message) {
        g_autofree char *text = g_strstrip(g_strdup(message));

        if (g_str_has_suffix(text, "."))
                text[strlen(text) - 1] = '\0';
        return terminal_text(terminal, text);
}

/* The unit of systemd's "Unit web.service is masked."; new string, NULL: it says something else. */
static char *masked_unit(const Terminal *terminal, const char *message) {
        const char *end = message ? strstr(message, " is masked") : NULL, *begin = end;
        g_autofree char *unit = NULL, *shown = NULL;

        while (begin && begin > message && begin[-1] != ' ')
                begin--;
        if (!begin || begin == end)
                return NULL;
        unit = g_strndup(begin, (gsize) (end - begin));
        shown = terminal_text(terminal, unit);
        return text_shell_word(shown);
}

void error_explain(const Cli *cli, const char *subject, const char *closest, const char *error_name,
                   const char *message, JsonObject *arguments, Explanation *ret) {
        g_autofree char *name = subject ? terminal_text(cli->terminal, subject) : NULL;
        g_autofree char *word = name ? text_shell_word(name) : NULL;
        g_autofree char *masked = masked_unit(cli->terminal, message);
        g_autofree char *near = closest ? terminal_text(cli->terminal, closest) : NULL;
        const char *const known[][2] = {
                { "name", word },
                { "closest", near },
                { "masked", masked },
                { "action", cli->action },
                { "unasked", cli->options->no_ask_password ? "--no-ask-password" : NULL },
                { "own", cli->options->user ? "hatagod --user" : NULL },
                { "session", cli->options->user ? "$DBUS_SESSION_BUS_ADDRESS" : NULL },
        };
        const Values values = {
                .terminal = cli->terminal,
                .known = known,
                .n_known = G_N_ELEMENTS(known),
                .arguments = arguments,
        };
        const ErrorRow *row = row_find(error_name, cli->verb ? cli->verb->name : NULL, &values);
        const char *text = message && *message ? message : error_name;
        char *reason = row_reason(row, &values);

        *ret = (Explanation){
                .reason = reason ? reason : reason_trim(cli->terminal, text),
                .hint = row_hint(row, &values),
        };
}

/* "cannot start 'web'", by the verb's own pattern. */
static char *failing_text(const Cli *cli, const char *subject) {
        g_autofree char *name = subject ? terminal_text(cli->terminal, subject) : NULL;

        if (!cli->verb || (!subject && strstr(cli->verb->failing, "{name}")))
                return g_strdup(_("cannot go on"));
        return text_fill(_(cli->verb->failing), "name", name ? name : "");
}

void error_report_name(const Cli *cli, const char *subject, const char *error_name, const char *message,
                       JsonObject *arguments) {
        _cleanup_(explanation_done) Explanation explanation = { 0 };
        g_autofree char *closest = NULL;
        g_autofree char *failing = failing_text(cli, subject);
        bool colour = cli->terminal->err_colour;

        if (subject && strcmp(error_name, HATAGO_ERROR("NoSuchMachine")) == 0)
                closest = machine_find_closest(cli, subject);
        error_explain(cli, subject, closest, error_name, message, arguments, &explanation);

        /* Translators: what failed, and the reason. */
        fprintf(stderr, _("hatago: %s: %s.\n"), failing, explanation.reason);
        if (explanation.hint)
                fprintf(stderr, "%s%s%s\n", colour_on(colour, COLOUR_DIM), explanation.hint,
                        colour_off(colour, COLOUR_DIM));
}

void error_report(const Cli *cli, const char *subject, const sd_bus_error *error) {
        error_report_name(cli, subject, error->name ? error->name : HATAGO_ERROR("Failed"), error->message,
                          /* arguments= */ NULL);
}
