/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "start-failure.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "common/cleanup.h"
#include "domain-xml.h"
#include "common/xml.h"

/* A regular expression that the whole text must match; its named groups are the arguments. A greedy group
 * followed by words takes a name whole that holds these words itself. */
typedef struct Row {
        const char *pattern;
        ErrorCode code;
} Row;

#define MISSING ": No such file or directory"
#define DENIED ": Permission denied"
#define MAYBE_AS "( \\(as uid:\\d+, gid:\\d+\\))?"

/* What libvirt itself says: 9.0's words. */
static const Row libvirt_rows[] = {
        { "Cannot access storage file '(?<path>.*)'" MAYBE_AS MISSING, ERROR_IMAGE_MISSING },
        { "Cannot access storage file '(?<path>.*)'" MAYBE_AS DENIED, ERROR_IMAGE_DENIED },
        { "Cannot access backing file '(?<path>.*)' of storage file '.*'" MAYBE_AS MISSING,
          ERROR_IMAGE_MISSING },
        { "Cannot access backing file '(?<path>.*)' of storage file '.*'" MAYBE_AS DENIED,
          ERROR_IMAGE_DENIED },
        { "Requested operation is not valid: network '(?<network>.*)' is not active",
          ERROR_NETWORK_INACTIVE },
        { "Network not found: no network with matching name '(?<network>.*)'", ERROR_NETWORK_MISSING },
        { "Cannot get interface MTU on '(?<bridge>.*)': No such device", ERROR_BRIDGE_MISSING },
        { "Unable to get index for interface (?<device>.*): No such device", ERROR_DEVICE_MISSING },
        { "operation failed: unable to find any master var store for loader: (?<path>.*)",
          ERROR_FIRMWARE_MISSING },
        { "operation failed: Unable to find any firmware to satisfy '(?<firmware>.*)'",
          ERROR_FIRMWARE_MISSING },
        { "Failed to open file '(?<path>.*)'" MISSING, ERROR_FILE_MISSING },
        { "Path '(?<path>.*)' is not accessible" MISSING, ERROR_FILE_MISSING },
        { "unable to stat: (?<path>.*)" MISSING, ERROR_FILE_MISSING },
        { "Cannot check QEMU binary (?<path>.*)" MISSING, ERROR_FILE_MISSING },
        { "unsupported configuration: Domain requires KVM, but it is not available\\..*",
          ERROR_KVM_UNAVAILABLE },
        { "unsupported configuration: Emulator '.*' does not support virt type 'kvm'",
          ERROR_KVM_UNAVAILABLE },
        { "unsupported configuration: Emulator '.*' does not support machine type '(?<type>.*)'",
          ERROR_MACHINE_TYPE_UNSUPPORTED },
        { "unsupported configuration: CPU mode '(?<mode>.*)' for .* is not supported by hypervisor",
          ERROR_CPU_UNSUPPORTED },
        { "operation failed: guest CPU doesn't match specification: .*missing features: (?<features>.*)",
          ERROR_CPU_UNSUPPORTED },
        { "internal error: Unknown CPU model (?<model>.*)", ERROR_CPU_UNSUPPORTED },
        { "Storage pool not found: no storage pool with matching name '(?<pool>.*)'", ERROR_POOL_MISSING },
        { "unsupported configuration: storage pool '(?<pool>.*)' containing volume '(?<volume>.*)' is not active",
          ERROR_POOL_INACTIVE },
        { "Storage volume not found: no storage vol with matching name '(?<volume>.*)'",
          ERROR_VOLUME_MISSING },
        { "internal error: Unable to find any usable hugetlbfs mount for (?<size>\\d+) KiB",
          ERROR_HUGEPAGES_SHORT },
        { "operation failed: failed to read cookie", ERROR_SAVE_IMAGE_INVALID },
};

/* Where neither of them says more: what the number of libvirt's error would say, for texts that come
 * without. */
static const Row general_rows[] = {
        { "Requested operation is not valid: domain is already running", ERROR_MACHINE_RUNNING },
        { "unsupported configuration: .*", ERROR_NOT_SUPPORTED },
        { "this function is not supported by the connection driver: .*", ERROR_NOT_SUPPORTED },
        { "Operation not supported: .*", ERROR_NOT_SUPPORTED },
        { "(access denied|authentication (failed|unavailable|cancelled)): .*", ERROR_HYPERVISOR_DENIED },
        { "Timed out during operation: .*", ERROR_TIMED_OUT },
        { "resource busy: .*", ERROR_BUSY },
        { ".*: No space left on device", ERROR_NO_SPACE },
        { ".*: Cannot allocate memory", ERROR_NO_MEMORY },
};

