/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways a login can end, once: for the private stack and for the real programs alike. */
#ifndef IDQ_TESTS_VERDICTS_H
#define IDQ_TESTS_VERDICTS_H

#include <stddef.h>

enum verdict_phone {
    PHONE_APPROVES,
    PHONE_REFUSES,
    PHONE_OPENS, /* opens the link and does nothing more */
    PHONE_AWAY,  /* there is no code to scan, or no person scans it */
};

struct verdict {
    const char *name;
    const char *fault; /* --fault of the sandbox, or NULL */
    enum verdict_phone phone;
    const char *person;   /* of the sandbox; the accounts are alice's (anna) and bob's (bram) */
    int pam_code;         /* what pam_authenticate returns */
    const char *sentence; /* on the terminal, in English */
    const char *outcome;  /* in the log */
};

/* The i-th, or NULL past the last. The account that is entered is alice. */
const struct verdict *verdict_at(size_t i);
size_t verdict_count(void);

#endif
