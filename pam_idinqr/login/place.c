/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/login/place.h"

#include "pam_idinqr/common/error.h"

#include <stdlib.h>
#include <string.h>

#define CONSOLES_MAX 63 /* MAX_NR_CONSOLES in linux/vt.h */

/* tty1 to tty63, as the kernel names them. */
static int
is_virtual_console(const char *name)
{
    const char *digits = name + 3;
    size_t n_digits;

    if (strncmp(name, "tty", 3) != 0)
        return 0;
    n_digits = strspn(digits, "0123456789");
    return n_digits > 0 && n_digits <= 2 && digits[n_digits] == '\0' && digits[0] != '0' &&
           atoi(digits) <= CONSOLES_MAX;
}

/* Returns whether the list, words separated by blanks, contains the word. */
static int
has_word(const char *list, const char *word)
{
    size_t size = strlen(word);

    for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
        size_t word_size = strcspn(list, " ");
        if (word_size == size && memcmp(list, word, size) == 0)
            return 1;
        list += word_size;
    }
    return 0;
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
