/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

static void escaped_is(const char *text, bool ascii, const char *expected) {
        g_autofree char *escaped = text_escape(text, ascii);

        g_assert_cmpstr(escaped, ==, expected);
}

static void test_escape_leaves_what_is_printable(void) {
        escaped_is("web-1 a;b %n $(x)", false, "web-1 a;b %n $(x)");
        escaped_is("日本語", false, "日本語");
        escaped_is("e\xcc\x81", false, "e\xcc\x81");
        escaped_is("", false, "");
}

static void test_escape_hides_every_control(void) {
        escaped_is("\033[2J", false, "\\x1b[2J");
        escaped_is("a\nb\tc\rd", false, "a\\nb\\tc\\x0dd");
        escaped_is("\x7f", false, "\\x7f");
        escaped_is("\xc2\x9b"
                   "31m",
                   false, "\\u009b31m");          /* C1: CSI in one character */
        escaped_is("\xc2\x9d", false, "\\u009d"); /* OSC */
        escaped_is("\xe2\x80\xae"
                   "x",
                   false, "\\u202ex");                /* turns the direction of the text */
        escaped_is("\xe2\x80\xa8", false, "\\u2028"); /* line separator */
        escaped_is("\xf3\xa0\x80\x81", false, "\\U000e0001");
}

static void test_escape_hides_what_is_no_utf8(void) {
        escaped_is("a\xff"
                   "b",
                   false, "a\\xffb");
        escaped_is("\x9b"
                   "31m",
                   false, "\\x9b31m");
        escaped_is("\xe6\x97", false, "\\xe6\\x97");
        escaped_is("\xc0\x80", false, "\\xc0\\x80");
}

static void test_escape_knows_terminals_of_bytes(void) {
        escaped_is("a日", true, "a\\u65e5");
}

static void test_no_single_character_reaches_a_terminal_as_control(void) {
        for (gunichar c = 1; c < 0x3000; c++) {
                char utf8[8] = "";
                g_autofree char *escaped = NULL;

                utf8[g_unichar_to_utf8(c, utf8)] = '\0';
                escaped = text_escape(utf8, false);
                for (const char *p = escaped; *p; p = g_utf8_next_char(p))
                        g_assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
        }
}

static void test_width_counts_columns(void) {
        g_assert_cmpuint(text_width("web"), ==, 3);
        g_assert_cmpuint(text_width("日本語"), ==, 6);
        g_assert_cmpuint(text_width("e\xcc\x81"), ==, 1);
        g_assert_cmpuint(text_width("…"), ==, 1);
        g_assert_cmpuint(text_width(""), ==, 0);
}

static void test_ellipsize_fits(void) {
        static const char *const texts[] = { "", "web", "a-long-name-of-a-machine", "日本語の仮想マシン",
                                             "e\xcc\x81xyz" };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                for (unsigned width = 0; width < 30; width++) {
                        g_autofree char *cut = text_ellipsize(texts[i], width, "…");
                        g_autofree char *ascii = text_ellipsize(texts[i], width, "...");

                        g_assert_cmpuint(text_width(cut), <=, width);
                        g_assert_cmpuint(text_width(ascii), <=, width);
                        g_assert_true(g_utf8_validate(cut, -1, NULL));
                }
}

static void wraps(const char *text, unsigned width, const char *expected) {
        g_auto(GStrv) lines = text_wrap(text, width);
        g_autofree char *joined = g_strjoinv("|", lines);

        g_assert_cmpstr(joined, ==, expected);
}

static void test_sentences_are_broken_between_words(void) {
        wraps("", 10, "");
        wraps("one two three", 7, "one two|three");
        wraps("one two  three", 6, "one|two|three");
        wraps("incomprehensible yes", 5, "incomprehensible|yes");
        wraps("ディスクがありません", 8, "ディスク|がありま|せん");
        wraps("web は遅い", 6, "web は|遅い");
}

static void test_signs_stay_with_what_they_belong_to(void) {
        wraps("ディスク、だ", 8, "ディス|ク、だ");
        wraps("コンピューター", 6, "コン|ピュー|ター");
        wraps("あい「う」え", 6, "あい|「う」|え");
        wraps("はい、/dev/kvm", 8, "はい、|/dev/kvm");
        wraps("です (KVM)。はい", 11, "です|(KVM)。はい");
}

