/* SPDX-License-Identifier: BSD-3-Clause */
/* The module and idinqr(1) run this on the name of the service. */
#include "pam_idinqr/login/application.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const char *const prompting[] = {"sshd", "cockpit", NULL};

/* Display managers and polkit's agents show a message in a label. Lockers drop it, and answer every
 * prompt with the typed password. */
static const char *const windows[] = {
    "budgie-screensaver",
    "cinnamon-screensaver",
    "cosmic-greeter",
    "gdm*",
    "gnome-screensaver",
    "greetd",
    "gtklock",
    "hyprlock",
    "i3lock",
    "kde*",
    "kscreensaver",
    "lightdm*",
    "lxdm",
    "ly",
    "mate-screensaver",
    "plasmalogin*",
    "polkit-1",
    "sddm*",
    "slim",
    "swaylock",
    "waylock",
    "wdm",
    "xdm",
    "xfce4-screensaver",
    "xlock",
    "xscreensaver",
    "xsecurelock",
    NULL,
};

int
application_is_one_of(const char *name, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return 1;
    return 0;
}

int
application_is_window(const char *service)
{
    return application_is_one_of(service, windows);
}

/* cockpit: response-timeout, 60. */
int
application_answer_limit_s(const char *service)
{
    return strcmp(service, "cockpit") == 0 ? 55 : 0;
}

static int
is_su(const char *service)
{
    return strcmp(service, "su") == 0 || strcmp(service, "su-l") == 0;
}

int
application_shows_errors_only(const char *service)
{
    return is_su(service) && !isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

enum application_kind
application_kind_of(const char *service, const struct terminal *terminal, enum config_prompt prompt,
                    enum config_display display)
{
    if (is_su(service) && !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO) &&
        prompt == PROMPT_AUTO && display == DISPLAY_AUTO)
        return APPLICATION_NOWHERE;
    if (prompt == PROMPT_ENTER)
        return APPLICATION_PROMPT;
    if (prompt == PROMPT_WAIT)
        return APPLICATION_TERMINAL;
    if (application_is_one_of(service, prompting))
        return APPLICATION_PROMPT;
    if (application_is_window(service))
        return display == DISPLAY_URL ? APPLICATION_TERMINAL : APPLICATION_NOWHERE;
    return terminal->fd >= 0 || display != DISPLAY_AUTO ? APPLICATION_TERMINAL
                                                        : APPLICATION_NOWHERE;
}
