/* SPDX-License-Identifier: BSD-3-Clause */
/* The control field of a pam.d line, as Linux-PAM understands it. Pure. */
#ifndef IDQ_PAMCONF_PAM_CONTROL_H
#define IDQ_PAMCONF_PAM_CONTROL_H

#define PAM_CODES 32 /* Linux-PAM's return codes are 0 (PAM_SUCCESS) to 31 */

/* What to do with an answer; a number above 0 is how many lines to jump over. */
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

/* Reads a word ("required"; case does not count) or what stands between brackets ("success=ok
 * default=die"), without them. 0; or -1 where PAM finds it malformed: it then takes every answer
 * for a bad one, and so does ret_control. */
int pam_control_read(const char *text, int is_bracketed, struct pam_control *ret_control);

#endif
