/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-items.h"

#define FIELD(Type, field, type, name)                                                                      \
        { name, type, offsetof(Type, field) }

static const ItemField disk_fields[] = {
        FIELD(MachineDisk, key, 's', "Key"),
        FIELD(MachineDisk, device, 's', "Device"),
        FIELD(MachineDisk, bus, 's', "Bus"),
        FIELD(MachineDisk, type, 's', "Type"),
        FIELD(MachineDisk, source, 's', "Source"),
        FIELD(MachineDisk, pool, 's', "Pool"),
        FIELD(MachineDisk, protocol, 's', "Protocol"),
        FIELD(MachineDisk, format, 's', "Format"),
        FIELD(MachineDisk, serial, 's', "Serial"),
        FIELD(MachineDisk, backing, 's', "Backing"),
        FIELD(MachineDisk, boot_order, 'u', "BootOrder"),
        FIELD(MachineDisk, read_only, 'b', "ReadOnly"),
        FIELD(MachineDisk, shareable, 'b', "Shareable"),
        { 0 },
};

static const ItemField interface_fields[] = {
        FIELD(MachineInterface, key, 's', "Key"),
        FIELD(MachineInterface, type, 's', "Type"),
        FIELD(MachineInterface, source, 's', "Source"),
        FIELD(MachineInterface, model, 's', "Model"),
        FIELD(MachineInterface, target, 's', "Target"),
        FIELD(MachineInterface, boot_order, 'u', "BootOrder"),
        FIELD(MachineInterface, link_up, 'b', "LinkUp"),
        { 0 },
};

static const ItemField display_fields[] = {
        FIELD(MachineDisplay, key, 's', "Key"),
        FIELD(MachineDisplay, index, 'U', "Index"),
        FIELD(MachineDisplay, type, 's', "Type"),
        FIELD(MachineDisplay, listen, 's', "Listen"),
        FIELD(MachineDisplay, socket, 's', "Socket"),
        FIELD(MachineDisplay, port, 'u', "Port"),
        FIELD(MachineDisplay, tls_port, 'u', "TLSPort"),
        FIELD(MachineDisplay, web_socket, 'u', "WebSocket"),
        { 0 },
};

const ItemKind disk_kind = { sizeof(MachineDisk), disk_fields };
const ItemKind interface_kind = { sizeof(MachineInterface), interface_fields };
const ItemKind display_kind = { sizeof(MachineDisplay), display_fields };
