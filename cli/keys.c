/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keys.h"

#include <linux/input-event-codes.h>

/* Of several names for one key the first is the one that is listed. */
static const struct {
        const char *name;
        uint32_t code;
} names[] = {
        { "ctrl", KEY_LEFTCTRL },
        { "control", KEY_LEFTCTRL },
        { "leftctrl", KEY_LEFTCTRL },
        { "rightctrl", KEY_RIGHTCTRL },
        { "alt", KEY_LEFTALT },
        { "leftalt", KEY_LEFTALT },
        { "altgr", KEY_RIGHTALT },
        { "rightalt", KEY_RIGHTALT },
        { "shift", KEY_LEFTSHIFT },
        { "leftshift", KEY_LEFTSHIFT },
        { "rightshift", KEY_RIGHTSHIFT },
        { "super", KEY_LEFTMETA },
        { "meta", KEY_LEFTMETA },
        { "win", KEY_LEFTMETA },
        { "leftmeta", KEY_LEFTMETA },
        { "rightmeta", KEY_RIGHTMETA },
        { "menu", KEY_COMPOSE },
        { "compose", KEY_COMPOSE },
        { "esc", KEY_ESC },
        { "escape", KEY_ESC },
        { "enter", KEY_ENTER },
        { "return", KEY_ENTER },
        { "tab", KEY_TAB },
        { "space", KEY_SPACE },
        { "backspace", KEY_BACKSPACE },
        { "del", KEY_DELETE },
        { "delete", KEY_DELETE },
        { "ins", KEY_INSERT },
        { "insert", KEY_INSERT },
        { "home", KEY_HOME },
        { "end", KEY_END },
        { "pageup", KEY_PAGEUP },
        { "pgup", KEY_PAGEUP },
        { "pagedown", KEY_PAGEDOWN },
        { "pgdn", KEY_PAGEDOWN },
        { "up", KEY_UP },
        { "down", KEY_DOWN },
        { "left", KEY_LEFT },
        { "right", KEY_RIGHT },
        { "f1", KEY_F1 },
        { "f2", KEY_F2 },
        { "f3", KEY_F3 },
        { "f4", KEY_F4 },
        { "f5", KEY_F5 },
        { "f6", KEY_F6 },
        { "f7", KEY_F7 },
        { "f8", KEY_F8 },
        { "f9", KEY_F9 },
        { "f10", KEY_F10 },
        { "f11", KEY_F11 },
        { "f12", KEY_F12 },
        { "capslock", KEY_CAPSLOCK },
        { "numlock", KEY_NUMLOCK },
        { "scrolllock", KEY_SCROLLLOCK },
        { "sysrq", KEY_SYSRQ },
        { "print", KEY_SYSRQ },
        { "pause", KEY_PAUSE },
        { "break", KEY_PAUSE },
        { "power", KEY_POWER },
        { "sleep", KEY_SLEEP },
        { "wakeup", KEY_WAKEUP },
        { "mute", KEY_MUTE },
        { "volumedown", KEY_VOLUMEDOWN },
        { "volumeup", KEY_VOLUMEUP },
        { "minus", KEY_MINUS },
        { "plus", KEY_KPPLUS },
        { "equal", KEY_EQUAL },
        { "comma", KEY_COMMA },
        { "dot", KEY_DOT },
        { "slash", KEY_SLASH },
        { "backslash", KEY_BACKSLASH },
        { "semicolon", KEY_SEMICOLON },
        { "apostrophe", KEY_APOSTROPHE },
        { "grave", KEY_GRAVE },
        { "leftbrace", KEY_LEFTBRACE },
        { "rightbrace", KEY_RIGHTBRACE },
};

