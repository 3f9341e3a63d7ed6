/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"

#include "plugin.h"

/* libvirt calls back on its own thread: what an event says is copied there and delivered on the main thread.
 */
typedef struct EventMail {
        Sync *sync;
        MachineEvent event;
} EventMail;

static void deliver_lifecycle(void *data) {
        g_autofree EventMail *mail = data;
        sync_on_event(mail->sync, &mail->event);
}

static void deliver_config(void *data) {
        g_autofree EventMail *mail = data;
        sync_on_config_event(mail->sync, mail->event.uuid);
}

static EventMail *mail_new(Sync *sync, virDomainPtr domain) {
        EventMail *mail = g_new0(EventMail, 1);
        unsigned id = virDomainGetID(domain);

        mail->sync = sync;
        mail->event.id = id == (unsigned) -1 ? 0 : id;
        (void) virDomainGetUUIDString(domain, mail->event.uuid);
        return mail;
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *opaque) {
        EventMail *mail = mail_new(opaque, domain);

        mail->event.event = event;
        mail->event.detail = detail;
        sync_post(opaque, deliver_lifecycle, mail);
        return 0;
}

static void on_balloon(virConnectPtr connection, virDomainPtr domain, unsigned long long actual,
                       void *opaque) {
        sync_post(opaque, deliver_config, mail_new(opaque, domain));
}

int events_register(virConnect *connection, Sync *sync, Failure *failure) {
        static const struct {
                int id;
                virConnectDomainEventGenericCallback callback;
        } events[] = {
                { VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle) },
                { VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_balloon) },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
                if (virConnectDomainEventRegisterAny(connection, /* dom= */ NULL, events[i].id,
                                                     events[i].callback, sync,
                                                     /* freecb= */ NULL) < 0)
                        return hypervisor_failure(failure);

        return 0;
}
