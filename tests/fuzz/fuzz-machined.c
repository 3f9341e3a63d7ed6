/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machined.c" /* its readers are its own */

#include "house.h"
#include "input.h"

/* What systemd-machined says, or whoever has its name: lists, signals, properties, errors. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        House *house = house_get();
        Machines *machines = machines_new(&house->services);
        Machined *machined = machines->machined;

        while (input.size > 0) {
                uint8_t choice = input_byte(&input);
                g_autoptr(sd_bus_message) m = NULL;
                Run run = { .machined = machined };

                switch (choice % 4) {
                case 0:
                        m = input_message(&input, choice & 128 ? NULL : "a(ssso)");
                        (void) machined_on_list(m, machined, NULL);
                        break;
                case 1:
                        m = input_message(&input, choice & 128 ? NULL : "so");
                        (void) machined_on_new(m, machined, NULL);
                        break;
                case 2:
                        m = input_message(&input, choice & 128 ? NULL : "so");
                        (void) machined_on_removed(m, machined, NULL);
                        break;
                default:
                        machined->n_asking = ASKING_MAX;
                        m = input_message(&input, choice & 128 ? NULL : "a{sv}");
                        (void) run_on_properties(m, &run, NULL);
                        g_assert_true(!*run.uuid || g_uuid_string_is_valid(run.uuid));
                }
        }
        house_settle(house); /* its questions are answered with errors */
        machines_free(machines);
        return 0;
}
