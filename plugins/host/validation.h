/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host-model.h"

/* org.hatago.Host1.Validation.Run: a look at the host for a caller. */

/* The method's handler, from the options on. Fails with UnknownOption, InvalidArgument, NotSupported (in a
 * user's session), or the errors of call_begin(). */
int validation_run_on_call(HostModel *model, sd_bus_message *message, Failure *failure);

/* As host_model_can(), of the root object. */
int validation_can(const HostModel *model, const char *verb, CanAnswer *ret);
