/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-text-rows.h"
#include "check-texts.h"
#include "json.h"

static JsonObject *check_new(const char *id, const char *reason) {
        JsonObject *check = json_object_new();

        json_object_set_string_member(check, "Id", id);
        json_object_set_string_member(check, "Reason", reason);
        json_object_set_object_member(check, "Arguments", json_object_new());
        return check;
}

static void argue(JsonObject *check, const char *key, const char *value) {
        json_object_set_string_member(json_object_get_object_member(check, "Arguments"), key, value);
}

static void text_has(char *text, const char *word) {
        g_assert_nonnull(text);
        if (!strstr(text, word))
                g_error("no '%s' in: %s", word, text);
        g_free(text);
}

/* A sentence, or a command. */
static void text_is_whole(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        g_assert_cmpstr(text, !=, "");
        for (size_t i = 0; lines[i]; i++) {
                g_assert_cmpstr(lines[i], !=, "");
                g_assert_null(strchr(lines[i], '{'));
                if (!g_str_has_prefix(lines[i], "  ") && !strchr(".:?)", lines[i][strlen(lines[i]) - 1]))
                        g_error("not a sentence: %s", lines[i]);
        }
}

static void check_rows(const CheckText *rows) {
        for (const CheckText *row = rows; row->id; row++) {
                g_autoptr(JsonObject) check = check_new(row->id, row->reason);
                g_autofree char *meaning = check_meaning(check), *why = check_why(check),
                                *remedy = check_remedy(check);

                g_assert_cmpuint(check_position(row->id), <, UINT_MAX);
                text_is_whole(meaning);
                if (why)
                        text_is_whole(why);
                if (remedy)
                        text_is_whole(remedy);
        }
}

static void test_each_text_is_whole(void) {
        check_rows(check_texts_acceleration);
        check_rows(check_texts_kernel);
        check_rows(check_texts_services);
        check_rows(check_texts_places);
}

static void test_each_fix_says_both_ways(void) {
        unsigned n = 0;

        for (const char *const *id = check_ids(); *id; id++) {
                g_autoptr(JsonObject) check = check_new(*id, "missing");
                g_autofree char *does = check_fix_text(check, /* undo= */ false),
                                *undoes = check_fix_text(check, /* undo= */ true);

                g_assert_cmpint(does != NULL, ==, check_has_fix(*id));
                g_assert_cmpint(does != NULL, ==, undoes != NULL);
                if (does)
                        n++;
                if (does)
                        text_is_whole(does);
                if (undoes)
                        text_is_whole(undoes);
        }
        g_assert_cmpuint(n, ==, 10);
}

