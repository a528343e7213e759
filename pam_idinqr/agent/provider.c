/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the providers, and reads their settings. The agent runs this on START. */
#include "pam_idinqr/agent/provider.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <stdlib.h>
#include <string.h>

static const struct provider *const providers[] = {
    &provider_idin_qr,
    &provider_signicat,
    &provider_oidc_device,
};

const struct provider *
provider_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(providers); i++)
        if (strcmp(providers[i]->name, name) == 0)
            return providers[i];
    return NULL;
}

int
provider_read_settings(const struct start_message *start, struct provider_settings *ret_settings)
{
    const struct provider_description *provider = provider_table_find(start->provider);

    if (!provider)
        return IDQ_CONFIG;
    provider_settings_begin(provider, ret_settings);
    for (size_t i = 0; i < start->n_settings; i++) {
        int found = setting_find(provider->settings, start->settings[i].keyword);
        if (found < 0 ||
            setting_fill(&provider->settings[found], start->settings[i].value, ret_settings) != 0)
            return IDQ_CONFIG;
    }
    return 0;
}

void
provider_free(void **state, size_t size)
{
    if (!*state)
        return;
    secret_wipe(*state, size);
    free(*state);
    *state = NULL;
}
