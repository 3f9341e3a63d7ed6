/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vm.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "common/unit-name.h"
#include "domain-state.h"

#define URI "qemu:///system"
#define NO_RUN ((unsigned) -1) /* virDomainGetID() of what is off */

void vm_done(Vm *vm) {
        g_clear_pointer(&vm->domain, virDomainFree);
        g_clear_pointer(&vm->connection, virConnectClose);
        g_clear_pointer(&vm->name, g_free);
        vm->uuid[0] = '\0';
}

static ErrorCode code_of(const virError *error) {
        if (error->domain == VIR_FROM_RPC)
                return ERROR_HYPERVISOR_UNAVAILABLE;

        switch (error->code) {
        case VIR_ERR_NO_DOMAIN:
                return ERROR_NO_SUCH_MACHINE;
        case VIR_ERR_NO_CONNECT:
        case VIR_ERR_INVALID_CONN:
        case VIR_ERR_RPC:
        case VIR_ERR_AUTH_FAILED:
        case VIR_ERR_AUTH_UNAVAILABLE:
                return ERROR_HYPERVISOR_UNAVAILABLE;
        case VIR_ERR_OPERATION_TIMEOUT:
                return ERROR_TIMED_OUT;
        default:
                return ERROR_FAILED;
        }
}

int vm_failure(Failure *failure, const char *what) {
        const virError *error = virGetLastError();
        const char *text = error && error->message ? error->message : "unknown error";

        return failure_set(failure, error ? code_of(error) : ERROR_FAILED, "%s%s%s", what ?: "",
                           what ? ": " : "", text);
}

static void say_nothing(void *userdata, virError *error) {
}

void vm_be_quiet(void) {
        virSetErrorFunc(/* userdata= */ NULL, say_nothing);
}

ExitStatus vm_exit_status(const Failure *failure) {
        switch (failure->code) {
        case ERROR_NONE:
                return EXIT_DONE;
        case ERROR_NO_SUCH_MACHINE:
                return EXIT_NO_MACHINE;
        case ERROR_HYPERVISOR_UNAVAILABLE:
                return EXIT_NO_LIBVIRT;
        case ERROR_TIMED_OUT:
                return EXIT_TIMED_OUT;
        default:
                return EXIT_REFUSED;
        }
}

static int connect_libvirt(Vm *vm, Failure *failure) {
        vm_done(vm);
        vm->connection = virConnectOpen(URI);
        if (vm->connection)
                return 0;

        (void) vm_failure(failure, "Cannot reach libvirt");
        failure->code = ERROR_HYPERVISOR_UNAVAILABLE;
        return -EHOSTUNREACH;
}

static int adopt_domain(Vm *vm, virDomain *domain, Failure *failure) {
        g_clear_pointer(&vm->domain, virDomainFree);
        g_clear_pointer(&vm->name, g_free);
        vm->domain = domain;
        vm->name = g_strdup(virDomainGetName(domain));
        if (virDomainGetUUIDString(domain, vm->uuid) < 0)
                return vm_failure(failure, /* what= */ NULL);
        return 0;
}

/* By its name, or by what may be its UUID; NULL with libvirt's error. */
static virDomain *look_up(virConnect *connection, const char *text) {
        virDomain *domain = virDomainLookupByName(connection, text);

        if (!domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN && g_uuid_string_is_valid(text))
                domain = virDomainLookupByUUIDString(connection, text);
        return domain;
}

/* There may be a machine that was meant: somebody wrote its name, or its UUID, as it is. */
static int refuse(Vm *vm, const char *instance, const char *text, Failure *failure) {
        g_autoptr(virDomain) meant = look_up(vm->connection, text ?: instance);
        g_autofree char *wanted = text_printable(text ?: instance), *name = NULL, *unit = NULL;
        char uuid[VIR_UUID_STRING_BUFLEN];

        if (!meant && text)
                meant = look_up(vm->connection, instance);
        if (!meant || virDomainGetUUIDString(meant, uuid) < 0)
                return failure_set(failure, ERROR_NO_SUCH_MACHINE, "There is no machine \"%s\"", wanted);

        name = text_printable(virDomainGetName(meant));
        unit = vm_unit_name(virDomainGetName(meant), uuid);
        return failure_set(failure, ERROR_NO_SUCH_MACHINE,
                           "There is no machine \"%s\" of this unit; the unit of \"%s\" is %s", wanted, name,
                           unit);
}

int vm_find(const char *instance, Vm *ret, Failure *failure) {
        g_autofree char *text = unit_unescape(instance), *right = NULL;
        virDomain *domain = NULL;
        int r;

        r = connect_libvirt(ret, failure);
        if (r < 0)
                return r;

        if (text)
                domain = look_up(ret->connection, text);
        if (text && !domain && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
                return vm_failure(failure, /* what= */ NULL);
        if (!domain)
                return refuse(ret, instance, text, failure);

        r = adopt_domain(ret, domain, failure);
        if (r < 0)
                return r;
        right = vm_instance(ret->name, ret->uuid);
        return g_str_equal(right, instance) ? 0 : refuse(ret, instance, text, failure);
}

int vm_find_uuid(const char *uuid, Vm *ret, Failure *failure) {
        virDomain *domain;
        int r;

        r = connect_libvirt(ret, failure);
        if (r < 0)
                return r;

        domain = virDomainLookupByUUIDString(ret->connection, uuid);
        return domain ? adopt_domain(ret, domain, failure) : vm_failure(failure, /* what= */ NULL);
}

int vm_ask_run(Vm *vm, unsigned *ret, Failure *failure) {
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(vm->connection, vm->uuid);
        unsigned id;

        if (!domain)
                return vm_failure(failure, /* what= */ NULL);

        id = virDomainGetID(domain);
        *ret = id == NO_RUN ? 0 : id;
        return 0;
}

int vm_ask_state(Vm *vm, int *ret_state, int *ret_reason, Failure *failure) {
        if (domain_get_state(vm->domain, ret_state, ret_reason) < 0)
                return vm_failure(failure, /* what= */ NULL);
        return 0;
}
