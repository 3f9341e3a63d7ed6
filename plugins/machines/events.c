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

static void deliver_device(void *data) {
        g_autofree EventMail *mail = data;
        sync_on_device_event(mail->sync, mail->event.uuid);
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

static void on_metadata(virConnectPtr connection, virDomainPtr domain, int type, const char *uri,
                        void *opaque) {
        sync_post(opaque, deliver_config, mail_new(opaque, domain));
}

static void on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *opaque) {
        sync_post(opaque, deliver_device, mail_new(opaque, domain));
}

static void on_agent(virConnectPtr connection, virDomainPtr domain, int state, int reason, void *opaque) {
        sync_post(opaque, deliver_config, mail_new(opaque, domain));
}

static void on_tray(virConnectPtr connection, virDomainPtr domain, const char *alias, int reason,
                    void *opaque) {
        sync_post(opaque, deliver_config, mail_new(opaque, domain));
}

/* A pivot gives a disk another source. */
static void on_block_job(virConnectPtr connection, virDomainPtr domain, const char *disk, int type,
                         int status, void *opaque) {
        sync_post(opaque, deliver_config, mail_new(opaque, domain));
}

/* All that tell of something read from the XML; sync.h has what becomes of them. */
static const struct {
        int id;
        virConnectDomainEventGenericCallback callback;
} events[] = {
        { VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle) },
        { VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_balloon) },
        { VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata) },
        { VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_agent) },
        { VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_tray) },
        { VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_EVENT_CALLBACK(on_block_job) },
        { VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device) },
        { VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_device) },
};

/* libvirt's numbers of the callbacks; -1 where there is none. */
typedef struct Registration {
        int callbacks[G_N_ELEMENTS(events)];
} Registration;

void events_closing(virConnect *connection, void *data) {
        g_autofree Registration *registration = data;

        for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
                if (registration->callbacks[i] >= 0)
                        (void) virConnectDomainEventDeregisterAny(connection, registration->callbacks[i]);
}

int events_opened(virConnect *connection, void *userdata, void **ret_registration, Failure *failure) {
        Registration *registration = g_new(Registration, 1);

        for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
                registration->callbacks[i] = -1;

        for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
                registration->callbacks[i] = virConnectDomainEventRegisterAny(
                                connection, /* dom= */ NULL, events[i].id, events[i].callback, userdata,
                                /* freecb= */ NULL);
                if (registration->callbacks[i] < 0) {
                        int r = hypervisor_failure(failure);

                        events_closing(connection, registration);
                        return r;
                }
        }

        *ret_registration = registration;
        return 0;
}
