/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-columns.h"

#include <stddef.h>

#include "format.h"
#include "json.h"
#include "text.h"

typedef enum ColumnKind {
        COLUMN_TEXT,
        COLUMN_STATE,
        COLUMN_ACCELERATOR,
        COLUMN_OS,
        COLUMN_FLAG,
        COLUMN_NUMBER,
        COLUMN_SIZE,
        COLUMN_MOMENT,
        COLUMN_SPAN,  /* the time since a moment */
        COLUMN_WORDS, /* an array of strings */
        COLUMN_WARNINGS,
} ColumnKind;

struct ListColumn {
        const char *name;
        const char *heading;
        const char *property;
        ColumnKind kind;
        TableFlags flags;
        const char *help;
        size_t member; /* of Machine: what ListMachines has; 0: in its facts */
};

#define MEMBER(member) offsetof(Machine, member)

static const ListColumn columns[] = {
        { "name", N_("NAME"), "Name", COLUMN_TEXT, TABLE_SHRINK, N_("name"), MEMBER(name) },
        { "state", N_("STATE"), "State", COLUMN_STATE, 0, N_("running, shutoff, …"), MEMBER(state) },
        { "reason", N_("REASON"), "StateReason", COLUMN_TEXT, 0, N_("why it is in that state") },
        { "autostart", N_("AUTOSTART"), "Autostart", COLUMN_FLAG, 0,
          N_("whether the boot of the host starts it"), MEMBER(autostart) },
        { "autostart-by", N_("STARTED BY"), "AutostartBy", COLUMN_WORDS, 0,
          N_("what starts it then: hatago, libvirt, systemd") },
        { "persistent", N_("PERSISTENT"), "Persistent", COLUMN_FLAG, 0,
          N_("whether it is defined, and stays when it ends") },
        { "saved", N_("SAVED"), "ManagedSave", COLUMN_FLAG, 0,
          N_("whether its next start restores a saved state") },
        { "vcpus", N_("VCPUS"), "VCPUs", COLUMN_NUMBER, TABLE_RIGHT, N_("virtual processors"),
          MEMBER(vcpus) },
        { "vcpus-max", N_("MAX VCPUS"), "VCPUsMaximum", COLUMN_NUMBER, TABLE_RIGHT,
          N_("how many virtual processors it can have") },
        { "memory", N_("MEMORY"), "Memory", COLUMN_SIZE, TABLE_RIGHT, N_("memory"), MEMBER(memory) },
        { "memory-max", N_("MAX MEMORY"), "MemoryMaximum", COLUMN_SIZE, TABLE_RIGHT,
          N_("how much memory it can have") },
        { "accelerator", N_("ACCELERATOR"), "Accelerator", COLUMN_ACCELERATOR, 0,
          N_("kvm, or tcg: emulated, slow") },
        { "architecture", N_("ARCHITECTURE"), "Architecture", COLUMN_TEXT, 0, N_("of its processors") },
        { "machine-type", N_("MACHINE TYPE"), "MachineType", COLUMN_TEXT, 0, N_("the board it emulates") },
        { "firmware", N_("FIRMWARE"), "Firmware", COLUMN_TEXT, 0, N_("bios or efi") },
        { "os", N_("OS"), "OSInfo", COLUMN_OS, 0, N_("operating system, as noted when it was made") },
        { "addresses", N_("ADDRESSES"), "Addresses", COLUMN_WORDS, TABLE_SHRINK,
          N_("IP addresses of its guest, as far as known") },
        { "title", N_("TITLE"), "Title", COLUMN_TEXT, TABLE_SHRINK, N_("title, of its definition") },
        { "description", N_("DESCRIPTION"), "Description", COLUMN_TEXT, TABLE_SHRINK,
          N_("description, of its definition") },
        { "started", N_("STARTED"), "StartedAt", COLUMN_MOMENT, 0, N_("when its process began") },
        { "uptime", N_("UPTIME"), "StartedAt", COLUMN_SPAN, TABLE_RIGHT, N_("for how long it has run") },
        { "pid", N_("PID"), "PID", COLUMN_NUMBER, TABLE_RIGHT, N_("process of the hypervisor") },
        { "id", N_("ID"), "DomainId", COLUMN_NUMBER, TABLE_RIGHT, N_("libvirt's number of this run") },
        { "unit", N_("UNIT"), "Unit", COLUMN_TEXT, 0, N_("its systemd unit"), MEMBER(unit) },
        { "unit-state", N_("UNIT STATE"), "UnitState", COLUMN_TEXT, 0, N_("state of the unit") },
        { "unit-result", N_("UNIT RESULT"), "UnitResult", COLUMN_TEXT, 0, N_("how the unit last ended") },
        { "unit-status", N_("UNIT STATUS"), "UnitStatus", COLUMN_TEXT, TABLE_SHRINK,
          N_("what the unit says of itself") },
        { "ready", N_("READY"), "ReadyState", COLUMN_TEXT, 0, N_("whether others may start after it") },
        { "warnings", N_("WARNINGS"), "Warnings", COLUMN_WARNINGS, TABLE_SHRINK,
          N_("what is wrong with it; hatago status says more") },
        { "pending", N_("PENDING"), "PendingChanges", COLUMN_WORDS, TABLE_SHRINK,
          N_("what changes at its next start") },
        { "uuid", N_("UUID"), "UUID", COLUMN_TEXT, 0, N_("UUID"), MEMBER(uuid) },
        { "path", N_("PATH"), "Path", COLUMN_TEXT, 0, N_("path of its object on the bus"), MEMBER(path) },
};

