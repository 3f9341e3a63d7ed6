/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "user-count.h"

struct UserCount {
        unsigned maximum;
        GHashTable *counts; /* by uid; none is 0 */
};

UserCount *user_count_new(unsigned maximum) {
        UserCount *count = g_new(UserCount, 1);

        *count = (UserCount){ .maximum = maximum, .counts = g_hash_table_new(NULL, NULL) };
        return count;
}

UserCount *user_count_free(UserCount *count) {
        if (!count)
                return NULL;

        g_hash_table_unref(count->counts);
        g_free(count);
        return NULL;
}

bool user_count_take(UserCount *count, uid_t uid) {
        gpointer key = GUINT_TO_POINTER(uid);
        unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(count->counts, key));

        if (n >= count->maximum)
                return false;

        g_hash_table_insert(count->counts, key, GUINT_TO_POINTER(n + 1));
        return true;
}

void user_count_give_back(UserCount *count, uid_t uid) {
        gpointer key = GUINT_TO_POINTER(uid);
        unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(count->counts, key));

        g_assert(n > 0);
        if (n == 1)
                g_hash_table_remove(count->counts, key);
        else
                g_hash_table_insert(count->counts, key, GUINT_TO_POINTER(n - 1));
}
