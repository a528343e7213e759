/* SPDX-License-Identifier: BSD-3-Clause */
/* The verdict: which account a verified identity opens. Default deny. Runs in the host (often
 * root). */
#ifndef IDQ_LOGIN_ACCOUNT_H
#define IDQ_LOGIN_ACCOUNT_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/texts.h"

/* Who a login lets in. Nothing of the map or its key is held while the person is at the bank. */
struct account_gate {
    const struct config *config;
    const char *account; /* the account that is being entered, or NULL: the identity chooses it */
    /* As account_gate_identify last read them; NULL before. */
    struct map *map;
    struct secret *key;
    char today[11];
};

/* Reads the map and its key, before anything is asked of a person. 0; IDQ_NOT_ENROLLED when no line
 * could open this login; or IDQ_MAP with ret_diag. account_gate_close is due in every case. */
int account_gate_open(struct account_gate *gate, const struct config *config, const char *account,
                      struct diag *ret_diag);

/* Reads the map, its key and the day anew, and hashes the subject: an administrator may have
 * revoked the identity since the gate was opened. A map that is gone has no lines. 0, IDQ_MAP with
 * ret_diag, or IDQ_SYSTEM; ret_hash is then "". */
int account_gate_identify(struct account_gate *gate, const char *subject,
                          char ret_hash[IDENTITY_HASH_SIZE], struct diag *ret_diag);

/* 0 with the account that the subject opens, by the map as it is when the last question has been
 * answered: the account that is being entered, or, when none is, the one that the identity has,
 * asking the person where it has several. Else IDQ_WRONG_PERSON, IDQ_UNKNOWN_IDENTITY, IDQ_CONV,
 * IDQ_MAP (also: no such account on this machine) or IDQ_SYSTEM (which with ret_diag is a user
 * database that does not answer). ret_hash is as account_gate_identify left it. */
int account_gate_admit(struct account_gate *gate, const char *subject,
                       const struct conversation *conversation, enum text_language language,
                       char ret_account[MAP_ACCOUNT_SIZE], char ret_hash[IDENTITY_HASH_SIZE],
                       struct diag *ret_diag);

void account_gate_close(struct account_gate *gate);

#define ACCOUNT_GATE_AUTO __attribute__((cleanup(account_gate_close))) struct account_gate

#endif
