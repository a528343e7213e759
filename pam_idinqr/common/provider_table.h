/* The providers, and what each wants from idinqr.conf: the one list that the configuration, the
 * agent and the manual agree on. The code of a provider is agent/provider_<name>.c. */
#ifndef IDQ_COMMON_PROVIDER_TABLE_H
#define IDQ_COMMON_PROVIDER_TABLE_H

#include "pam_idinqr/common/setting.h"

#define PROVIDERS_MAX         8
#define PROVIDER_SETTINGS_MAX 16 /* of one provider */

/* The agent is two programs, beside each other. What reads pictures brings twenty libraries, which
 * only a provider whose backend sends a picture of its code should have to load, and to trust. */
#define AGENT_WITH_PICTURES ""
#define AGENT_JSON          "-json"

struct provider_description {
    const char *name; /* `provider =`, its section, and part of an identity */
    /* Those of its section, all sent to the agent; ends with a NULL keyword. */
    const struct setting *settings;
    /* The URL whose host is the scope, unless the setting `scope` says. */
    const char *scope_keyword;
    /* The hosts that its codes may lead to; where it is not set, the host of the scope_keyword's
     * URL alone. */
    const char *hosts_keyword;
    const char *agent_suffix; /* of the agent's program: AGENT_WITH_PICTURES or AGENT_JSON */
};

/* NULL when there is none of that name. Static. */
const struct provider_description *provider_table_find(const char *name);

/* The i-th provider; NULL past the last. */
const struct provider_description *provider_table_at(size_t i);

#endif
