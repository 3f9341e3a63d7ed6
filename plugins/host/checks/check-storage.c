/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room for images. */
#include <errno.h>
#include <inttypes.h>

#include "check.h"

#define IMAGES "/var/lib/libvirt/images"
#define IMAGES_TO_BE "/var/lib" /* where libvirt is not installed yet */

#define MIB ((uint64_t) 1024 * 1024)
/* Guests that write into a full filesystem are paused, or lose what they wrote. */
#define FULL_BYTES (256 * MIB)
/* Low is below both: a tenth of a big disk is much, and 10 GiB of a small one may be all it ever has. */
#define LOW_BYTES (10 * 1024 * MIB)
#define LOW_PART 10

typedef struct Room {
        const char *path; /* NULL: none was read yet */
        uint64_t free, size;
        CheckResult result;
} Room;

static CheckResult room_judge(uint64_t free, uint64_t size) {
        if (free < FULL_BYTES)
                return CHECK_FAIL;
        return free < LOW_BYTES && free < size / LOW_PART ? CHECK_WARN : CHECK_PASS;
}

/* Keeps the worse. -errno. */
static int room_read(Room *room, Host *host, Verdict *verdict, const char *path) {
        CheckResult result;
        uint64_t free, size;
        int r;

        r = host_filesystem(host, verdict, path, &free, &size);
        if (r < 0)
                return r;

        result = room_judge(free, size);
        if (!room->path || result > room->result || (result == room->result && free < room->free))
                *room = (Room){ .path = path, .free = free, .size = size, .result = result };
        return 0;
}

void judge_disk_space(Host *host, Verdict *verdict) {
        static const char *const reasons[] = {
                [CHECK_PASS] = "", [CHECK_WARN] = "low", [CHECK_FAIL] = "full"
        };
        const HostLibvirt *libvirt = host_libvirt(host, verdict);
        Room room = { 0 };
        int r;

        /* What does not answer now belongs to another machine, which watches it; what is read-only is as
         * full as it will ever be. */
        for (guint i = 0; i < libvirt->pools->len; i++) {
                const HostPart *pool = libvirt->pools->pdata[i];

                if (pool->active && *pool->detail != '\0')
                        (void) room_read(&room, host, verdict, pool->detail);
        }
        r = room_read(&room, host, verdict, IMAGES);
        if (r == -ENOENT)
                r = room_read(&room, host, verdict, IMAGES_TO_BE);
        if (!room.path) {
                verdict_set_unread(verdict, IMAGES, r);
                return;
        }

        verdict_set(verdict, room.result, reasons[room.result], "%s", room.path);
        verdict_add(verdict, "path", "%s", room.path);
        verdict_add_coarse(verdict, "free", room.free);
        verdict_add(verdict, "size", "%" PRIu64, room.size);
}
