/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include <errno.h>
#include <png.h>

/* A side of any screen. */
#define SIDE_MAX 16384U

typedef struct Pixmap {
        uint32_t width, height;
        const uint8_t *pixels;
} Pixmap;

/* A number of the header, and the space before it. */
static int header_read_number(const char **p, const char *end, uint32_t maximum, uint32_t *ret) {
        uint64_t number = 0;
        const char *digits;

        while (*p < end && (g_ascii_isspace(**p) || **p == '#')) {
                if (**p != '#')
                        (*p)++;
                else
                        while (*p < end && **p != '\n') /* a comment */
                                (*p)++;
        }

        for (digits = *p; *p < end && g_ascii_isdigit(**p); (*p)++) {
                number = number * 10 + (uint64_t) (**p - '0');
                if (number > maximum)
                        return -EBADMSG;
        }
        if (*p == digits || number == 0)
                return -EBADMSG;

        *ret = (uint32_t) number;
        return 0;
}

static int pixmap_read(GBytes *picture, Pixmap *ret) {
        size_t size;
        const char *p = g_bytes_get_data(picture, &size), *end = p + size;
        uint32_t maximum = 0;
        int r;

        if (size < 2 || memcmp(p, "P6", 2) != 0)
                return -EBADMSG;

        p += 2;
        r = header_read_number(&p, end, SIDE_MAX, &ret->width);
        if (r >= 0)
                r = header_read_number(&p, end, SIDE_MAX, &ret->height);
        if (r >= 0)
                r = header_read_number(&p, end, 255, &maximum);
        if (r < 0)
                return r;

        /* One space, then the pixels. */
        if (maximum != 255 || p >= end || !g_ascii_isspace(*p) ||
            (uint64_t) (end - p - 1) < (uint64_t) ret->width * ret->height * 3)
                return -EBADMSG;

        ret->pixels = (const uint8_t *) p + 1;
        return 0;
}

int picture_to_png(const char *type, GBytes *picture, GBytes **ret) {
        png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };
        Pixmap pixmap;
        png_alloc_size_t size;
        void *data;
        int r;

        if (strcmp(type, "image/png") == 0) {
                *ret = g_bytes_ref(picture);
                return 0;
        }
        if (strcmp(type, "image/x-portable-pixmap") != 0)
                return -EOPNOTSUPP;

        r = pixmap_read(picture, &pixmap);
        if (r < 0)
                return r;

        image.width = pixmap.width;
        image.height = pixmap.height;
        if (!png_image_write_get_memory_size(image, size, /* convert_to_8_bit= */ 0, pixmap.pixels,
                                             /* row_stride= */ 0, /* colormap= */ NULL))
                return -ENOMEM;
        data = g_malloc(size);
        if (!png_image_write_to_memory(&image, data, &size, 0, pixmap.pixels, 0, NULL)) {
                g_free(data);
                return -ENOMEM;
        }

        *ret = g_bytes_new_take(data, size);
        return 0;
}
