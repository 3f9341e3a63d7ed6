/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest-channel.h"

#include <glib.h>

#define CHANNEL(attributes) "<channel type='unix'><target type='virtio' " attributes "/></channel>"
#define AGENT "name='org.qemu.guest_agent.0' "

static void expect(const char *channels, GuestChannel expected) {
        g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>", channels);

        g_assert_cmpint(guest_channel_read(xml), ==, expected);
}

static void test_who_has_not_opened_it_is_not_asked(void) {
        expect(CHANNEL(AGENT "state='disconnected'"), CHANNEL_AWAY);
        expect(CHANNEL(AGENT "state='connected'"), CHANNEL_OPEN);
        expect(CHANNEL(AGENT), CHANNEL_OPEN);
}

static void test_other_channels_are_none(void) {
        expect("", CHANNEL_NONE);
        expect(CHANNEL("name='com.redhat.spice.0' state='connected'"), CHANNEL_NONE);
        expect(CHANNEL("name='com.redhat.spice.0' state='connected'") CHANNEL(AGENT "state='disconnected'"),
               CHANNEL_AWAY);
        g_assert_cmpint(guest_channel_read("<domain"), ==, CHANNEL_NONE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/guest-channel/" #name, test_##name)
        TEST(who_has_not_opened_it_is_not_asked);
        TEST(other_channels_are_none);
#undef TEST
        return g_test_run();
}
