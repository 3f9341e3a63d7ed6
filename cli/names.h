/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of the bus contract (dbus-interfaces/) that the command line tool uses. */

#define HATAGO_SERVICE "org.hatago.Host1"
#define HATAGO_PATH "/org/hatago/Host1"
#define HATAGO_JOBS_PATH HATAGO_PATH "/jobs"
#define HATAGO_MACHINES_PATH HATAGO_PATH "/machines"

#define MANAGER_INTERFACE "org.hatago.Host1.Manager"
#define MACHINES_INTERFACE "org.hatago.Host1.Machines"
#define MACHINE_INTERFACE "org.hatago.Host1.Machine"
#define CONSOLE_INTERFACE "org.hatago.Host1.Machine.Console"
#define SERVICE_INTERFACE "org.hatago.Host1.Machine.Service"
#define HOST_INTERFACE "org.hatago.Host1.Host"
#define HOST_CHECK_INTERFACE "org.hatago.Host1.HostCheck"
#define VALIDATION_INTERFACE "org.hatago.Host1.Validation"
#define JOB_INTERFACE "org.hatago.Host1.Job"

#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER_INTERFACE "org.freedesktop.DBus.ObjectManager"

#define HATAGO_ERROR_PREFIX "org.hatago.Host1.Error."
#define HATAGO_ERROR(name) HATAGO_ERROR_PREFIX name

/* Largest XML that DefineMachine and SetXML take. */
#define DEFINE_XML_MAX (1U * 1024 * 1024)