const ListColumn *column_find(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
                if (strcmp(columns[i].name, name) == 0)
                        return &columns[i];
        return NULL;
}

static bool columns_append(GPtrArray *chosen, const char *names) {
        g_auto(GStrv) words = g_strsplit(names, ",", -1);

        for (size_t i = 0; words[i]; i++) {
                const ListColumn *column = column_find(words[i]);

                if (!column)
                        return false;
                g_ptr_array_add(chosen, (gpointer) column);
        }
        return words[0] != NULL;
}

GPtrArray *columns_parse(const char *names, const char *defaults) {
        g_autoptr(GPtrArray) chosen = g_ptr_array_new();

        if (names[0] == '+' && !columns_append(chosen, defaults))
                return NULL;
        if (!columns_append(chosen, names + (names[0] == '+')))
                return NULL;
        return g_steal_pointer(&chosen);
}

char *columns_words(void) {
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
                g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", columns[i].name);
        return g_string_free(out, FALSE);
}

void columns_print_help(FILE *file) {
        fprintf(file, "\n%s\n", _("Columns:"));
        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
                terminal_print_row(file, columns[i].name, _(columns[i].help));
}

const char *column_property(const ListColumn *column) {
        return column->member ? NULL : column->property;
}

TableColumn column_heading(const ListColumn *column) {
        return (TableColumn){ .heading = column->heading, .flags = column->flags };
}

/* The value of a column of text. Points into the machine. */
static const char *column_text(const ListColumn *column, const Machine *machine) {
        if (!column->member)
                return json_string(machine->facts, column->property);
        return *(const char *const *) ((const char *) machine + column->member);
}

static bool column_flag(const ListColumn *column, const Machine *machine) {
        if (!column->member)
                return json_flag(machine->facts, column->property);
        return *(const bool *) ((const char *) machine + column->member);
}

static uint64_t column_number(const ListColumn *column, const Machine *machine) {
        if (!column->member)
                return json_number(machine->facts, column->property);
        return *(const uint64_t *) ((const char *) machine + column->member);
}

static char *column_words_text(const ListColumn *column, const Machine *machine) {
        return json_words_text(json_array(machine->facts, column->property));
}

static bool kind_is_numeric(ColumnKind kind) {
        return kind == COLUMN_NUMBER || kind == COLUMN_SIZE || kind == COLUMN_MOMENT || kind == COLUMN_SPAN;
}

static char *number_text(ColumnKind kind, uint64_t number, uint64_t now) {
        if (number == 0)
                return g_strdup("");
        if (kind == COLUMN_SIZE)
                return format_size(number);
        if (kind == COLUMN_MOMENT)
                return format_moment(number);
        if (kind == COLUMN_SPAN)
                return format_duration(now > number ? now - number : 0);
        return g_strdup_printf("%" PRIu64, number);
}

/* What its cell says; new string. */
static char *column_cell(const ListColumn *column, const Machine *machine, uint64_t now) {
        if (column->kind == COLUMN_FLAG)
                return g_strdup(column_flag(column, machine) ? _("yes") : _("no"));
        if (column->kind == COLUMN_WORDS || column->kind == COLUMN_WARNINGS)
                return column_words_text(column, machine);
        if (column->kind == COLUMN_OS)
                return format_os(column_text(column, machine));
        if (kind_is_numeric(column->kind))
                return number_text(column->kind, column_number(column, machine), now);
        return g_strdup(column_text(column, machine));
}

static Colour column_colour(const ListColumn *column, const char *cell) {
        if (column->kind == COLUMN_STATE)
                return machine_state_colour(cell);
        if (column->kind == COLUMN_WARNINGS && *cell)
                return COLOUR_YELLOW;
        if (column->kind == COLUMN_ACCELERATOR && strcmp(cell, "tcg") == 0)
                return COLOUR_YELLOW;
        return COLOUR_NONE;
}

void column_add_cell(const ListColumn *column, const Machine *machine, uint64_t now, Table *table) {
        g_autofree char *cell = column_cell(column, machine, now);

        table_add(table, *cell ? cell : "-", column_colour(column, cell));
}

void column_set_json(const ListColumn *column, const Machine *machine, JsonObject *object) {
        JsonNode *node = column->member ? NULL : json_object_get_member(machine->facts, column->property);

        if (!column->member) {
                if (node)
                        json_object_set_member(object, column->property,
                                               json_node_copy(node)); /* takes it */
        } else if (column->kind == COLUMN_FLAG)
                json_object_set_boolean_member(object, column->property, column_flag(column, machine));
        else if (kind_is_numeric(column->kind))
                json_object_set_int_member(object, column->property,
                                           (gint64) column_number(column, machine));
        else
                json_object_set_string_member(object, column->property, column_text(column, machine));
}

int column_compare(const ListColumn *column, const Machine *a, const Machine *b) {
        if (column->kind == COLUMN_FLAG)
                return column_flag(column, a) - column_flag(column, b);
        if (kind_is_numeric(column->kind)) {
                uint64_t m = column_number(column, a), n = column_number(column, b);

                /* The longest uptime is that of the earliest start; what does not run has none. */
                if (column->kind == COLUMN_SPAN && m && n)
                        return (m < n) - (m > n);
                return (m > n) - (m < n);
        }
        if (column->kind == COLUMN_WORDS || column->kind == COLUMN_WARNINGS) {
                g_autofree char *x = column_words_text(column, a), *y = column_words_text(column, b);

                return text_compare(x, y);
        }
        return text_compare(column_text(column, a), column_text(column, b));
}
