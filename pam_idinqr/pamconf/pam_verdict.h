/* SPDX-License-Identifier: BSD-3-Clause */
/* Evaluates a stack of auth lines. Pure: it follows the lines as Linux-PAM's dispatcher does, with
 * every answer that a module may return, and runs nothing. */
#ifndef IDQ_PAMCONF_PAM_VERDICT_H
#define IDQ_PAMCONF_PAM_VERDICT_H

#include "pam_idinqr/pamconf/pam_stack.h"

#include <stdbool.h>
#include <stdint.h>

/* The kind of another module, as far as a verdict depends on it. */
enum pam_module_kind {
    PAM_MODULE_IDINQR,
    /* checks a secret or property of one person: pam_unix, and any unknown module */
    PAM_MODULE_VERIFIES,
    PAM_MODULE_REMOTE,    /* the same, over the network */
    PAM_MODULE_SELECTS,   /* passes some people and not others: pam_succeed_if */
    PAM_MODULE_GATE,      /* refuses only for a reason: pam_nologin */
    PAM_MODULE_COMPANION, /* has another purpose: pam_gnome_keyring */
    PAM_MODULE_IGNORED,   /* does not check an identity: pam_env */
    PAM_MODULE_PERMITS,
    PAM_MODULE_DENIES,
};

enum pam_module_kind pam_module_kind_of(const struct pam_line *line);

/* The answers that a line may return, as bits: 1 << PAM_SUCCESS. */
typedef uint32_t pam_answers_function(const void *context, const struct pam_line *line);

/* Returns true if the stack can end in PAM_SUCCESS with some choice of these answers. */
bool pam_verdict_may_open(const struct pam_stack *stack, pam_answers_function *answers,
                          const void *context);

#endif
