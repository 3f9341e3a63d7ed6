/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* How much of a thing each user has under way: whatever a user can make is capped. Main thread. */
typedef struct UserCount UserCount;

/* maximum: of one user. */
UserCount *user_count_new(unsigned maximum);
UserCount *user_count_free(UserCount *count); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UserCount, user_count_free)

/* Counts one more, or returns false if the user has the maximum already. */
bool user_count_take(UserCount *count, uid_t uid);

/* Counts one less, of a successful user_count_take(). */
void user_count_give_back(UserCount *count, uid_t uid);
