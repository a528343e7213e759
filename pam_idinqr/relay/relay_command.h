/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of idinqr-relay(8), and what they share. An administrator runs them, as root or as
 * the relay's user; root becomes that user before it opens a key or the database. */
#ifndef IDQ_RELAY_RELAY_COMMAND_H
#define IDQ_RELAY_RELAY_COMMAND_H

#include "pam_idinqr/relay/relay.h"

#define RELAY_EXIT_USAGE   2
#define RELAY_EXIT_MACHINE 3

/* Writes a line to stderr. relay_say_diag returns RELAY_EXIT_MACHINE. */
void relay_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int relay_say_diag(const struct diag *diag);

/* The directory of the relay's files: of the database, or, if that is PostgreSQL, of the map key.
 * If the first is missing, and relay_open can make it, the directory in which it will be. */
void relay_state_directory(const struct relay_config *config, char ret_directory[PATH_MAX]);

/* As root, becomes the owner of that directory: files that root made there would be of no use to
 * the relay. Returns 0, or IDQ_CONFIG with ret_diag. */
int relay_become_owner(const struct relay_config *config, struct diag *ret_diag);

/* Becomes that user, makes the directory of the database if the one above is that user's, and opens
 * the keys and the store. Returns 0, or IDQ_CONFIG or IDQ_SYSTEM with
 * ret_diag. */
int relay_open(const struct relay_config *config, struct relay **ret_relay, struct diag *ret_diag);
void relay_close(struct relay **relay);

#define RELAY_AUTO __attribute__((cleanup(relay_close))) struct relay

/* Each returns the exit status. `check` reads the configuration itself, as its errors are findings.
 */
int relay_command_check(const char *conf, int argc, char **argv);
int relay_command_desk(const struct relay_config *config, int argc, char **argv);
int relay_command_migrate(const struct relay_config *config, int argc, char **argv);
int relay_command_status(const struct relay_config *config, int argc, char **argv);
int relay_command_key(const struct relay_config *config, int argc, char **argv);

#endif
