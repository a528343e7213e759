/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the agent to reach a host, for `idinqr check`, or to fetch keys, for `idinqr keys`: by
 * PROBE and KEYS in wire/PROTOCOL.md. Starts no session at a backend. Gives the agent no secret but
 * the client's key, whose form only the agent can check. */
#ifndef IDQ_TOOL_PROBE_H
#define IDQ_TOOL_PROBE_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/agent_process.h"
#include "pam_idinqr/wire/messages.h"

struct probe_report {
    struct diag diag; /* the reason of an error, or "" */
    struct diag jail; /* features of the jail that this kernel lacks, or "" */
};

/* Gives the agent one of the provider's settings: a URL, whose host it requests, or client_key,
 * which it checks. If `setting` is NULL, only starts the agent in its jail. Returns 0 or an enum
 * idq_error. IDQ_UNREACHABLE, IDQ_TLS, IDQ_CLOCK and IDQ_CONFIG are errors of the network or of the
 * setting, IDQ_AGENT and IDQ_SYSTEM of this machine. The agent's texts are untrusted, and made
 * loggable. */
int probe_run_agent(const struct config *config, const struct setting *setting,
                    struct probe_report *ret_report);

/* One of several settings that are probed side by side. */
struct probe {
    const struct setting *setting;
    int result; /* as that of probe_run_agent */
    struct probe_report report;
    struct agent_process agent; /* of the probe that runs */
};

/* Does the same for each probe's setting, with an agent for each. Takes 5 s at most, and a second
 * more for an agent that does not obey. */
void probe_run_agents(const struct config *config, struct probe *probes, size_t n_probes);

/* Does the same with the keys of jwks_file and no host. Returns IDQ_CONFIG if the agent cannot use
 * them. */
int probe_run_keys(const struct config *config, struct probe_report *ret_report);

/* Fetches the keys of the provider's issuer by KEYS. Returns 0 with ret_keys, which has room for
 * KEY_SET_KEYS_MAX, and their number. Else returns an error as above, IDQ_REPLY or IDQ_BUSY. */
int probe_fetch_keys(const struct config *config, struct key_message *ret_keys, size_t *ret_n_keys,
                     struct probe_report *ret_report);

#endif
