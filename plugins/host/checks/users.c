/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QEMU_USER "libvirt-qemu"
#define QEMU_GROUP "libvirt-qemu"

static int parse_id(const char *text, unsigned *ret) {
        uint64_t id;

        if (!g_ascii_string_to_unsigned(text, /* base= */ 10, 0, UINT32_MAX - 1, &id, /* error= */ NULL))
                return -EINVAL;

        *ret = (unsigned) id;
        return 0;
}

/* Lines of "name:…", as in passwd(5) and group(5), whose first field is not looked at here. */
static void add_groups(User *user, const char *text, const char *name) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1);

        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", /* max_tokens= */ 4);
                g_auto(GStrv) members = NULL;
                gid_t gid;

                if (g_strv_length(fields) < 4 || parse_id(fields[2], &gid) < 0)
                        continue;
                members = g_strsplit(fields[3], ",", /* max_tokens= */ -1);
                if (g_strv_contains((const char *const *) members, name))
                        g_array_append_val(user->groups, gid);
        }
}

int user_read(Host *host, Verdict *verdict, const char *name, User *ret) {
        g_autofree char *users = host_read(host, verdict, "/etc/passwd");
        g_autofree char *groups = users ? host_read(host, verdict, "/etc/group") : NULL;
        g_auto(GStrv) lines = NULL;

        if (!users || !groups)
                return -errno;

        lines = g_strsplit(users, "\n", /* max_tokens= */ -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", /* max_tokens= */ 5);
                gid_t gid;
                uid_t uid;

                if (g_strv_length(fields) < 4 || !g_str_equal(fields[0], name) ||
                    parse_id(fields[2], &uid) < 0 || parse_id(fields[3], &gid) < 0)
                        continue;

                *ret = (User){ .uid = uid,
                               .groups = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE,
                                                     sizeof(gid_t)) };
                g_array_append_val(ret->groups, gid);
                add_groups(ret, groups, name);
                return 0;
        }

        return -ESRCH;
}

/* In a file whose lines begin with "name:password:number:"; NULL: none. */
static char *find_name(Host *host, Verdict *verdict, const char *path, unsigned number) {
        g_autofree char *text = host_read(host, verdict, path);
        g_auto(GStrv) lines = text ? g_strsplit(text, "\n", /* max_tokens= */ -1) : NULL;

        for (char **line = lines; line && *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", /* max_tokens= */ 4);
                unsigned id;

                if (g_strv_length(fields) >= 3 && parse_id(fields[2], &id) >= 0 && id == number)
                        return g_strdup(fields[0]);
        }
        return NULL;
}

char *user_name(Host *host, Verdict *verdict, uid_t uid) {
        return find_name(host, verdict, "/etc/passwd", uid) ?: g_strdup_printf("%u", uid);
}

char *group_name(Host *host, Verdict *verdict, gid_t gid) {
        return find_name(host, verdict, "/etc/group", gid) ?: g_strdup_printf("%u", gid);
}

void verdict_add_owner(Host *host, Verdict *verdict, const struct stat *status) {
        g_autofree char *owner = user_name(host, verdict, status->st_uid);
        g_autofree char *group = group_name(host, verdict, status->st_gid);

        verdict_add(verdict, "owner", "%s", owner);
        verdict_add(verdict, "group", "%s", group);
        verdict_add(verdict, "mode", "%04o", status->st_mode & 07777U);
}

int user_read_setting(Host *host, Verdict *verdict, const char *setting, User *ret) {
        const char *digits = setting + (*setting == '+');
        int r = *setting == '+' ? -ESRCH : user_read(host, verdict, setting, ret);
        g_autofree char *name = NULL;
        uid_t uid;

        if (r != -ESRCH || parse_id(digits, &uid) < 0)
                return r;

        name = find_name(host, verdict, "/etc/passwd", uid);
        if (name)
                return user_read(host, verdict, name, ret);

        *ret = (User){ .uid = uid, .groups = g_array_new(FALSE, FALSE, sizeof(gid_t)) };
        return 0;
}

int group_read(Host *host, Verdict *verdict, const char *name, gid_t *ret) {
        g_autofree char *text = host_read(host, verdict, "/etc/group");
        g_auto(GStrv) lines = NULL;

        if (!text)
                return -errno;

        lines = g_strsplit(text, "\n", /* max_tokens= */ -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", /* max_tokens= */ 4);

                if (g_strv_length(fields) >= 3 && g_str_equal(fields[0], name) &&
                    parse_id(fields[2], ret) >= 0)
                        return 0;
        }
        return -ESRCH;
}

void user_add_group_setting(User *user, Host *host, Verdict *verdict, const char *setting) {
        const char *digits = setting + (*setting == '+');
        gid_t gid;

        if ((*setting != '+' && group_read(host, verdict, setting, &gid) >= 0) ||
            parse_id(digits, &gid) >= 0)
                g_array_append_val(user->groups, gid);
}

void user_done(User *user) {
        g_clear_pointer(&user->groups, g_array_unref);
}

bool user_may_use(const User *user, const struct stat *status) {
        if (user->uid == 0)
                return true;
        if (status->st_uid == user->uid)
                return (status->st_mode & 0600) == 0600;

        for (guint i = 0; i < user->groups->len; i++)
                if (g_array_index(user->groups, gid_t, i) == status->st_gid)
                        return (status->st_mode & 0060) == 0060;

        return (status->st_mode & 0006) == 0006;
}

/* The value of a line 'user = "name"', or NULL. */
static char *conf_string(const char *text, const char *key) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1);

        for (char **line = lines; *line; line++) {
                const char *rest = g_strchug(*line);
                const char *end;

                if (!g_str_has_prefix(rest, key))
                        continue;
                rest += strlen(key);
                rest += strspn(rest, " \t");
                if (*rest != '=')
                        continue;
                rest += 1 + strspn(rest + 1, " \t");
                if (*rest != '"' && *rest != '\'')
                        continue;
                end = strchr(rest + 1, *rest);
                if (end)
                        return g_strndup(rest + 1, (size_t) (end - rest - 1));
        }

        return NULL;
}

int user_of_qemu(Host *host, Verdict *verdict, char **ret_user, char **ret_group) {
        g_autofree char *text = host_read(host, verdict, "/etc/libvirt/qemu.conf");
        char *user, *group;

        if (!text && errno != ENOENT)
                return -errno;

        user = text ? conf_string(text, "user") : NULL;
        group = text ? conf_string(text, "group") : NULL;
        *ret_user = user ?: g_strdup(QEMU_USER);
        *ret_group = group ?: g_strdup(QEMU_GROUP);
        return 0;
}
