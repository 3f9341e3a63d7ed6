/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What a check found. The words are those of org.hatago.Host1.HostCheck.Result; as the exit status of
 * "hatago validate" the worst one counts: pass and skip 0, warn 1, fail 2. */
typedef enum CheckResult {
        CHECK_PASS, /* as it should be */
        CHECK_WARN, /* guests run, but slower, or something is missing that many want */
        CHECK_FAIL, /* guests do not run as a user must expect */
        CHECK_SKIP, /* could not be read, or does not apply here: the reason says which */
        _CHECK_RESULT_MAX,
} CheckResult;

const char *check_result_to_string(CheckResult result);
/* -EINVAL: no such word. */
int check_result_from_string(const char *word);

/*
 * A verdict holds no sentence: clients have the words, in the user's language, by check and reason. A reason
 * is a word like "off-in-firmware", listed with its arguments at the check in check-table.c; that of a pass
 * may be empty.
 */
typedef struct Verdict {
        CheckResult result;
        const char *reason;   /* static, or of verdict_parse(): see report.h */
        char *value;          /* what was read, short, for experts and scripts: "vmx"; never NULL */
        GPtrArray *arguments; /* of char *: keys and values in turn */
        GPtrArray *sources;   /* of char *: what was read, in the order of reading, each once */
        bool fixable;         /* the remedy of this check (../fix/) would mend it; set by the judge */
} Verdict;

void verdict_init(Verdict *verdict);
void verdict_done(Verdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdict, verdict_done)

/* Sets the three; the last call counts. What comes from outside becomes valid UTF-8 without control
 * characters, as in every text below. reason: static. */
void verdict_set(Verdict *verdict, CheckResult result, const char *reason, const char *value_format, ...)
                G_GNUC_PRINTF(4, 5);

/* An argument of the reason. Each key once: another value takes the place of the first. */
void verdict_add(Verdict *verdict, const char *key, const char *value_format, ...) G_GNUC_PRINTF(3, 4);

/* A number to seven bits, less than 2 % of it: what moves all the time must not change the verdict with each
 * look. */
void verdict_add_coarse(Verdict *verdict, const char *key, uint64_t number);

/* Notes what is read. The readers of host.h do it by themselves. */
void verdict_read(Verdict *verdict, const char *source);

/* "skip" for what could not be read: "denied" (EACCES, EPERM: more rights would help) or "unreadable", with
 * the arguments "what" and "error" (a text of errno). error: positive or negative errno. */
void verdict_set_unread(Verdict *verdict, const char *what, int error);
