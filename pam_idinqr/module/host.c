/* See host.h. */
#include "pam_idinqr/module/host.h"

#include <security/pam_appl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const char *const prompting[] = {"sshd", "cockpit"};

static int
is_su(const char *service)
{
    return strcmp(service, "su") == 0 || strcmp(service, "su-l") == 0;
}

int
host_message_style(const char *service)
{
    return is_su(service) && !isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) ? PAM_ERROR_MSG
                                                                             : PAM_TEXT_INFO;
}

enum host_kind
host_kind_of(const char *service, const struct terminal *terminal, const char *prompt,
             const char *display)
{
    if (is_su(service) && !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO) &&
        strcmp(prompt, "auto") == 0 && strcmp(display, "auto") == 0)
        return HOST_NOWHERE;
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