/* What QEMU says, behind its name and the option that it is about: 7.2's words. */
static const Row qemu_rows[] = {
        { "Could not open '(?<path>.*)'" MISSING, ERROR_IMAGE_MISSING },
        { "Could not open '(?<path>.*)'" DENIED, ERROR_IMAGE_DENIED },
        { "Failed to get (shared )?\"[a-z]+\" lock\nIs another process using the image \\[(?<path>.*)\\]\\?",
          ERROR_IMAGE_IN_USE },
        { "Image is not in (?<format>.*) format", ERROR_IMAGE_INVALID },
        { "cannot initialize fsdev '.*': failed to open '(?<path>.*)'" MISSING, ERROR_FILE_MISSING },
        { "cannot set up guest memory '.*': Cannot allocate memory", ERROR_NO_MEMORY },
        { "unable to map backing store for guest RAM: Cannot allocate memory", ERROR_HUGEPAGES_SHORT },
        { "failed to initialize kvm" DENIED, ERROR_KVM_DENIED },
        { "failed to initialize kvm: .*", ERROR_KVM_UNAVAILABLE },
        { "Failed to find an available port: Address already in use", ERROR_PORT_IN_USE },
        { "Failed to bind socket: Address already in use", ERROR_PORT_IN_USE },
        { "warning: Spice: .*: binding socket to (?<address>.*):(?<port>\\d+) failed", ERROR_PORT_IN_USE },
        { "Failed to bind socket: Cannot assign requested address", ERROR_ADDRESS_MISSING },
        { "Not a migration stream", ERROR_SAVE_IMAGE_INVALID },
        { "load of migration failed: .*", ERROR_SAVE_IMAGE_INVALID },
        { ".*: No space left on device", ERROR_NO_SPACE },
};

/* Options of QEMU that name an address and a port; a display stands for a port. */
static const char *const address_options[] = {
        "-vnc (?<address>.*):(?<display>\\d{1,5})(,.*)?",
        "-chardev .*,host=(?<address>[^,]*),port=(?<port>\\d+)(,.*)?",
};

#define VNC_PORT_BASE 5900U

/* More than libvirt says; what it hands on of a log is cut by itself. */
#define TEXT_MAX (64U * 1024U)

static const char *const argument_names[] = { "path",   "network", "bridge",   "device",  "firmware",
                                              "type",   "mode",    "features", "model",   "pool",
                                              "volume", "size",    "format",   "address", "port" };

/* The match of the whole text, or NULL. Where the text begins otherwise than the pattern, which is a word in
 * most, that is known without its expression being made. */
static GMatchInfo *text_match(const char *text, const char *pattern) {
        g_autofree char *whole = g_strdup_printf("^(?:%s)$", pattern);
        g_autoptr(GRegex) regex = NULL;
        GMatchInfo *match = NULL;

        if (strncmp(text, pattern, strcspn(pattern, "\\.[]{}()*+?|^$")) != 0)
                return NULL;

        regex = g_regex_new(whole, G_REGEX_RAW | G_REGEX_DOTALL | G_REGEX_DOLLAR_ENDONLY,
                            /* match_options= */ 0, NULL);
        g_assert(regex);
        if (g_regex_match(regex, text, /* match_options= */ 0, &match))
                return match;

        g_match_info_free(match);
        return NULL;
}

static void failure_add_match(Failure *failure, const GMatchInfo *match) {
        for (size_t i = 0; i < G_N_ELEMENTS(argument_names); i++) {
                g_autofree char *value = g_match_info_fetch_named(match, argument_names[i]);

                if (value && *value)
                        failure_add(failure, argument_names[i], value);
        }
}

/* Gives the failure the code of the first row that the text matches, and its arguments. */
static bool rows_apply(const Row *rows, size_t n, const char *text, Failure *failure) {
        for (size_t i = 0; i < n; i++) {
                g_autoptr(GMatchInfo) match = text_match(text, rows[i].pattern);

                if (!match)
                        continue;

                failure->code = rows[i].code;
                failure_add_match(failure, match);
                return true;
        }

        return false;
}

static void add_address(Failure *failure, const char *option) {
        for (size_t i = 0; i < G_N_ELEMENTS(address_options); i++) {
                g_autoptr(GMatchInfo) match = text_match(option, address_options[i]);
                g_autofree char *display = match ? g_match_info_fetch_named(match, "display") : NULL;

                if (match)
                        failure_add_match(failure, match);
                if (display && *display) {
                        g_autofree char *port =
                                        g_strdup_printf("%" G_GUINT64_FORMAT,
                                                        g_ascii_strtoull(display, NULL, 10) + VNC_PORT_BASE);
                        failure_add(failure, "port", port);
                }
        }
}

