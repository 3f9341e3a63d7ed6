/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host-model.h"

/* org.hatago.Host1.HostCheck.Fix: the remedy of a check is applied, or taken back, by a unit that is root
 * (units/hatago-fix@.service); then the host is looked at again, and then the caller hears of it. One for
 * each check at a time. */

/* The method's handler, from the options on. Fails with UnknownOption, InvalidArgument, NotSupported (in a
 * user's session), or the errors of call_begin(). */
int host_check_fix_on_call(HostModel *model, const HostCheck *check, sd_bus_message *message,
                           Failure *failure);

/* As host_model_can(), of a check. */
int host_check_can(const HostModel *model, const HostCheck *check, const char *verb, CanAnswer *ret);
