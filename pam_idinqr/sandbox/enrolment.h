/* SPDX-License-Identifier: BSD-3-Clause */
/* Enrolls test persons for accounts: writes the sandbox's idinqr.map and idinqr.key, so that a
 * login works without idinqr(1). */
#ifndef IDQ_SANDBOX_ENROLMENT_H
#define IDQ_SANDBOX_ENROLMENT_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/sandbox/state_dir.h"

struct enrolment {
    const char *account;
    const struct person *person; /* NULL: anyone, that is every ordinary person */
};

/* 1 when the person can be enrolled at all: has one and the same BIN at every visit. */
int enrolment_is_possible(const struct person *person);

/* Enrols for one account, at every bank, under the provider and the scope that the configuration of
 * settings_file gives its identities: the scope is the host of `base_url` with all of them. Lines
 * that are there already stay as they are. 0, or an error with ret_diag. */
int enrolment_write(const struct state_dir *dir, const char *provider, const char *base_url,
                    const struct enrolment *enrolment, struct diag *ret_diag);

#endif