/* The end of the JSON object that begins here, in which names are quoted; the end of the text if none. */
static const char *json_end(const char *json) {
        bool quoted = false;
        int depth = 0;

        for (; *json; json++)
                if (quoted) {
                        if (*json == '\\' && json[1])
                                json++;
                        else if (*json == '"')
                                quoted = false;
                } else if (*json == '"')
                        quoted = true;
                else if (*json == '{')
                        depth++;
                else if (*json == '}' && --depth == 0)
                        return json + 1;

        return json;
}

/* One line of QEMU's (which can hold more, where a name does): "-option value: what is wrong". */
static bool record_read(const char *record, Failure *failure) {
        g_autofree char *option = NULL;
        const char *value, *end;

        if (*record == '-' && (value = strchr(record, ' '))) {
                end = strstr(value[1] == '{' ? json_end(value + 1) : value, ": ");
                if (end) {
                        option = g_strndup(record, (size_t) (end - record));
                        record = end + strlen(": ");
                }
        }

        if (!rows_apply(qemu_rows, G_N_ELEMENTS(qemu_rows), record, failure))
                return false;

        if (option && (failure->code == ERROR_PORT_IN_USE || failure->code == ERROR_ADDRESS_MISSING))
                add_address(failure, option);
        return true;
}

/* libvirt puts words of its own before what QEMU wrote, in the language of the host. */
static bool log_read(const char *text, Failure *failure) {
        g_autoptr(GRegex) regex =
                        g_regex_new("(?:^|(?<=: )|\n)\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z [^ :]+: ", G_REGEX_RAW,
                                    /* match_options= */ 0, NULL);
        g_auto(GStrv) records = g_regex_split(regex, text, /* match_options= */ 0);

        /* The first is what stands before. */
        for (char **record = records + 1; records[0] && *record; record++)
                if (record_read(*record, failure))
                        return true;

        return false;
}

bool start_failure_read(Failure *failure) {
        g_autofree char *text = g_strndup(failure->message, TEXT_MAX);

        g_strchomp(text);
        return rows_apply(libvirt_rows, G_N_ELEMENTS(libvirt_rows), text, failure) ||
               log_read(text, failure) ||
               (failure->code == ERROR_FAILED &&
                rows_apply(general_rows, G_N_ELEMENTS(general_rows), text, failure));
}

/* Of the network, or pool: -1 missing, 0 not active, 1 active (or not known). */
static int network_state(virConnect *connection, const char *name) {
        virNetwork *network = virNetworkLookupByName(connection, name);
        int active;

        if (!network)
                return virGetLastErrorCode() == VIR_ERR_NO_NETWORK ? -1 : 1;

        active = virNetworkIsActive(network);
        virNetworkFree(network);
        return active == 0 ? 0 : 1;
}

static int pool_state(virConnect *connection, const char *name) {
        virStoragePool *pool = virStoragePoolLookupByName(connection, name);
        int active;

        if (!pool)
                return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_POOL ? -1 : 1;

        active = virStoragePoolIsActive(pool);
        virStoragePoolFree(pool);
        return active == 0 ? 0 : 1;
}

/* What a device's <source> can name, and what it means if that is missing or not active. */
static const struct {
        const char *device, *attribute;
        int (*state)(virConnect *connection, const char *name);
        ErrorCode missing, inactive;
} sources[] = {
        { "interface", "network", network_state, ERROR_NETWORK_MISSING, ERROR_NETWORK_INACTIVE },
        { "disk", "pool", pool_state, ERROR_POOL_MISSING, ERROR_POOL_INACTIVE },
};

static bool source_ask(virConnect *connection, const xmlNode *device, size_t kind, Failure *failure) {
        const char *name = node_attribute(node_child(device, "source"), sources[kind].attribute);
        int state = name ? sources[kind].state(connection, name) : 1;

        if (state > 0)
                return false;

        failure->code = state < 0 ? sources[kind].missing : sources[kind].inactive;
        failure_add(failure, sources[kind].attribute, name);
        return true;
}

void start_failure_ask(virDomain *domain, Failure *failure) {
        virConnect *connection = virDomainGetConnect(domain); /* the domain's */
        g_autofree char *xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
        g_auto(Failure) unreadable = { 0 };
        g_autoptr(xmlDoc) document = NULL;
        const xmlNode *devices;

        if (!xml || xml_parse(xml, &document, &unreadable) < 0)
                return;

        devices = node_child(xmlDocGetRootElement(document), "devices");
        for (size_t kind = 0; kind < G_N_ELEMENTS(sources); kind++)
                for (const xmlNode *device = node_child(devices, sources[kind].device); device;
                     device = node_next(device, sources[kind].device))
                        if (source_ask(connection, device, kind, failure))
                                return;
}
