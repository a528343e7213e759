/* SPDX-License-Identifier: BSD-3-Clause */
/* The providers, and what each wants from idinqr.conf: the one list that the configuration, the
 * agent and the manual agree on. The code of a provider is agent/provider_<name>.c. */
#ifndef IDQ_COMMON_PROVIDER_TABLE_H
#define IDQ_COMMON_PROVIDER_TABLE_H

#include "pam_idinqr/common/setting.h"
#include "pam_idinqr/common/subject.h"

#define PROVIDER_NAMES        "idin-qr|signicat|oidc-device" /* as a setting's choices */
#define PROVIDERS_MAX         8
#define PROVIDER_SETTINGS_MAX 16 /* of one provider */

struct provider_description {
    const char *name; /* `provider =`, its section, and part of an identity */
    enum subject_rule subject;
    /* Those of its section, all sent to the agent; ends with a NULL keyword. */
    const struct setting *settings;
    /* The URL whose host is the scope, unless the setting `scope` says. */
    const char *scope_keyword;
    /* The hosts that its codes may lead to; where it is not set, the host of the scope_keyword's
     * URL alone. */
    const char *hosts_keyword;
    int has_pictures; /* its backend sends its codes as pictures: a picture reader is needed */
};

/* NULL when there is none of that name. Static. */
const struct provider_description *provider_table_find(const char *name);

/* The i-th provider; NULL past the last. */
const struct provider_description *provider_table_at(size_t i);

#endif
