/* SPDX-License-Identifier: BSD-3-Clause */
/* The desk and the phone of one login among many, each in a separate process. They ask relay_here
 * (relay_login.h), by its proxy, and try again as long as a relay or the database is away. Test
 * code: an error of the harness fails the running test. */
#ifndef IDQ_TESTS_FLEET_H
#define IDQ_TESTS_FLEET_H

#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/harness/relay_login.h"

#define FLEET_LOGIN_MS 300000 /* shorter than a code lives */
#define FLEET_TRX_SIZE 20

/* Shared with both processes. */
struct fleet_login {
    int i; /* its number, of which person and bank depend */
    struct relay_code code;
    int number[2]; /* a pipe from the phone to the desk */
    pid_t desk, phone;
    long long begin_ms, end_ms; /* of the phone's start, and the desk's end */
    char said[200];             /* the desk's last answer, or the phone's trouble */
    char identity[IDENTITY_HASH_SIZE], desk_trx[FLEET_TRX_SIZE], phone_trx[FLEET_TRX_SIZE];
    int n_opened;
    bool was_asked; /* about, when a relay was killed: the acquirer gives an identity once */
};

/* Each login has one of 20 identities; the next ones have others. */
const struct person *fleet_person(int i);
const struct bank *fleet_bank(int i);

/* A pipe to the test, with one of these bytes for each event. Made by the test. */
extern int fleet_events[2];
#define FLEET_CODE_MADE   'c'
#define FLEET_PHONE_ENDED 'p'
#define FLEET_DESK_ENDED  'd'

long long fleet_now_ms(void);

/* For a forked process: these never return. */
void fleet_desk(struct fleet_login *login);
void fleet_phone(struct fleet_login *login);

#endif
