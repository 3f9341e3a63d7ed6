/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libvirt/virterror.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "console.h"
#include "domain-xml.h"
#include "common/xml.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStream, virStreamFree)

/*
 * Why libvirt refused: it has no error numbers for a machine that is off or has no such device.
 */

/* The XML of the run; NULL if there is none. */
static xmlDoc *domain_read_xml(virDomain *domain) {
        g_autofree char *xml = virDomainGetXMLDesc(domain, /* flags= */ 0);
        g_auto(Failure) unreadable = { 0 };
        xmlDoc *document;

        return xml && xml_parse(xml, &document, &unreadable) >= 0 ? document : NULL;
}

static const xmlNode *document_devices(xmlDoc *document) {
        return document ? node_child(xmlDocGetRootElement(document), "devices") : NULL;
}

/* The names by which a serial line can be asked for, in turn; false: there is none of this name. */
static bool document_has_serial(xmlDoc *document, const char *name, GString *names) {
        static const char *const kinds[] = { "serial", "console", "parallel" };
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        const xmlNode *devices = document_devices(document);

        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
                for (const xmlNode *d = node_child(devices, kinds[i]); d; d = node_next(d, kinds[i])) {
                        const char *alias = node_attribute(node_child(d, "alias"), "name");

                        /* The first console is the first serial line once more. */
                        if (alias && g_hash_table_add(seen, (void *) alias))
                                g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", alias);
                }

        return name ? g_hash_table_contains(seen, name) : g_hash_table_size(seen) > 0;
}

/* libvirt's error as a failure, but for a machine that has ended meanwhile. ret_number: libvirt's. */
static int console_failure(virDomain *domain, int *ret_number, Failure *failure) {
        int r;

        *ret_number = virGetLastErrorCode();
        r = hypervisor_failure(failure);
        if (*ret_number != VIR_ERR_NO_SUPPORT && virDomainIsActive(domain) == 0)
                r = failure_set(failure, ERROR_MACHINE_NOT_RUNNING, "Machine \"%s\" is not running.",
                                virDomainGetName(domain));
        return r;
}

/* Whether it may be that there is no such device. */
static bool is_about_device(int number, const Failure *failure) {
        return failure->code != ERROR_MACHINE_NOT_RUNNING &&
               (number == VIR_ERR_INTERNAL_ERROR || number == VIR_ERR_INVALID_ARG ||
                number == VIR_ERR_OPERATION_FAILED || number == VIR_ERR_OPERATION_INVALID);
}

int console_run_serial(virDomain *domain, const char *device, bool force, virStream *stream,
                       Failure *failure) {
        /* Never without the lock that keeps two from reading half of the output each. */
        unsigned flags = VIR_DOMAIN_CONSOLE_SAFE | (force ? VIR_DOMAIN_CONSOLE_FORCE : 0);
        g_autoptr(GString) names = g_string_new(NULL);
        g_autofree char *printable = text_printable(device ?: "");
        g_autoptr(xmlDoc) document = NULL;
        int number, r;

        if (virDomainOpenConsole(domain, device, stream, flags) >= 0)
                return 0;

        r = console_failure(domain, &number, failure);
        if (!is_about_device(number, failure))
                return r;
        if (number == VIR_ERR_OPERATION_FAILED)
                return failure_set(failure, ERROR_CONSOLE_BUSY,
                                   "Somebody is at this console of machine \"%s\" already.",
                                   virDomainGetName(domain));

        document = domain_read_xml(domain);
        if (document && !document_has_serial(document, device, names))
                return failure_set(failure, ERROR_NO_SUCH_DEVICE,
                                   "Machine \"%s\" has no serial console%s%s; it has: %s.",
                                   virDomainGetName(domain), device ? " " : "", printable,
                                   names->len > 0 ? names->str : "none");
        return r;
}

