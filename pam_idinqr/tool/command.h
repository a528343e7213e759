/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of idinqr(1), and what they share: the options, the configuration, the map, what is
 * said and written, the exit codes. */
#ifndef IDQ_TOOL_COMMAND_H
#define IDQ_TOOL_COMMAND_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/map.h"

#include <jansson.h>

/* Characters of an identity in a table, its prefix among them: more than enough to tell people
 * apart, and to revoke or enrol by. */
#define COMMAND_SHOWN_IDENTITY 18

#define COMMAND_LOCK_WAIT_MS 5000 /* for another administrator who is changing the map */

/* Documented in idinqr(1). */
enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_REFUSED = 1, /* the person or the bank said no, or there was nothing to do it to */
    COMMAND_USAGE = 2,
    COMMAND_MACHINE = 3,   /* this machine, as configuration, map, key, rights */
    COMMAND_BACKEND = 4,   /* the QR backend, or the way to it */
    COMMAND_WARNINGS = 10, /* check: warnings at the worst */
    COMMAND_ERRORS = 11,   /* check: at least one error */
};

struct command_options {
    const char *conf;    /* --conf; NULL for the usual files */
    const char *expires; /* --expires YYYY-MM-DD, or "never"; NULL when not given */
    const char *note;    /* --note; NULL when not given */
    const char *service; /* --service; "idinqr" */
    const char *root;    /* --root; NULL for this machine */
    int expired;         /* --expired */
    int fetch;           /* --fetch */
    int from_refused;    /* --from-refused */
    int yes;             /* --yes: no question */
    int json;            /* --json */
    int offline;         /* --offline */
};

/* Each takes what stands behind its name on the command line; says what is wrong on stderr. */
int command_check(const struct command_options *options, int argc, char **argv);
int command_enroll(const struct command_options *options, int argc, char **argv);
int command_keys(const struct command_options *options, int argc, char **argv);
int command_list(const struct command_options *options, int argc, char **argv);
int command_show(const struct command_options *options, int argc, char **argv);
int command_revoke(const struct command_options *options, int argc, char **argv);
int command_test(const struct command_options *options, int argc, char **argv);

/* Loads the configuration, or says on stderr why not. COMMAND_DONE or COMMAND_MACHINE. */
int command_load_config(const struct command_options *options, struct config **ret_config);

/* Reads the configuration's map, or says on stderr why not. One that does not exist yet is empty.
 * COMMAND_DONE with a map that the caller frees, or COMMAND_MACHINE. */
int command_read_map(const struct config *config, struct map **ret_map);

/* Prints JSON on stdout, and frees it; NULL stands for memory that was short. COMMAND_DONE or
 * COMMAND_MACHINE, in no words: command_finish_output has them. */
int command_print_json(json_t *root);

/* The end of a command that prints `what` ("the list") on stdout: COMMAND_DONE, or, when `result`
 * or a write says otherwise, COMMAND_MACHINE and a word on stderr. Half of it must not pass for all
 * of it. */
int command_finish_output(int result, const char *what);

/* "idinqr: …" on stderr. */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The exit code for an enum idq_error. */
int command_exit_for(int error);

#endif
