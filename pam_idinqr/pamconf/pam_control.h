/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the control field of a pam.d line, as Linux-PAM does. Pure. */
#ifndef IDQ_PAMCONF_PAM_CONTROL_H
#define IDQ_PAMCONF_PAM_CONTROL_H

#include <stdbool.h>

#define PAM_CODES 32 /* Linux-PAM's return codes are 0 (PAM_SUCCESS) to 31 */

/* The action for a return code. A number above 0 is the number of lines to jump over. */
enum pam_action {
    PAM_ACTION_IGNORE = 0,
    PAM_ACTION_OK = -1,
    PAM_ACTION_DONE = -2,
    PAM_ACTION_BAD = -3,
    PAM_ACTION_DIE = -4,
    PAM_ACTION_RESET = -5,
};

struct pam_control {
    int actions[PAM_CODES]; /* by return code: an enum pam_action, or a jump */
};

/* Parses a word ("required", in any case), or the text inside brackets ("success=ok default=die").
 * Returns 0, or -1 if PAM finds it malformed. PAM then treats every return code as a failure, and
 * so does ret_control. */
int pam_control_read(const char *text, bool is_bracketed, struct pam_control *ret_control);

#endif
