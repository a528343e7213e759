/* The verdict: which account a verified identity opens. Default deny. Runs in the host (often
 * root). */
#ifndef IDQ_MODULE_ACCOUNT_H
#define IDQ_MODULE_ACCOUNT_H

#include "pam_idinqr/common/config.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/module/conversation.h"
#include "pam_idinqr/module/texts.h"

/* What is needed to decide, read before anybody is asked to scan anything. */
struct account_gate {
    const struct config *config;
    const char *account; /* the account that is being entered, or NULL: the identity chooses it */
    struct map *map;
    struct secret *key;
    char today[11];
};

/* Reads the map and its key. 0; IDQ_NOT_ENROLLED when no line could open this login, so that
 * nothing needs to be asked of anybody; or IDQ_MAP with ret_problem. account_gate_close is due in
 * every case. */
int account_gate_open(struct account_gate *gate, const struct config *config, const char *account,
                      struct problem *ret_problem);

/* 0 with the account that the subject opens: the one that is being entered, or, when none is, the
 * one that the identity has, asking the person where it has several. Else IDQ_WRONG_PERSON,
 * IDQ_UNKNOWN_IDENTITY, IDQ_CONV, IDQ_MAP (no such account on this machine) or IDQ_SYSTEM (which
 * with ret_problem is a user database that does not answer). ret_hash is filled in whenever the
 * subject could be hashed, "" otherwise. */
int account_gate_admit(const struct account_gate *gate, const char *subject,
                       const struct conversation *conversation, enum text_language language,
                       char ret_account[MAP_ACCOUNT_SIZE], char ret_hash[IDENTITY_HASH_SIZE],
                       struct problem *ret_problem);

void account_gate_close(struct account_gate *gate);

#define ACCOUNT_GATE_AUTO __attribute__((cleanup(account_gate_close))) struct account_gate

#endif
