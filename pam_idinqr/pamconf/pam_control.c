/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this, usually as root, on files of root's. */
#include "pam_idinqr/pamconf/pam_control.h"

#include "pam_idinqr/common/array.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNSET (-100)

static const char *const codes[PAM_CODES] = {
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
};

static const struct {
    const char *word;
    int success, new_authtok_reqd, ignore, others;
} words[] = {
    {"required", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_BAD},
    {"requisite", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_DIE},
    {"optional", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
    {"sufficient", PAM_ACTION_DONE, PAM_ACTION_DONE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
};

static const struct {
    const char *word;
    int action;
} actions[] = {
    {"ignore", PAM_ACTION_IGNORE}, {"ok", PAM_ACTION_OK},   {"done", PAM_ACTION_DONE},
    {"bad", PAM_ACTION_BAD},       {"die", PAM_ACTION_DIE}, {"reset", PAM_ACTION_RESET},
};

static void
fill(struct pam_control *control, int from, int to)
{
    for (int i = 0; i < PAM_CODES; i++)
        if (control->actions[i] == from)
            control->actions[i] = to;
}

static void
set_all(struct pam_control *control, int to)
{
    for (int i = 0; i < PAM_CODES; i++)
        control->actions[i] = to;
}

static int
read_word(const char *text, struct pam_control *control)
{
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcasecmp(text, words[i].word) == 0) {
            set_all(control, words[i].others);
            control->actions[PAM_SUCCESS] = words[i].success;
            control->actions[PAM_NEW_AUTHTOK_REQD] = words[i].new_authtok_reqd;
            control->actions[PAM_IGNORE] = words[i].ignore;
            return 0;
        }
    return -1;
}

/* Returns the index of the name at *text in the list, and moves *text behind it. Returns -1 if it
 * is not in the list. */
static int
read_code(const char **text)
{
    size_t size = strspn(*text, "abcdefghijklmnopqrstuvwxyz_");

    for (int i = 0; i < PAM_CODES; i++)
        if (strlen(codes[i]) == size && strncmp(*text, codes[i], size) == 0) {
            *text += size;
            return i;
        }
    if (size != strlen("default") || strncmp(*text, "default", size) != 0)
        return -1;
    *text += size;
    return PAM_CODES;
}

static int
read_action(const char **text, int *ret_action)
{
    size_t size = strcspn(*text, " \t");

    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
        if (strlen(actions[i].word) == size && strncmp(*text, actions[i].word, size) == 0) {
            *ret_action = actions[i].action;
            *text += size;
            return 0;
        }
    /* PAM rejects a jump over no line. */
    if (size == 0 || size > 6 || strspn(*text, "0123456789") != size ||
        strtol(*text, NULL, 10) == 0)
        return -1;
    *ret_action = (int)strtol(*text, NULL, 10);
    *text += size;
    return 0;
}

static int
read_pairs(const char *text, struct pam_control *control)
{
    set_all(control, UNSET);
    for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
        int action, code = read_code(&text);
        text += strspn(text, " \t");
        if (code < 0 || *text != '=')
            return -1;
        text += 1 + strspn(text + 1, " \t");
        if (read_action(&text, &action) != 0)
            return -1;
        if (code == PAM_CODES)
            fill(control, UNSET, action);
        else
            control->actions[code] = action;
    }
    fill(control, UNSET, PAM_ACTION_BAD);
    return 0;
}

int
pam_control_read(const char *text, bool is_bracketed, struct pam_control *ret_control)
{
    int result = is_bracketed ? read_pairs(text, ret_control) : read_word(text, ret_control);

    if (result != 0)
        set_all(ret_control, PAM_ACTION_BAD);
    return result;
}
