/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include <errno.h>
#include <png.h>

#define PPM "image/x-portable-pixmap"

static void test_a_pixmap_becomes_the_same_png(void) {
        static const uint8_t pixels[] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
        g_autoptr(GByteArray) pixmap = g_byte_array_new();
        g_autoptr(GBytes) picture = NULL, png = NULL;
        png_image image = { .version = PNG_IMAGE_VERSION };
        uint8_t read[sizeof(pixels)];
        size_t size;
        const void *data;

        g_byte_array_append(pixmap, (const uint8_t *) "P6 # a screen\n3 2\n255\n", 22);
        g_byte_array_append(pixmap, pixels, sizeof(pixels));
        picture = g_byte_array_free_to_bytes(g_steal_pointer(&pixmap));
        g_assert_cmpint(picture_to_png(PPM, picture, &png), ==, 0);

        data = g_bytes_get_data(png, &size);
        g_assert_true(png_image_begin_read_from_memory(&image, data, size));
        g_assert_cmpuint(image.width, ==, 3);
        g_assert_cmpuint(image.height, ==, 2);
        image.format = PNG_FORMAT_RGB;
        g_assert_true(png_image_finish_read(&image, NULL, read, 0, NULL));
        g_assert_cmpmem(read, sizeof(read), pixels, sizeof(pixels));
}

static void test_a_png_stays_as_it_is(void) {
        g_autoptr(GBytes) picture = g_bytes_new_static("anything", 8), png = NULL;

        g_assert_cmpint(picture_to_png("image/png", picture, &png), ==, 0);
        g_assert_true(g_bytes_equal(picture, png));
}

static void test_what_is_no_pixmap_is_refused(void) {
        static const char *const bad[] = {
                "",
                "P",
                "P6",
                "P5 1 1 255\nx",
                "P6 1 1 255",
                "P6 1 1 255\nxx",
                "P6 1 1 65535\nxxxxxx",
                "P6 0 1 255\nxxx",
                "P6 -1 1 255\nxxx",
                "P6 16384 16384 255\nxxx",
                "P6 99999999999999999999 1 255\nxxx",
                "P6 #",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GBytes) picture = g_bytes_new_static(bad[i], strlen(bad[i])), png = NULL;
                g_assert_cmpint(picture_to_png(PPM, picture, &png), ==, -EBADMSG);
        }
}

static void test_other_types_are_not_guessed(void) {
        g_autoptr(GBytes) picture = g_bytes_new_static("P6 1 1 255\nxxx", 14), png = NULL;

        g_assert_cmpint(picture_to_png("image/jpeg", picture, &png), ==, -EOPNOTSUPP);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/picture/a-pixmap-becomes-the-same-png", test_a_pixmap_becomes_the_same_png);
        g_test_add_func("/picture/a-png-stays-as-it-is", test_a_png_stays_as_it_is);
        g_test_add_func("/picture/what-is-no-pixmap-is-refused", test_what_is_no_pixmap_is_refused);
        g_test_add_func("/picture/other-types-are-not-guessed", test_other_types_are_not_guessed);
        return g_test_run();
}