/* A US keyboard: what each key types alone, and with Shift. */
static const struct {
        char plain, shifted;
        uint32_t code;
} characters[] = {
        { 'a', 'A', KEY_A },           { 'b', 'B', KEY_B },          { 'c', 'C', KEY_C },
        { 'd', 'D', KEY_D },           { 'e', 'E', KEY_E },          { 'f', 'F', KEY_F },
        { 'g', 'G', KEY_G },           { 'h', 'H', KEY_H },          { 'i', 'I', KEY_I },
        { 'j', 'J', KEY_J },           { 'k', 'K', KEY_K },          { 'l', 'L', KEY_L },
        { 'm', 'M', KEY_M },           { 'n', 'N', KEY_N },          { 'o', 'O', KEY_O },
        { 'p', 'P', KEY_P },           { 'q', 'Q', KEY_Q },          { 'r', 'R', KEY_R },
        { 's', 'S', KEY_S },           { 't', 'T', KEY_T },          { 'u', 'U', KEY_U },
        { 'v', 'V', KEY_V },           { 'w', 'W', KEY_W },          { 'x', 'X', KEY_X },
        { 'y', 'Y', KEY_Y },           { 'z', 'Z', KEY_Z },          { '1', '!', KEY_1 },
        { '2', '@', KEY_2 },           { '3', '#', KEY_3 },          { '4', '$', KEY_4 },
        { '5', '%', KEY_5 },           { '6', '^', KEY_6 },          { '7', '&', KEY_7 },
        { '8', '*', KEY_8 },           { '9', '(', KEY_9 },          { '0', ')', KEY_0 },
        { '-', '_', KEY_MINUS },       { '=', '+', KEY_EQUAL },      { '[', '{', KEY_LEFTBRACE },
        { ']', '}', KEY_RIGHTBRACE },  { '\\', '|', KEY_BACKSLASH }, { ';', ':', KEY_SEMICOLON },
        { '\'', '"', KEY_APOSTROPHE }, { '`', '~', KEY_GRAVE },      { ',', '<', KEY_COMMA },
        { '.', '>', KEY_DOT },         { '/', '?', KEY_SLASH },      { ' ', '\0', KEY_SPACE },
        { '\t', '\0', KEY_TAB },       { '\n', '\0', KEY_ENTER },
};

static GArray *keys_new(void) {
        return g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(uint32_t));
}

/* 0, which is no key, if there is none. A single digit is the key with that digit. */
static uint32_t key_code(const char *name) {
        char *end;
        unsigned long number;

        if (name[0] != '\0' && name[1] == '\0')
                for (size_t i = 0; i < G_N_ELEMENTS(characters); i++)
                        if (characters[i].plain == g_ascii_tolower(name[0]))
                                return characters[i].code;

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_ascii_strcasecmp(names[i].name, name) == 0)
                        return names[i].code;

        if (!g_ascii_isdigit(name[0]))
                return 0;
        number = strtoul(name, &end, 10);
        return *end == '\0' && number <= KEY_MAX ? (uint32_t) number : 0;
}

GArray *keys_of_chord(const char *chord, char **ret_unknown) {
        g_auto(GStrv) words = g_strsplit_set(chord, "-+", -1);
        g_autoptr(GArray) keys = keys_new();

        for (size_t i = 0; words[i]; i++) {
                uint32_t code = key_code(words[i]);

                if (code == 0) {
                        *ret_unknown = g_strdup(words[i]);
                        return NULL;
                }
                g_array_append_val(keys, code);
        }

        if (keys->len == 0) {
                *ret_unknown = g_strdup("");
                return NULL;
        }
        return g_steal_pointer(&keys);
}

GArray *keys_of_character(char character) {
        static const uint32_t shift = KEY_LEFTSHIFT;
        GArray *keys;

        for (size_t i = 0; character != '\0' && i < G_N_ELEMENTS(characters); i++) {
                if (characters[i].plain != character && characters[i].shifted != character)
                        continue;

                keys = keys_new();
                if (characters[i].shifted == character)
                        g_array_append_val(keys, shift);
                g_array_append_val(keys, characters[i].code);
                return keys;
        }

        return NULL;
}

char *keys_list(void) {
        GString *list = g_string_new(NULL);
        uint32_t last = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                if (names[i].code != last)
                        g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", names[i].name);
                last = names[i].code;
        }
        return g_string_free(list, /* free_segment= */ FALSE);
}
