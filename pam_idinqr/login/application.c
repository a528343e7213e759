/* SPDX-License-Identifier: BSD-3-Clause */
/* The module and idinqr(1) run this on the name of the service. */
#include "pam_idinqr/login/application.h"

#include "pam_idinqr/common/error.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
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

bool
application_is_one_of(const char *name, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return true;
    return false;
}

bool
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

static bool
is_su(const char *service)
{
    return strcmp(service, "su") == 0 || strcmp(service, "su-l") == 0;
}

bool
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

#define CONSOLES_MAX 63 /* MAX_NR_CONSOLES in linux/vt.h */

/* tty1 to tty63, as the kernel names them. */
static bool
is_virtual_console(const char *name)
{
    const char *digits = name + 3;
    size_t n_digits;

    if (strncmp(name, "tty", 3) != 0)
        return false;
    n_digits = strspn(digits, "0123456789");
    return n_digits > 0 && n_digits <= 2 && digits[n_digits] == '\0' && digits[0] != '0' &&
           atoi(digits) <= CONSOLES_MAX;
}

/* Returns whether the list, words separated by blanks, contains the word. */
static bool
has_word(const char *list, const char *word)
{
    size_t size = strlen(word);

    for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
        size_t word_size = strcspn(list, " ");
        if (word_size == size && memcmp(list, word, size) == 0)
            return true;
        list += word_size;
    }
    return false;
}

int
place_check(const char *require, const char *tty, const char *rhost, struct diag *ret_diag)
{
    const char *name = strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty;
    const char *lines = require + strlen("local");

    if (strcmp(require, "any") == 0)
        return 0;
    if (rhost[0] != '\0')
        diag_set(ret_diag, "require = local, and the login comes from another host");
    else if (name[0] == '\0')
        diag_set(ret_diag, "require = local, and the application names no terminal");
    else if (is_virtual_console(name) || has_word(lines, name))
        return 0;
    else
        diag_set(ret_diag, "require = local, and the terminal is no virtual console and no "
                           "line that require names");
    return IDQ_NOT_LOCAL;
}
