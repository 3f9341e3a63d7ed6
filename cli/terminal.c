/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "text.h"

/* Of a help: columns of the names, where the rest begins, and how narrow that may get. */
#define NAME_WIDTH 26U
#define HELP_LEFT (NAME_WIDTH + 3)
#define HELP_MIN 24U

static unsigned terminal_columns(void) {
        const char *variable = getenv("COLUMNS");
        struct winsize size = { 0 };

        if (variable) {
                unsigned long n = strtoul(variable, NULL, 10);

                if (n > 0 && n < 10000)
                        return (unsigned) n;
        }
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return 80;
        return size.ws_col;
}

void terminal_init(Terminal *terminal) {
        const char *no_color = getenv("NO_COLOR");
        const char *term = getenv("TERM");
        bool dumb = !term || strcmp(term, "dumb") == 0;
        bool colour = !dumb && (!no_color || !*no_color);

        *terminal = (Terminal){
                .out_tty = isatty(STDOUT_FILENO),
                .err_tty = isatty(STDERR_FILENO) && !dumb,
                .in_tty = isatty(STDIN_FILENO),
                .unicode = g_get_charset(NULL),
        };
        terminal->colour = colour && terminal->out_tty;
        terminal->err_colour = colour && terminal->err_tty;
        terminal->columns = terminal->out_tty ? terminal_columns() : 0;
}

/* Of standard output; UINT_MAX: no limit. */
static unsigned help_columns(void) {
        return isatty(STDOUT_FILENO) ? terminal_columns() : UINT_MAX;
}

void terminal_print_sentence(FILE *file, const char *text) {
        g_auto(GStrv) lines = text_wrap(text, MAX(help_columns(), HELP_MIN));

        for (size_t i = 0; lines[i]; i++)
                fprintf(file, "%s\n", lines[i]);
}

void terminal_print_row(FILE *file, const char *name, const char *help) {
        unsigned columns = help_columns(), room = columns > HELP_LEFT ? columns - HELP_LEFT : 0;
        g_auto(GStrv) lines = text_wrap(help, MAX(room, HELP_MIN));
        unsigned width = text_width(name);

        fprintf(file, "  %s", name);
        /* What is behind a name that leaves no room for it in its line begins below. */
        if (width > NAME_WIDTH && width + 3 + text_width(help) > columns)
                fprintf(file, "\n%*s", (int) HELP_LEFT, "");
        else
                fprintf(file, "%*s", (int) (NAME_WIDTH - MIN(width, NAME_WIDTH)) + 1, "");
        for (size_t i = 0; lines[i]; i++)
                fprintf(file, "%*s%s\n", i > 0 ? (int) HELP_LEFT : 0, "", lines[i]);
}

const char *colour_on(bool enabled, Colour colour) {
        static const char *const sequences[_COLOUR_MAX] = {
                [COLOUR_NONE] = "",           [COLOUR_RED] = "\033[31m", [COLOUR_GREEN] = "\033[32m",
                [COLOUR_YELLOW] = "\033[33m", [COLOUR_BOLD] = "\033[1m", [COLOUR_DIM] = "\033[2m",
        };

        return enabled ? sequences[colour] : "";
}

const char *colour_off(bool enabled, Colour colour) {
        return enabled && colour != COLOUR_NONE ? "\033[0m" : "";
}

char *terminal_text(const Terminal *terminal, const char *text) {
        bool ascii = !terminal->unicode && (terminal->out_tty || terminal->err_tty);

        return text_escape(text, ascii);
}

const char *terminal_sign(const Terminal *terminal, const char *sign, const char *ascii) {
        return terminal->unicode ? sign : ascii;
}

bool terminal_can_ask(const Terminal *terminal) {
        return terminal->in_tty && isatty(STDERR_FILENO);
}

char terminal_ask(const Terminal *terminal, const char *question, const char *letters) {
        _cleanup_(free_p) char *line = NULL;
        size_t size = 0;

        for (;;) {
                char letter;

                (void) fflush(stdout);
                fputs(question, stderr);
                (void) fflush(stderr);
                if (getline(&line, &size, stdin) < 0) {
                        fputs("\n", stderr);
                        return '\0';
                }
                letter = g_ascii_tolower(*g_strstrip(line));
                if (letter == '\0')
                        return letters[0];
                if (strchr(letters, letter))
                        return letter;
        }
}
