/* The agent for one login: which program, and what it is told. Runs in the host (often root) or in
 * idinqr(1), on the configuration. */
#ifndef IDQ_MODULE_AGENT_START_H
#define IDQ_MODULE_AGENT_START_H

#include "pam_idinqr/common/config.h"
#include "pam_idinqr/module/agent_process.h"
#include "pam_idinqr/module/texts.h"
#include "pam_idinqr/wire/messages.h"

#include <limits.h>

/* The path of the picture reader, beside the agent: the setting `agent` with another name. 0, or -1
 * when that is too long. */
int agent_start_picture_path(const struct config *config, char ret_path[PATH_MAX]);

/* Starts the setting `agent`, with a picture reader where the configuration's provider has
 * pictures. 0, or as agent_process_start. */
int agent_start(const struct config *config, struct agent_process *ret_agent,
                struct problem *ret_problem);

/* Reads jwks_file from `path`, which must be as trusted_file.h wants it and have at most
 * KEY_SET_MAX bytes; "" for no path. The content is the agent's to understand. 0; or IDQ_CONFIG
 * with errno and ret_problem. */
int agent_start_read_keys(const char *path, char ret_key_set[KEY_SET_MAX + 1],
                          struct problem *ret_problem);

/* Sends START: what this provider needs from the configuration, secrets included, and nothing else.
 * timeout_ms is what the person has left. 0; IDQ_CONFIG with ret_problem when the settings are
 * longer than the wire carries, or jwks_file cannot be used; IDQ_SYSTEM with ret_problem without
 * memory; or as frame_send. */
int agent_send_start(const struct config *config, enum text_language language, const char *station,
                     long timeout_ms, int socket, struct problem *ret_problem);

#endif
