/* SPDX-License-Identifier: BSD-3-Clause */
/* Declares the commands of idinqr(1), and the parts that they share: options, configuration, map,
 * output, exit codes. */
#ifndef IDQ_TOOL_COMMAND_H
#define IDQ_TOOL_COMMAND_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/map.h"

#include <jansson.h>

/* Characters of an identity in a table, with its prefix: enough to distinguish people, and to
 * revoke or enroll. */
#define COMMAND_SHOWN_IDENTITY 18

#define COMMAND_SERVICE "idinqr" /* without --service */

#define COMMAND_LOCK_WAIT_MS 5000 /* for another administrator who is changing the map */

/* Documented in idinqr(1). check has the codes of a monitoring plugin: see finding.h. */
enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_REFUSED = 1, /* the person or the bank refused, or nothing matched */
    COMMAND_USAGE = 2,
    COMMAND_MACHINE = 3, /* this machine: configuration, map, key, permissions */
    COMMAND_BACKEND = 4, /* the QR backend, or the network to it */
};

struct command_options {
    const char *conf;    /* --conf; NULL for the default files */
    const char *expires; /* --expires YYYY-MM-DD, or "never"; NULL if absent */
    const char *note;    /* --note; NULL if absent */
    const char *service; /* --service, or COMMAND_SERVICE */
    const char *root;    /* --root; NULL for this machine */
    int expired;         /* --expired */
    int fetch;           /* --fetch */
    int from_refused;    /* --from-refused */
    int yes;             /* --yes: no question */
    int json;            /* --json */
    int quiet;           /* --quiet */
    int missing;         /* --missing */
    int offline;         /* --offline */
};

/* Each takes the arguments after its name on the command line. Errors go to stderr. */
int command_check(const struct command_options *options, int argc, char **argv);
int command_enroll(const struct command_options *options, int argc, char **argv);
int command_keys(const struct command_options *options, int argc, char **argv);
int command_list(const struct command_options *options, int argc, char **argv);
int command_show(const struct command_options *options, int argc, char **argv);
int command_revoke(const struct command_options *options, int argc, char **argv);
int command_test(const struct command_options *options, int argc, char **argv);

/* Prints an error message, with --json also as an object on stdout. Returns COMMAND_MACHINE. */
int command_fail(const struct command_options *options, const struct diag *diag);

/* Loads the configuration. Returns COMMAND_DONE, or COMMAND_MACHINE after an error message. */
int command_load_config(const struct command_options *options, struct config **ret_config);

/* Reads the configuration's map. A missing map is empty, unless its key is there. Returns
 * COMMAND_DONE with a map that the caller frees, or COMMAND_MACHINE after an error message. */
int command_read_map(const struct command_options *options, const struct config *config,
                     struct map **ret_map);

/* Says that the map is missing, if the configuration sets its path, which may be wrong. */
void command_doubt_map(const struct config *config);

/* Says if the map has no identity of the configuration's provider and scope, to be called before a
 * scan, which costs a code. */
void command_warn_of_map(const struct config *config);

/* Prints JSON on stdout, and frees it. NULL means that memory was short. Returns COMMAND_DONE, or
 * COMMAND_MACHINE without a message: command_finish_output prints it. */
int command_print_json(json_t *root);

/* Ends a command that prints `what` ("the list") on stdout. Returns COMMAND_DONE, or
 * COMMAND_MACHINE with a message if `result` or a write failed. Partial output must not pass for
 * all of it. */
int command_finish_output(int result, const char *what);

/* Returns the user who runs this program, also behind sudo. Static. */
const char *command_administrator(void);

/* Records a change of the map in the system's log, for other administrators. */
void command_record(const char *verb, const char *account, const char *hash);

/* Prints "idinqr: …" on stderr. */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void command_say_diag(const struct diag *diag);

/* As diag_format, with what to do if only root may read the file. */
const char *command_format_diag(const struct diag *diag, char ret_line[DIAG_LINE_SIZE]);

/* Returns whether this user may not read the file, which says nothing about the file. */
bool command_needs_root(const struct diag *diag);

/* Returns the exit code for an enum idq_error. */
int command_exit_for(int error);

#endif
