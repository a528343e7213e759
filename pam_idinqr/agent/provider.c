/* The list of providers. See provider.h. */
#include "pam_idinqr/agent/provider.h"

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
