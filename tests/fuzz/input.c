/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "input.h"

#include <string.h>
#include <sys/socket.h>

#define DEPTH_MAX 8U   /* of generated types, and of variants in variants */
#define TYPES_MAX 100U /* the bus takes 255 characters in all */
#define ITEMS_MAX 16U
#define BASIC_TYPES "ybnqiuxtdsog" /* no descriptors: the agent takes none */

uint8_t input_byte(Input *input) {
        if (input->size == 0)
                return 0;

        input->size--;
        return *input->data++;
}

uint64_t input_number(Input *input) {
        unsigned n = 1 + input_byte(input) % 8;
        uint64_t number = 0;

        while (n-- > 0)
                number = number << 8 | input_byte(input);
        return number;
}

char *input_text(Input *input) {
        size_t n = input->size > 0 ? strnlen((const char *) input->data, input->size) : 0;
        char *text = g_strndup((const char *) input->data, n);

        if (n < input->size)
                n++;
        input->data += n;
        input->size -= n;
        return text;
}

char *input_utf8(Input *input) {
        g_autofree char *text = input_text(input);
        return g_utf8_make_valid(text, /* len= */ -1);
}

sd_bus *input_bus(void) {
        static sd_bus *bus;
        int ends[2];

        if (bus)
                return bus;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, ends[0], ends[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        return bus;
}

/* Appends a single complete type. */
static void type_append(Input *input, GString *types, unsigned depth) {
        uint8_t choice = input_byte(input);
        unsigned n;

        switch (depth < DEPTH_MAX && types->len < TYPES_MAX ? choice % 8 : 0) {
        case 4:
                g_string_append_c(types, 'v');
                return;
        case 5:
                g_string_append_c(types, 'a');
                type_append(input, types, depth + 1);
                return;
        case 6:
                g_string_append_c(types, '(');
                for (n = 1 + input_byte(input) % 4; n > 0; n--)
                        type_append(input, types, depth + 1);
                g_string_append_c(types, ')');
                return;
        case 7:
                g_string_append_printf(types, "a{%c", BASIC_TYPES[input_byte(input) % strlen(BASIC_TYPES)]);
                type_append(input, types, depth + 1);
                g_string_append_c(types, '}');
                return;
        default:
                g_string_append_c(types, BASIC_TYPES[choice / 8 % strlen(BASIC_TYPES)]);
        }
}

/* The length of the single complete type that the text begins with. */
static size_t type_length(const char *type) {
        size_t n = 0;
        int open = 0;

        while (type[n] == 'a')
                n++;
        do {
                open += type[n] == '(' || type[n] == '{';
                open -= type[n] == ')' || type[n] == '}';
                n++;
        } while (open > 0);
        return n;
}

static void append_text(Input *input, sd_bus_message *m, char type) {
        g_autofree char *text = input_utf8(input);

        /* What is no path or signature is refused. */
        if (sd_bus_message_append_basic(m, type, text) < 0)
                g_assert_cmpint(sd_bus_message_append_basic(m, type, type == 'o' ? "/" : ""), >=, 0);
}

static void append_number(Input *input, sd_bus_message *m, char type) {
        uint64_t number = input_number(input);
        int truth = number & 1;
        double real;

        memcpy(&real, &number, sizeof(real));
        g_assert_cmpint(sd_bus_message_append_basic(m, type,
                                                    type == 'b'   ? (const void *) &truth
                                                    : type == 'd' ? (const void *) &real
                                                                  : (const void *) &number),
                        >=, 0);
}

static void append_values(Input *input, sd_bus_message *m, const char *types, unsigned depth);

static void append_container(Input *input, sd_bus_message *m, char container, const char *contents,
                             unsigned depth) {
        unsigned n = container == 'a' ? input_byte(input) % ITEMS_MAX : 1;

        g_assert_cmpint(sd_bus_message_open_container(m, container, contents), >=, 0);
        while (n-- > 0)
                append_values(input, m, contents, depth);
        g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
}

static void append_variant(Input *input, sd_bus_message *m, unsigned depth) {
        g_autoptr(GString) type = g_string_new(NULL);

        type_append(input, type, depth);
        append_container(input, m, 'v', type->str, depth + 1);
}

static void append_values(Input *input, sd_bus_message *m, const char *types, unsigned depth) {
        for (size_t length; *types; types += length) {
                g_autofree char *contents = NULL;

                length = type_length(types);
                if (*types == 'a')
                        contents = g_strndup(types + 1, length - 1);
                else if (length > 1)
                        contents = g_strndup(types + 1, length - 2);

                switch (*types) {
                case 'a':
                        append_container(input, m, 'a', contents, depth);
                        break;
                case '(':
                        append_container(input, m, 'r', contents, depth);
                        break;
                case '{':
                        append_container(input, m, 'e', contents, depth);
                        break;
                case 'v':
                        append_variant(input, m, depth);
                        break;
                case 's':
                case 'o':
                case 'g':
                        append_text(input, m, *types);
                        break;
                default:
                        append_number(input, m, *types);
                }
        }
}

void input_append(Input *input, sd_bus_message *m, const char *types) {
        g_autoptr(GString) generated = g_string_new(types);

        if (!types)
                for (unsigned n = input_byte(input) % 4; n > 0; n--)
                        type_append(input, generated, 0);
        append_values(input, m, generated->str, /* depth= */ 0);
}

sd_bus_message *input_message(Input *input, const char *types) {
        sd_bus_message *m;

        g_assert_cmpint(sd_bus_message_new_method_call(input_bus(), &m, "a.b", "/", "a.b", "Verb"), >=, 0);
        input_append(input, m, types);
        g_assert_cmpint(sd_bus_message_seal(m, /* cookie= */ 1, /* timeout= */ 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(m, /* complete= */ true), >=, 0);
        return m;
}
