/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent for one login: which program, and what it is told. Runs in the host (often root) or in
 * idinqr(1), on the configuration. */
#ifndef IDQ_LOGIN_AGENT_START_H
#define IDQ_LOGIN_AGENT_START_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/agent_process.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/wire/messages.h"

#define AGENT_PATH_SIZE 1024

/* Where the programs of a login are: the setting `agent`, and the others beside it. */
struct agent_files {
    struct agent_paths paths; /* picture is NULL where the provider has no pictures */
    char fetch[AGENT_PATH_SIZE];
    char picture[AGENT_PATH_SIZE];
};

/* 0, or IDQ_CONFIG with ret_diag when a path is too long. `config` must outlive ret_files. */
int agent_start_find(const struct config *config, struct agent_files *ret_files,
                     struct diag *ret_diag);

/* Starts them. 0, or as agent_start_find and agent_process_start. */
int agent_start(const struct config *config, struct agent_process *ret_agent,
                struct diag *ret_diag);

/* Reads jwks_file from `path`, which must be as trusted_file.h wants it and have at most
 * KEY_SET_MAX bytes; "" for no path. The content is the agent's to understand. 0; or IDQ_CONFIG
 * with errno and ret_diag. */
int agent_start_read_keys(const char *path, char ret_key_set[KEY_SET_MAX + 1],
                          struct diag *ret_diag);

/* Fills in what each START says of the configuration, the settings of its provider aside. `start`
 * is zeroed before. 0, or IDQ_CONFIG when something is longer than the wire carries. */
int agent_start_fill(const struct config *config, enum text_language language,
                     struct start_message *start);

/* Adds one of the provider's settings. 0 or IDQ_CONFIG, as above. */
int agent_start_add(const struct config *config, const char *keyword, struct start_message *start);

/* 0; IDQ_CONFIG when it is longer than a frame; or as frame_send. */
int agent_start_send(const struct start_message *start, int socket);

/* Sends START for a login: what this provider needs from the configuration, secrets included, and
 * nothing else. timeout_ms is what the person has left. 0; IDQ_CONFIG with ret_diag when the
 * settings are longer than the wire carries, or jwks_file cannot be used; IDQ_SYSTEM with
 * ret_diag without memory; or as frame_send. */
int agent_send_start(const struct config *config, enum text_language language, const char *station,
                     long timeout_ms, int socket, struct diag *ret_diag);

#endif
