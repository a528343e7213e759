/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the providers. The agent runs this on the provider's name in START. */
#include "pam_idinqr/agent/provider.h"

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
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (strcmp(providers[i]->name, name) == 0)
            return providers[i];
    return NULL;
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
