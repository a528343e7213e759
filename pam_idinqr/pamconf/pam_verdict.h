/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stack of auth lines comes to. Pure: the lines are followed as Linux-PAM's dispatcher does,
 * with every answer that a module may give, and nothing is run. */
#ifndef IDQ_PAMCONF_PAM_VERDICT_H
#define IDQ_PAMCONF_PAM_VERDICT_H

#include "pam_idinqr/pamconf/pam_stack.h"

#include <stdint.h>

/* What a module of others does, as far as a verdict depends on it. */
enum pam_module_kind {
    PAM_MODULE_IDINQR,
    PAM_MODULE_VERIFIES,  /* asks for something that only one person has: pam_unix, and any module
                             that is not known here */
    PAM_MODULE_REMOTE,    /* the same, by the network */
    PAM_MODULE_SELECTS,   /* holds for some people and not for others: pam_succeed_if */
    PAM_MODULE_GATE,      /* lets people pass, but for a reason: pam_nologin */
    PAM_MODULE_COMPANION, /* has something else to do: pam_gnome_keyring */
    PAM_MODULE_IGNORED,   /* has nothing to say about who it is: pam_env */
    PAM_MODULE_PERMITS,
    PAM_MODULE_DENIES,
};

enum pam_module_kind pam_module_kind_of(const struct pam_line *line);

/* The answers that a line may give, as bits: 1 << PAM_SUCCESS. */
typedef uint32_t pam_answers_function(const void *context, const struct pam_line *line);

/* 1 when the stack can end in PAM_SUCCESS with some choice of these answers. */
int pam_verdict_may_open(const struct pam_stack *stack, pam_answers_function *answers,
                         const void *context);

#endif
