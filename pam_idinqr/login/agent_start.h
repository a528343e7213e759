/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the agent for one login: finds its program, and sends its settings. Runs in the
 * application (often root) or in idinqr(1), on the configuration. */
#ifndef IDQ_LOGIN_AGENT_START_H
#define IDQ_LOGIN_AGENT_START_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/agent_process.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/wire/messages.h"

#define AGENT_PATH_SIZE 1024

/* The paths of a login's programs: the setting `agent`, and the others beside it. */
struct agent_files {
    struct agent_paths paths; /* picture is NULL if the backend need not send pictures */
    char fetch[AGENT_PATH_SIZE];
    char picture[AGENT_PATH_SIZE];
};

/* Returns 0, or IDQ_CONFIG with ret_diag if a path is too long. `config` must outlive ret_files. */
int agent_start_find(const struct config *config, struct agent_files *ret_files,
                     struct diag *ret_diag);

/* Starts the programs. Returns 0, or an error of agent_start_find or agent_process_start. */
int agent_start(const struct config *config, struct agent_process *ret_agent,
                struct diag *ret_diag);

/* Reads jwks_file from `path`, which must meet the rules of trusted_file.h and have at most
 * KEY_SET_MAX bytes. Returns "" if `path` is "". The agent parses the content. Returns 0, or
 * IDQ_CONFIG with ret_diag. */
int agent_start_read_keys(const char *path, char ret_key_set[KEY_SET_MAX + 1],
                          struct diag *ret_diag);

/* Fills in the configuration that each START contains, except the provider's settings. `start` must
 * be zeroed. Returns 0, or IDQ_CONFIG if a value is longer than the wire allows. */
int agent_start_fill(const struct config *config, enum text_language language,
                     struct start_message *start);

/* Adds one of the provider's settings. Returns 0 or IDQ_CONFIG, as above. */
int agent_start_add(const char *keyword, const char *value, struct start_message *start);

/* Returns 0, IDQ_CONFIG if it is longer than a frame, or an error of frame_send. */
int agent_start_send(const struct start_message *start, int socket);

/* A login as the agent needs to know it. */
struct agent_login {
    enum text_language language;
    const char *station;
    const char *service, *account; /* only for a relay; account: NULL if the identity selects it */
    long timeout_ms;               /* that the person has left */
};

/* Sends START for a login: only the settings that this provider needs, with its secrets. Returns 0
 * or an error of frame_send. Returns IDQ_CONFIG with ret_diag if the settings are longer than the
 * wire allows, or jwks_file is unusable. Returns IDQ_SYSTEM with ret_diag if memory is short. */
int agent_send_start(const struct config *config, const struct agent_login *login, int socket,
                     struct diag *ret_diag);

#endif
