/* See host.h. */
#include "pam_idinqr/module/host.h"

#include <stddef.h>
#include <string.h>

static const char *const prompting[] = {"sshd", "cockpit"};

enum host_kind
host_kind_of(const char *service, const struct terminal *terminal, const char *prompt,
             const char *display)
{
    if (strcmp(prompt, "enter") == 0)
        return HOST_PROMPT;
    for (size_t i = 0; strcmp(prompt, "auto") == 0 && i < sizeof prompting / sizeof prompting[0];
         i++)
        if (strcmp(service, prompting[i]) == 0)
            return HOST_PROMPT;
    if (terminal->fd >= 0 || strcmp(prompt, "wait") == 0 || strcmp(display, "auto") != 0)
        return HOST_TERMINAL;
    return HOST_NOWHERE;
}
