/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

#include "text.h"

/* Labels begin this far from the left. */
#define INDENTATION 4U
/* Sentences are not broken into lines that are shorter than this, however narrow the terminal. */
#define SENTENCE_MIN 24U

typedef struct Field {
        char *label; /* NULL: one more line of the field before */
        char *text;
        Colour colour;
        bool sentence;
} Field;

struct Fields {
        const Terminal *terminal;
        GArray *fields; /* of Field */
};

static void field_done(void *data) {
        Field *field = data;

        g_free(field->label);
        g_free(field->text);
}

Fields *fields_new(const Terminal *terminal) {
        Fields *fields = g_new(Fields, 1);

        *fields = (Fields){ .terminal = terminal, .fields = g_array_new(FALSE, FALSE, sizeof(Field)) };
        g_array_set_clear_func(fields->fields, field_done);
        return fields;
}

Fields *fields_free(Fields *fields) {
        if (!fields)
                return NULL;
        g_array_unref(fields->fields);
        g_free(fields);
        return NULL;
}

static void fields_take(Fields *fields, const char *label, char *text, Colour colour, bool sentence) {
        Field field = { .label = g_strdup(label), .text = text, .colour = colour, .sentence = sentence };

        if (!text)
                g_free(field.label);
        else
                g_array_append_val(fields->fields, field);
}

void fields_add(Fields *fields, const char *label, char *text, Colour colour) {
        fields_take(fields, label, text, colour, /* sentence= */ false);
}

void fields_add_sentence(Fields *fields, const char *label, char *text, Colour colour) {
        fields_take(fields, label, text, colour, /* sentence= */ true);
}

static void line_print(const Fields *fields, FILE *file, unsigned width, const char *label, const char *text,
                       Colour colour) {
        bool enabled = fields->terminal->colour;

        fprintf(file, "%*s%s%s %s%s%s\n", (int) (width - text_width(label)), "", label, *label ? ":" : " ",
                colour_on(enabled, colour), text, colour_off(enabled, colour));
}

static void field_print(const Fields *fields, FILE *file, unsigned width, const Field *field) {
        unsigned columns = fields->terminal->columns, room = columns > width + 2 ? columns - width - 2 : 0;
        g_autofree char *shown = terminal_text(fields->terminal, field->text);
        g_auto(GStrv) lines = NULL;

        if (!field->sentence || columns == 0)
                room = UINT_MAX;
        lines = text_wrap(shown, MAX(room, SENTENCE_MIN));
        for (size_t i = 0; lines[i]; i++)
                line_print(fields, file, width, i == 0 && field->label ? field->label : "", lines[i],
                           field->colour);
}

void fields_print(const Fields *fields, FILE *file) {
        unsigned width = 0;

        for (guint i = 0; i < fields->fields->len; i++) {
                const Field *field = &g_array_index(fields->fields, Field, i);

                width = MAX(width, field->label ? text_width(field->label) : 0);
        }
        for (guint i = 0; i < fields->fields->len; i++)
                field_print(fields, file, width + INDENTATION, &g_array_index(fields->fields, Field, i));
}