static void test_fill_is_no_printf(void) {
        g_autofree char *filled = text_fill("cannot start '{name}'", "name", "%n%s{name}");
        g_autofree char *none = text_fill("%s", "name", "x");

        g_assert_cmpstr(filled, ==, "cannot start '%n%s{name}'");
        g_assert_cmpstr(none, ==, "%s");
}

static void test_names_are_compared_as_people_do(void) {
        static const char *const ordered[] = { "",
                                               "-x",
                                               "1",
                                               "01x",
                                               "2",
                                               "10",
                                               "a",
                                               "B",
                                               "c",
                                               "vm",
                                               "vm1",
                                               "vm2",
                                               "vm02b",
                                               "vm10",
                                               "vm010c",
                                               "vm99999999999999999999",
                                               "vm100000000000000000000",
                                               "vmx",
                                               "日本" };

        for (size_t i = 0; i < G_N_ELEMENTS(ordered); i++)
                for (size_t j = 0; j < G_N_ELEMENTS(ordered); j++) {
                        int order = text_compare(ordered[i], ordered[j]);

                        g_assert_cmpint((order > 0) - (order < 0), ==, (i > j) - (i < j));
                }
        /* What people take for equal still has one order. */
        g_assert_cmpint(text_compare("vm1", "vm01"), !=, 0);
        g_assert_cmpint(text_compare("Web", "web"), ==, -text_compare("web", "Web"));
}

static void shell_word_is(const char *name, const char *expected) {
        g_autofree char *word = text_shell_word(name);

        g_assert_cmpstr(word, ==, expected);
}

static void test_shell_word_can_be_typed(void) {
        shell_word_is("web", "web");
        shell_word_is("-h", "-- -h");
        shell_word_is("a;b", "'a;b'");
        shell_word_is("$(x)", "'$(x)'");
        shell_word_is("", "''");
}

static void test_closest_finds_slips_and_nothing_else(void) {
        static const char *const names[] = { "web", "database", "mail", "日本語", NULL };
        static const char *const none[] = { NULL };

        g_assert_cmpstr(text_closest("wbe", names), ==, "web");
        g_assert_cmpstr(text_closest("Web", names), ==, "web");
        g_assert_cmpstr(text_closest("webs", names), ==, "web");
        g_assert_cmpstr(text_closest("databse", names), ==, "database");
        g_assert_cmpstr(text_closest("日本", names), ==, "日本語");
        g_assert_null(text_closest("router", names));
        g_assert_null(text_closest("web", none));
        g_assert_null(text_closest("\xff", names));
}

static void test_list_has_whole_words(void) {
        g_assert_true(text_list_has("a,bc", ',', "bc"));
        g_assert_true(text_list_has("a,bc", ',', "a"));
        g_assert_false(text_list_has("a,bc", ',', "b"));
        g_assert_false(text_list_has("a,bc", ',', "a,bc"));
        g_assert_false(text_list_has(NULL, ',', "a"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/text/escape-leaves-what-is-printable", test_escape_leaves_what_is_printable);
        g_test_add_func("/text/escape-hides-every-control", test_escape_hides_every_control);
        g_test_add_func("/text/escape-hides-what-is-no-utf8", test_escape_hides_what_is_no_utf8);
        g_test_add_func("/text/escape-knows-terminals-of-bytes", test_escape_knows_terminals_of_bytes);
        g_test_add_func("/text/no-single-character-reaches-a-terminal-as-control",
                        test_no_single_character_reaches_a_terminal_as_control);
        g_test_add_func("/text/width-counts-columns", test_width_counts_columns);
        g_test_add_func("/text/ellipsize-fits", test_ellipsize_fits);
        g_test_add_func("/text/sentences-are-broken-between-words", test_sentences_are_broken_between_words);
        g_test_add_func("/text/signs-stay-with-what-they-belong-to",
                        test_signs_stay_with_what_they_belong_to);
        g_test_add_func("/text/fill-is-no-printf", test_fill_is_no_printf);
        g_test_add_func("/text/names-are-compared-as-people-do", test_names_are_compared_as_people_do);
        g_test_add_func("/text/shell-word-can-be-typed", test_shell_word_can_be_typed);
        g_test_add_func("/text/closest-finds-slips-and-nothing-else",
                        test_closest_finds_slips_and_nothing_else);
        g_test_add_func("/text/list-has-whole-words", test_list_has_whole_words);
        return g_test_run();
}
