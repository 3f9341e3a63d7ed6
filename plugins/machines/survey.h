/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "machines.h"

/*
 * Surveys: readings of all machines at once.
 *
 * A full one reads the facts of all domains in a few calls, then their XML, a few domains a request. A small
 * one reads what libvirt has no event for: the marks of all domains (autostart, managed save), and the XML
 * of a few, in turn. One survey is under way at a time. What is touched meanwhile, by an event or a reading
 * of its own, is newer, and is left out of its results.
 */
typedef struct Survey Survey;

typedef struct SurveyHandlers {
        /* A full one begins: what is not touched from now on, it brings. */
        void (*began)(void *userdata);
        /* A full one that nothing interrupted has ended; false: libvirt could not tell, though it is there.
         */
        void (*ended)(void *userdata, bool complete);
        /* A small one has this machine's turn. */
        void (*turn)(void *userdata, const char *uuid);
        /* The XML of this machine could not be read. */
        void (*unread)(void *userdata, const char *uuid);
} SurveyHandlers;

Survey *survey_new(Machines *machines, const SurveyHandlers *handlers, void *userdata);
Survey *survey_free(Survey *survey); /* after hypervisor_stop(): nothing is under way; NULL is none */

/* Begins a full one, and gives up what one of a connection before has not brought yet. */
void survey_begin(Survey *survey);

/* Begins a small one, unless one is under way. */
void survey_begin_small(Survey *survey);

/* Whether a full one is under way: a machine that is touched must be read whole. */
bool survey_is_full(const Survey *survey);

void survey_touch(Survey *survey, const char *uuid);