static void test_the_firmware_is_that_of_the_vendor(void) {
        static const char *const machines[][4] = {
                { "HPE", "ProLiant DL385 Gen10", "F9", "RBSU" },
                { "HP", "ProLiant MicroServer", "F9", "RBSU" },
                { "HP", "EliteDesk 800", "F10", "System Options" },
                { "Dell Inc.", "PowerEdge R740", "F2", "Processor Settings" },
                { "Dell Inc.", "OptiPlex 7060", "F2", "Virtualization Support" },
                { "LENOVO", "ThinkSystem SR650", "F1", "Processors" },
                { "ASUSTeK COMPUTER INC.", "PRIME X570", "Del", "CPU Configuration" },
                { "Supermicro", "X11", "Del", "CPU Configuration" },
                { "Nobody", "knows", "F10, F1 or Esc", "CPU Configuration" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
                g_autoptr(JsonObject) check = check_new("hardware-virtualization", "off-in-firmware");

                argue(check, "vendor", machines[i][0]);
                argue(check, "product", machines[i][1]);
                argue(check, "processor", "AMD EPYC 7302");
                text_has(check_remedy(check), machines[i][0]);
                text_has(check_remedy(check), machines[i][2]);
                text_has(check_remedy(check), machines[i][3]);
                text_has(check_remedy(check), "SVM Mode");
        }
}

static void test_the_kernel_is_told_by_its_loader(void) {
        static const char *const loaders[][3] = {
                { "grub", "/etc/default/grub", "update-grub" },
                { "systemd-boot", "/etc/kernel/cmdline", "kernel-install" },
                { "extlinux", "/etc/default/u-boot", "u-boot-update" },
                { "extlinux", "/etc/default/extlinux", "EXTLINUX_PARAMETERS" },
                { "extlinux", "/boot/extlinux/extlinux.conf", "append" },
                { "zipl", "/etc/zipl.conf", "sudo zipl" },
                { "", "", "your boot loader" },
                { "", "/boot/firmware/cmdline.txt", "In /boot/firmware/cmdline.txt, add" },
                { "of the future", "/etc/future", "In /etc/future, add" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++) {
                g_autoptr(JsonObject) check = check_new("iommu-kernel", "off");

                argue(check, "argument", "intel_iommu=on");
                argue(check, "loader", loaders[i][0]);
                argue(check, "file", loaders[i][1]);
                text_has(check_remedy(check), "intel_iommu=on");
                text_has(check_remedy(check), loaders[i][2]);
        }
}

static void test_what_comes_from_outside_is_only_shown(void) {
        g_autoptr(JsonObject) check = check_new("libvirt-connection", "unreachable");

        argue(check, "error", "{unit} \033[2J\nFAIL");
        text_has(check_meaning(check), "{unit} \\x1b[2J\\nFAIL");
}

static void test_commands_quote_what_comes_from_outside(void) {
        g_autoptr(JsonObject) disk = check_new("disk-space", "full"),
                              unit = check_new("libvirt-daemon", "masked"),
                              nested = check_new("nested", "off");
        g_autofree char *meaning = NULL;

        argue(disk, "path", "/x; reboot");
        text_has(check_remedy(disk), "  sudo du -xh --max-depth=1 '/x; reboot' | sort -h\n");
        text_has(check_meaning(disk), "The file system of /x; reboot is full");
        argue(unit, "unit", "  sudo $(reboot)'\n");
        text_has(check_remedy(unit), "  sudo systemctl unmask 'sudo $(reboot)'\\''\\n'\n");
        text_has(check_meaning(unit), "sudo $(reboot)");
        meaning = check_meaning(unit);
        g_assert_false(g_str_has_prefix(meaning, " "));
        argue(nested, "module", "kvm_intel`reboot`");
        text_has(check_remedy(nested), "  echo options 'kvm_intel`reboot`' nested=1 | sudo tee ");
}

static void test_commands_take_one_interface(void) {
        g_autoptr(JsonObject) check = check_new("nic-manager", "unmanaged");

        argue(check, "interfaces", "eth0, eth1;reboot");
        text_has(check_remedy(check), "\n  sudo nmcli device set eth0 managed yes\n"
                                      "  sudo nmcli device set 'eth1;reboot' managed yes");
        text_has(check_meaning(check), "eth0, eth1;reboot");
}

static void test_sizes_are_read_by_people(void) {
        g_autoptr(JsonObject) check = check_new("disk-space", "low");

        argue(check, "path", "/var/lib/libvirt/images");
        argue(check, "free", "1073741824");
        argue(check, "size", "much");
        text_has(check_meaning(check), "images is nearly full: 1 GiB of much are free");
}

static void test_what_is_not_known_is_shown_as_it_is(void) {
        g_autoptr(JsonObject) check = check_new("too-new", "odd"), passed = check_new("too-new", "");

        g_assert_cmpstr(check_title("too-new"), ==, "too-new");
        g_assert_cmpstr(check_group_title("too-new"), ==, "too-new");
        g_assert_cmpuint(check_position("too-new"), ==, UINT_MAX);
        text_has(check_meaning(check), "odd");
        g_assert_null(check_why(check));
        g_assert_null(check_remedy(check));
        g_assert_null(check_meaning(passed));
}

static void test_each_check_can_be_unread(void) {
        g_autoptr(JsonObject) check = check_new("clock", "denied");

        argue(check, "what", "/etc/shadow");
        argue(check, "error", "Permission denied");
        text_has(check_meaning(check), "/etc/shadow may not be read.");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/check-texts/each-text-is-whole", test_each_text_is_whole);
        g_test_add_func("/check-texts/each-fix-says-both-ways", test_each_fix_says_both_ways);
        g_test_add_func("/check-texts/the-firmware-is-that-of-the-vendor",
                        test_the_firmware_is_that_of_the_vendor);
        g_test_add_func("/check-texts/the-kernel-is-told-by-its-loader",
                        test_the_kernel_is_told_by_its_loader);
        g_test_add_func("/check-texts/what-comes-from-outside-is-only-shown",
                        test_what_comes_from_outside_is_only_shown);
        g_test_add_func("/check-texts/commands-quote-what-comes-from-outside",
                        test_commands_quote_what_comes_from_outside);
        g_test_add_func("/check-texts/commands-take-one-interface", test_commands_take_one_interface);
        g_test_add_func("/check-texts/sizes-are-read-by-people", test_sizes_are_read_by_people);
        g_test_add_func("/check-texts/what-is-not-known-is-shown-as-it-is",
                        test_what_is_not_known_is_shown_as_it_is);
        g_test_add_func("/check-texts/each-check-can-be-unread", test_each_check_can_be_unread);
        return g_test_run();
}
