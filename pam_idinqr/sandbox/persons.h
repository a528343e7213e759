/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the sandbox's test persons, its merchant and its banks, the same in every run. All are
 * fictional: no name or number here belongs to a real person, merchant or bank. */
#ifndef IDQ_SANDBOX_PERSONS_H
#define IDQ_SANDBOX_PERSONS_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/state_dir.h"

#include <stdbool.h>
#include <stddef.h>

/* The merchant of every code. As at a real backend, its name is that of the contract: no request
 * has the name of a station. */
#define SANDBOX_MERCHANT "Gemeente Voorbeeld"

#define PERSON_BIN_MAX 4104 /* bytes of UTF-8 that a BIN may have at most */

enum person_kind {
    PERSON_ORDINARY,  /* has a BIN at every bank, and may be enrolled */
    PERSON_VISITOR,   /* has a BIN too, but "anyone" does not include this one */
    PERSON_TRANSIENT, /* the bank gives an identity that is good for one visit */
    PERSON_NO_BIN,    /* the bank forgets to give one */
};

struct person {
    const char *id; /* as on the command line and in the forms */
    const char *name_en, *name_nl;
    enum person_kind kind;
    const char *bin_prefix; /* stands in the BIN behind the bank's letters */
};

struct bank {
    const char *id;
    const char *name;
    const char *bic;     /* issuer_id in a status answer */
    const char *letters; /* the four letters behind "NL" in a BIN */
};

/* The i-th, or NULL past the last. Static. */
const struct person *person_at(size_t i);
const struct bank *bank_at(size_t i);

/* Returns NULL if no person has that id. */
const struct person *person_find(const char *id);
const struct bank *bank_find(const char *id);

/* The BIN that `bank` gives for `person`: always the same one, except for a transient person's, and
 * "" for a person whose bank sends none. 0 or IDQ_SYSTEM. */
int person_bin(const struct person *person, const struct bank *bank,
               char ret_bin[PERSON_BIN_MAX + 1]);

/* Enrolls test persons for accounts: writes the sandbox's idinqr.map and its key, so that a login
 * works without idinqr(1). */

struct enrollment {
    const char *account;
    const struct person *person; /* NULL: anyone, that is every ordinary person */
};

/* True when the person can be enrolled at all: has one and the same BIN at every visit. */
bool enrollment_is_possible(const struct person *person);

/* Enrolls for one account, at every bank, under the provider and the scope that the configuration
 * of settings_file gives its identities: the scope is the host of `base_url` with all of them.
 * `key_name` is the key's file in the directory, which is made if it is not there.
 * Lines that are there already stay as they are. 0, or an error with ret_diag. */
int enrollment_write(const struct state_dir *dir, const char *key_name, const char *provider,
                     const char *base_url, const struct enrollment *enrollment,
                     struct diag *ret_diag);

#endif
