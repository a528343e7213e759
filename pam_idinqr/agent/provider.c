/* The list of providers, of each of the agent's two programs, and what they have in common. See
 * provider.h. Run by the agent, on the provider's name in START. */
#include "pam_idinqr/agent/provider.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <stdlib.h>
#include <string.h>

static const struct provider *const providers[] = {
#ifndef WITHOUT_PICTURES
    &provider_idin_qr,
#endif
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

int
provider_http_error(long status)
{
    if (status == 401 || status == 403)
        return IDQ_MERCHANT;
    if (status == 429)
        return IDQ_BUSY;
    return status == 408 || (status >= 500 && status <= 599) ? IDQ_UNREACHABLE : IDQ_REPLY;
}

int
provider_next_ms(const struct provider_context *context, int64_t wait_ms, long retry_after_s)
{
    int left_ms = clock_left_ms(context->deadline_ms);

    if (wait_ms < (int64_t)retry_after_s * 1000)
        wait_ms = (int64_t)retry_after_s * 1000;
    if (wait_ms > left_ms)
        return left_ms;
    return wait_ms > 0 ? (int)wait_ms : 0;
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
