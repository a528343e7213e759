/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent, started as for a login and asked to reach a host, for `idinqr check`, or to fetch
 * keys, for `idinqr keys`: by PROBE and KEYS, in wire/PROTOCOL.md. No session starts at a backend,
 * and the agent gets no secret. */
#ifndef IDQ_TOOL_PROBE_H
#define IDQ_TOOL_PROBE_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/wire/messages.h"

struct probe_report {
    struct diag diag; /* why not; "" when there is nothing to say */
    struct diag jail; /* what this kernel cannot do for the jail; "" for nothing */
};

/* Asks the host of one of the provider's URLs, or, with `url` NULL, none: then it is about the
 * agent alone, which goes into its jail all the same. 0; or what went wrong, an enum idq_error:
 * IDQ_UNREACHABLE, IDQ_TLS, IDQ_CLOCK, IDQ_CONFIG of the network, IDQ_AGENT and IDQ_SYSTEM of this
 * machine. What the agent says is untrusted, and made loggable. */
int probe_run_agent(const struct config *config, const struct setting *url,
                    struct probe_report *ret_report);

/* The same, with the keys of jwks_file and no host: IDQ_CONFIG when the agent cannot use them. */
int probe_run_keys(const struct config *config, struct probe_report *ret_report);

/* Fetches the keys of the provider's issuer, by KEYS: 0 with ret_keys, which has room for
 * KEY_SET_KEYS_MAX, and how many there are; or as above, and IDQ_REPLY or IDQ_BUSY. */
int probe_fetch_keys(const struct config *config, struct key_message *ret_keys, size_t *ret_n_keys,
                     struct probe_report *ret_report);

#endif
