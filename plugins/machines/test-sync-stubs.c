/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-watch.h"
#include "autostart.h"
#include "event-log.h"
#include "flag-watch.h"
#include "image-watch.h"
#include "machined.h"
#include "network-watch.h"
#include "service-settings.h"
#include "statistics.h"
#include "status-lines.h"
#include "unit-start.h"
#include "units.h"
#include "verbs.h"
#include "warnings.h"

/* What test-sync-world.c leaves out of the plugin: nothing of it is asked in these tests. */

AddressWatch *address_watch_new(Machines *machines) {
        return NULL;
}

AddressWatch *address_watch_free(AddressWatch *watch) {
        return NULL;
}

void address_watch_look(AddressWatch *watch, const Machine *machine, uint64_t mask) {
}

void address_watch_turn(AddressWatch *watch, const char *uuid) {
}

void address_watch_forget(AddressWatch *watch, const char *uuid) {
}

EventLog *event_log_new(Machines *machines) {
        return NULL;
}

EventLog *event_log_free(EventLog *log) {
        return NULL;
}

void event_log_look(EventLog *log, const Machine *machine, uint64_t mask) {
}

void event_log_note_end(EventLog *log, const Machine *machine, const MachineEvent *event) {
}

void event_log_removed(EventLog *log, const Machine *machine) {
}

Autostart *autostart_new(Machines *machines) {
        return NULL;
}

Autostart *autostart_free(Autostart *autostart) {
        return NULL;
}

uint64_t autostart_apply(const Autostart *autostart, Machine *machine) {
        return 0;
}

uint64_t autostart_apply_name(const Autostart *autostart, Machine *machine) {
        return 0;
}

void autostart_on_gone(const Autostart *autostart, const Machine *machine) {
}

FlagWatch *flag_watch_new(Machines *machines) {
        return NULL;
}

FlagWatch *flag_watch_free(FlagWatch *watch) {
        return NULL;
}

SettingsStore *settings_store_new(Machines *machines) {
        return NULL;
}

SettingsStore *settings_store_free(SettingsStore *store) {
        return NULL;
}

uint64_t settings_store_apply(SettingsStore *store, Machine *machine) {
        return 0;
}

void settings_store_on_survey(SettingsStore *store, GHashTable *uuids) {
}

void settings_store_forget(SettingsStore *store, const char *uuid) {
}

ImageWatch *image_watch_new(Machines *machines) {
        return NULL;
}

ImageWatch *image_watch_free(ImageWatch *watch) {
        return NULL;
}

void image_watch_look(ImageWatch *watch, const char *uuid) {
}

void image_watch_on_connected(ImageWatch *watch) {
}

Machined *machined_new(Machines *machines) {
        return NULL;
}

Machined *machined_free(Machined *machined) {
        return NULL;
}

uint64_t machined_apply(Machined *machined, Machine *machine) {
        return 0;
}

NetworkWatch *network_watch_new(Machines *machines) {
        return NULL;
}

NetworkWatch *network_watch_free(NetworkWatch *watch) {
        return NULL;
}

uint32_t network_watch_find(const NetworkWatch *watch, const Machine *machine) {
        return 0;
}

void network_watch_look(NetworkWatch *watch, Machine *machine) {
}

Statistics *statistics_new(Machines *machines) {
        return NULL;
}

Statistics *statistics_free(Statistics *statistics) {
        return NULL;
}

UnitStarts *unit_starts_new(Machines *machines) {
        return NULL;
}

UnitStarts *unit_starts_free(UnitStarts *starts) {
        return NULL;
}

void unit_starts_look(UnitStarts *starts, Machine *machine) {
}

Units *units_new(Machines *machines) {
        return NULL;
}

Units *units_free(Units *units) {
        return NULL;
}

uint64_t units_apply(Units *units, Machine *machine) {
        return 0;
}

Verbs *verbs_new(Machines *machines) {
        return NULL;
}

Verbs *verbs_free(Verbs *verbs) {
        return NULL;
}

void verbs_on_run_ended(Verbs *verbs, const char *uuid, unsigned run) {
}

const StatusPace status_pace;

StatusLines *status_lines_new(sd_event *event, UnitRunner *units, const StatusPace *pace) {
        return NULL;
}

StatusLines *status_lines_free(StatusLines *lines) {
        return NULL;
}

void status_lines_look(StatusLines *lines, Machine *machine) {
}

Warnings *warnings_new(Machines *machines) {
        return NULL;
}

Warnings *warnings_free(Warnings *warnings) {
        return NULL;
}

uint64_t warnings_apply(Warnings *warnings, Machine *machine) {
        return 0;
}

const char *hypervisor_uri(const Hypervisor *hypervisor) {
        return "test:///default";
}

const char *call_name(const Call *call) {
        return "";
}
