/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "subscriptions.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/user-count.h"
#include "peer.h"

/* Each is a match on the bus, of which a connection has 512 if not configured otherwise. */
#define SUBSCRIPTIONS_PER_USER_MAX 64U
#define SUBSCRIPTIONS_MAX 256U

struct Subscriptions {
        sd_bus *bus;
        GHashTable *by_sender; /* owns the Subscription */
        UserCount *count;
        subscriptions_handler_t handler;
        void *userdata;
};

typedef struct Subscription {
        Subscriptions *subscriptions;
        char *sender;
        uid_t uid;
        sd_bus_slot *gone_slot, *question_slot;
} Subscription;

static void subscription_release(gpointer p) {
        Subscription *subscription = p;

        sd_bus_slot_unref(subscription->gone_slot);
        sd_bus_slot_unref(subscription->question_slot);
        g_free(subscription->sender);
        g_free(subscription);
}

Subscriptions *subscriptions_new(sd_bus *bus, subscriptions_handler_t handler, void *userdata) {
        Subscriptions *subscriptions = g_new(Subscriptions, 1);

        *subscriptions = (Subscriptions){
                .bus = sd_bus_ref(bus),
                .by_sender = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, subscription_release),
                .count = user_count_new(SUBSCRIPTIONS_PER_USER_MAX),
                .handler = handler,
                .userdata = userdata,
        };
        return subscriptions;
}

Subscriptions *subscriptions_free(Subscriptions *subscriptions) {
        if (!subscriptions)
                return NULL;

        g_hash_table_unref(subscriptions->by_sender);
        user_count_free(subscriptions->count);
        sd_bus_unref(subscriptions->bus);
        g_free(subscriptions);
        return NULL;
}

bool subscriptions_any(const Subscriptions *subscriptions) {
        return g_hash_table_size(subscriptions->by_sender) > 0;
}

static void subscription_end(Subscription *subscription) {
        Subscriptions *subscriptions = subscription->subscriptions;

        user_count_give_back(subscriptions->count, subscription->uid);
        g_hash_table_remove(subscriptions->by_sender, subscription->sender);
        if (!subscriptions_any(subscriptions))
                subscriptions->handler(subscriptions->userdata, /* subscribed= */ false);
}

static int subscription_on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (peer_left(m))
                subscription_end(userdata);
        return 0;
}

static int subscription_on_watched(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Subscription *subscription = userdata;

        if (!sd_bus_message_is_method_error(m, NULL))
                return 0;

        /* Nobody would notice its end. */
        log_warning("The bus refuses to watch %s, ending its subscription: %s", subscription->sender,
                    sd_bus_message_get_error(m)->message);
        subscription_end(subscription);
        return 0;
}

static int subscription_on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                subscription_end(userdata);
        return 0;
}

/* The bus works on our calls in turn: whoever leaves after the match is seen to leave, whoever left before
 * has no name. */
static int subscription_watch(Subscription *subscription) {
        sd_bus *bus = subscription->subscriptions->bus;
        int r;

        r = peer_watch(bus, subscription->sender, subscription_on_changed, subscription_on_watched,
                       subscription, &subscription->gone_slot);
        if (r < 0)
                return r;

        return sd_bus_call_method_async(bus, &subscription->question_slot, "org.freedesktop.DBus",
                                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
                                        subscription_on_owner, subscription, "s", subscription->sender);
}

int subscriptions_add(Subscriptions *subscriptions, const char *sender, uid_t uid, Failure *failure) {
        Subscription *subscription;
        int r;

        if (g_hash_table_contains(subscriptions->by_sender, sender))
                return 0;

        if (g_hash_table_size(subscriptions->by_sender) >= SUBSCRIPTIONS_MAX ||
            !user_count_take(subscriptions->count, uid))
                return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                   "Too many connections, of user %u or in all, have subscribed already.",
                                   (unsigned) uid);

        subscription = g_new(Subscription, 1);
        *subscription = (Subscription){
                .subscriptions = subscriptions,
                .sender = g_strdup(sender),
                .uid = uid,
        };
        r = subscription_watch(subscription);
        if (r < 0) {
                user_count_give_back(subscriptions->count, uid);
                subscription_release(subscription);
                return failure_set(failure, ERROR_FAILED, "The bus cannot be asked to watch %s: %s", sender,
                                   g_strerror(-r));
        }

        g_hash_table_insert(subscriptions->by_sender, subscription->sender, subscription);
        if (g_hash_table_size(subscriptions->by_sender) == 1)
                subscriptions->handler(subscriptions->userdata, /* subscribed= */ true);
        return 0;
}

void subscriptions_remove(Subscriptions *subscriptions, const char *sender) {
        Subscription *subscription = g_hash_table_lookup(subscriptions->by_sender, sender);

        if (subscription)
                subscription_end(subscription);
}
