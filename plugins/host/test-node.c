/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "node.h"

#include <glib/gstdio.h>

#include "usage.h"

static void names(const char *text, const char *expected) {
        g_autofree char *path = g_build_filename(g_get_tmp_dir(), "os-release-XXXXXX", NULL), *name = NULL;
        int fd = g_mkstemp(path);

        g_assert_cmpint(fd, >=, 0);
        g_assert_true(g_close(fd, NULL));
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        name = os_release_name(path);
        g_assert_cmpstr(name, ==, expected);
        (void) g_unlink(path);
}

static void test_the_system_has_a_name(void) {
        names("NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
              "Debian GNU/Linux 12 (bookworm)");
        names("PRETTY_NAME='It\\s'\nID=x", "It\\s");
        names("PRETTY_NAME=Void", "Void");
        names("PRETTY_NAME=\"a \\\"b\\\" \\$c\"\n", "a \"b\" $c");
}

static void test_a_system_may_have_no_name(void) {
        names("", "");
        names("NAME=x\n#PRETTY_NAME=y\n", "");
        names("PRETTY_NAME=\"open\n", "");
        names("PRETTY_NAME=", "");
        g_autofree char *none = os_release_name("/nonexistent/os-release");
        g_assert_cmpstr(none, ==, "");
}

static void test_controls_do_not_pass(void) {
        names("PRETTY_NAME=\"a\x1b[2Jb\"\n", "a\\x1b[2Jb");
}

/* It counts as cached, and cannot be had. */
static void test_shared_memory_is_not_available(void) {
        g_assert_cmpuint(usage_memory_available(10, 50, 20), ==, 40);
        g_assert_cmpuint(usage_memory_available(10, 50, 0), ==, 60);
        g_assert_cmpuint(usage_memory_available(10, 20, 30), ==, 10); /* read at two times */
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/node/name", test_the_system_has_a_name);
        g_test_add_func("/node/no-name", test_a_system_may_have_no_name);
        g_test_add_func("/node/controls", test_controls_do_not_pass);
        g_test_add_func("/node/shared-memory", test_shared_memory_is_not_available);
        return g_test_run();
}