int console_run_display(ConsoleCall *cc, virDomain *domain, Failure *failure) {
        g_autoptr(xmlDoc) document = NULL;
        unsigned n;
        int number, r;

        cc->fd = virDomainOpenGraphicsFD(domain, (unsigned) cc->index,
                                         cc->skip_auth ? VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH : 0);
        if (cc->fd >= 0) {
                (void) fcntl(cc->fd, F_SETFD, FD_CLOEXEC);
                return 0;
        }

        r = console_failure(domain, &number, failure);
        if (!is_about_device(number, failure))
                return r;

        document = domain_read_xml(domain);
        n = node_count(document_devices(document), "graphics");
        if (document && cc->index >= n)
                return failure_set(failure, ERROR_NO_SUCH_DEVICE,
                                   "Machine \"%s\" has no display %u; it has %u, counted from 0.",
                                   virDomainGetName(domain), (unsigned) cc->index, n);
        return r;
}

static int screenshot_receive(virStream *stream, int fd, Failure *failure) {
        char buffer[64 * 1024];
        size_t total = 0;
        int n;

        while ((n = virStreamRecv(stream, buffer, sizeof(buffer))) > 0) {
                total += (size_t) n;
                if (total > SCREENSHOT_MAX)
                        return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                           "The picture has more than %u bytes.", SCREENSHOT_MAX);
                if (write(fd, buffer, (size_t) n) != n) /* to memory: all or nothing */
                        return failure_set(failure, ERROR_NO_MEMORY,
                                           "The picture cannot be kept in memory: %s.", g_strerror(errno));
        }

        return n < 0 ? hypervisor_failure(failure) : 0;
}

/* The picture as it came, in memory that nobody can change any more: whoever has the descriptor may map it.
 */
static int screenshot_take(ConsoleCall *cc, virStream *stream, Failure *failure) {
        int r;

        cc->fd = memfd_create("hatago-screenshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (cc->fd < 0)
                return failure_set(failure, ERROR_NO_MEMORY, "The picture cannot be kept in memory: %s.",
                                   g_strerror(errno));

        r = screenshot_receive(stream, cc->fd, failure);
        if (r < 0) {
                (void) virStreamAbort(stream);
                return r;
        }
        if (virStreamFinish(stream) < 0)
                return hypervisor_failure(failure);

        if (lseek(cc->fd, 0, SEEK_SET) < 0 ||
            fcntl(cc->fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return failure_set(failure, ERROR_FAILED, "The picture cannot be sealed: %s.",
                                   g_strerror(errno));
        return 0;
}

int console_run_screenshot(ConsoleCall *cc, virDomain *domain, Failure *failure) {
        g_autoptr(virStream) stream = virStreamNew(virDomainGetConnect(domain), /* flags= */ 0);
        g_autoptr(xmlDoc) document = NULL;
        int number, r;

        if (!stream)
                return hypervisor_failure(failure);

        cc->type = virDomainScreenshot(domain, stream, (unsigned) cc->screen, /* flags= */ 0);
        if (cc->type)
                return screenshot_take(cc, stream, failure);

        r = console_failure(domain, &number, failure);
        if (!is_about_device(number, failure))
                return r;

        document = domain_read_xml(domain);
        if ((cc->screen > 0 && number != VIR_ERR_INTERNAL_ERROR) ||
            (document && node_count(document_devices(document), "video") == 0))
                return failure_set(failure, ERROR_NO_SUCH_DEVICE, "Machine \"%s\" has no screen %u.",
                                   virDomainGetName(domain), (unsigned) cc->screen);
        return r;
}

int console_run_send_keys(ConsoleCall *cc, virDomain *domain, Failure *failure) {
        unsigned hold_time = (unsigned) (cc->hold_time / G_TIME_SPAN_MILLISECOND);
        const uint32_t *keys = (const uint32_t *) (const void *) cc->keys->data;
        int number;

        for (guint i = 0; i < cc->keys->len; i += 1 + keys[i])
                if (virDomainSendKey(domain, VIR_KEYCODE_SET_LINUX, hold_time, (unsigned *) (keys + i + 1),
                                     (int) keys[i], /* flags= */ 0) < 0)
                        return console_failure(domain, &number, failure);

        return 0;
}
