/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the verdict: which account a verified identity opens. Denies by default. Runs in the
 * application, often as root. */
#ifndef IDQ_LOGIN_ACCOUNT_H
#define IDQ_LOGIN_ACCOUNT_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/texts.h"

/* Returns whether the hash of an identity is made here. A relay makes it with its own key. */
bool account_needs_key(const struct config *config);

/* Returns 0 with the hash of a verified subject (login_run), or IDQ_SYSTEM. The key is that of
 * map_key_read, and may be NULL if it is not needed. */
int account_hash(const struct config *config, struct secret *key, const char *subject,
                 char ret_hash[IDENTITY_HASH_SIZE]);

/* Returns whether password_until has not passed on this day (map_today). */
bool account_is_rollout(const struct config *config, const char *today);

/* The text about a missing map during a rollout. A new machine and one that has lost map and key
 * look the same. On the second, a new map would let everyone who was enrolled in by a password. */
#define ACCOUNT_MAP_MISSING                                                                        \
    "is missing: with password_until it must exist, even if empty: if anyone was enrolled here, "  \
    "restore it and its key from a backup, else: idinqr enroll ACCOUNT"

/* The accounts that a login may open. It holds no part of the map or its key while the person is at
 * the bank. */
struct account_gate {
    const struct config *config;
    /* the account that the application has named, or NULL: the identity selects it */
    const char *account;
    /* As account_gate_identify last read them. NULL before. */
    struct map *map;
    struct secret *key;
    char today[11];
};

/* Reads the map and its key before the person sees anything. Returns 0, IDQ_NOT_ENROLLED if no line
 * could open this login, or IDQ_MAP with ret_diag. Until the day of password_until, an account that
 * never had a line is IDQ_NOT_YET_ENROLLED, and a missing map, or an empty one that was lost, is
 * IDQ_MAP. With IDQ_NOT_ENROLLED, ret_diag may have the reason. The caller calls account_gate_close
 * in every case. */
int account_gate_open(struct account_gate *gate, const struct config *config, const char *account,
                      struct diag *ret_diag);

/* Reads the map, its key and the date again, and hashes the subject: an administrator may have
 * revoked the identity since the gate was opened. A missing map has no lines. Returns 0, IDQ_MAP
 * with ret_diag, or IDQ_SYSTEM. After an error ret_hash is "". */
int account_gate_identify(struct account_gate *gate, const char *subject,
                          char ret_hash[IDENTITY_HASH_SIZE], struct diag *ret_diag);

/* Returns 0 with the account that the subject opens, by the map as it is after the last question.
 * That is the account that the application has named, or else the one of the identity. If the
 * identity has several, the person is asked. Else returns IDQ_WRONG_PERSON, IDQ_UNKNOWN_IDENTITY,
 * IDQ_CONV, IDQ_MAP (also: no such account on this machine) or IDQ_SYSTEM. IDQ_SYSTEM with ret_diag
 * is a user database that does not answer. ret_hash is as account_gate_identify left it. */
int account_gate_admit(struct account_gate *gate, const char *subject,
                       const struct conversation *conversation, const struct text_voice *voice,
                       char ret_account[MAP_ACCOUNT_SIZE], char ret_hash[IDENTITY_HASH_SIZE],
                       struct diag *ret_diag);

/* Returns true if no line of the map can be of the configuration's provider and scope. ret_diag
 * then names the keyword that has changed, with its place. */
bool account_explain_map(const struct config *config, const struct map *map, struct diag *ret_diag);

/* Returns true if the map has lines, and does not say of which provider and scope: it is of 0.1.0,
 * or its first lines are gone. */
bool account_lacks_origin(const struct map *map);

/* Explains IDQ_UNKNOWN_IDENTITY, as far as the map may be its cause. Returns whether it could. */
bool account_explain_unknown(const struct config *config, const struct map *map,
                             struct diag *ret_diag);

void account_gate_close(struct account_gate *gate);

#define ACCOUNT_GATE_AUTO __attribute__((cleanup(account_gate_close))) struct account_gate

#endif
