/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the codes of this sandbox: a merchant creates one, phones scan it, a person approves or
 * refuses it, and the merchant gets the result. All merchant APIs share it, under other names (a
 * session, a device code). A state machine without network or clock: the caller passes the time. */
#ifndef IDQ_SANDBOX_CODES_H
#define IDQ_SANDBOX_CODES_H

#include "pam_idinqr/sandbox/events.h"
#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/web/tokens.h"

#include <stdbool.h>

#define CODES_MAX             1024
#define CODE_VISITS_MAX       8 /* phones at one code that are remembered; the oldest makes way */
#define CODE_SCANS_LOGIN      4 /* use_case 01: how often a code may be scanned */
#define CODE_TRANSACTION_SIZE 17
#define CODE_REFERENCE_MAX    255
#define CODE_NUMBER_SIZE      7
#define CODE_NUMBER_TRIES     3
#define CODE_NONCE_SIZE       33 /* 128 bits in hex, and the closing zero */
#define CODE_RETURN_SIZE      600

/* What a code was made by, and may be asked about with. */
enum code_api {
    CODE_IDIN_QR,
    CODE_SIGNICAT,
    CODE_OIDC,
    CODE_ACQUIRER, /* a transaction of a relay */
};

enum code_status {
    CODE_OPEN,      /* not scanned yet */
    CODE_PENDING,   /* scanned, at the bank */
    CODE_NUMBER,    /* approved, and the number on the phone must be typed at the desk */
    CODE_SUCCESS,   /* approved */
    CODE_REFUSED,   /* by the person */
    CODE_CANCELLED, /* by the merchant */
    CODE_EXPIRED,
    CODE_FAILURE,
    CODE_WRONG_NUMBER, /* too often */
    CODE_USED,         /* the merchant has got the success, and gets it only once */
};

enum code_use {
    CODE_USE_MANY,  /* use_case 00: any number of scans */
    CODE_USE_LOGIN, /* use_case 01 */
};

enum visit_step {
    VISIT_BANK,    /* is to choose a bank */
    VISIT_PERSON,  /* is to choose a person */
    VISIT_CONFIRM, /* is to approve or refuse */
    VISIT_NUMBER,  /* shows the number, of a code that asks for one; later also that it was typed */
    VISIT_APPROVED,
    VISIT_REFUSED,
};

/* What a login will open, as a desk tells its relay. Each is clean text, "" if it is not known. */
struct code_place {
    char station[64];
    char service[64];
    char account[257];
};

/* One scan of a code: a browser on its way through the pages. */
struct visit {
    char id[TOKEN_TEXT_SIZE];         /* in the address of its pages; "" in a free slot */
    char form_token[TOKEN_TEXT_SIZE]; /* in each of its forms */
    enum visit_step step;
    const struct bank *bank;
    const struct person *person;
    int language;                               /* of enum page_language, pages.h */
    bool is_auto;                               /* plays --auto's person */
    char transaction_id[CODE_TRANSACTION_SIZE]; /* that a relay has begun for it, or "" */
};

struct code {
    char qr_id[TOKEN_UUID_SIZE]; /* for the merchant; "" in a free slot */
    char picture_id[TOKEN_UUID_SIZE];
    char path[TOKEN_TEXT_SIZE];        /* where the picture leads */
    char device_code[TOKEN_TEXT_SIZE]; /* these two only where the API is CODE_OIDC, else "" */
    char user_code[TOKEN_USER_CODE_SIZE];
    enum code_api api;
    enum code_use use;
    int64_t expires_ms;

    /* What the API itself wants to remember; zero at first. */
    int size_px;                            /* of the picture */
    char reference[CODE_REFERENCE_MAX + 1]; /* the merchant's own word for it */
    struct code_place place;                /* of a relay */
    char nonce[CODE_NONCE_SIZE];            /* the same: of the desk's agent */
    bool asks_number;                       /* the same */
    int lifetime_s;
    int interval_s; /* between two polls */
    int64_t next_poll_ms;
    char return_url[CODE_RETURN_SIZE]; /* where a relay's transaction leads at its end */

    enum code_status status;
    enum code_status told; /* the status that the merchant was told last */
    unsigned scans;
    int picture_fetched; /* also if the merchant draws the link without one */
    unsigned status_requests;
    struct visit visits[CODE_VISITS_MAX];
    int64_t approved_ms;
    char transaction_id[CODE_TRANSACTION_SIZE]; /* these two from the start for CODE_ACQUIRER */
    const struct bank *issuer;
    char bin[PERSON_BIN_MAX + 1];  /* "" unless status is CODE_NUMBER or CODE_SUCCESS */
    char number[CODE_NUMBER_SIZE]; /* "" unless status is CODE_NUMBER */
    unsigned tries_left;
    uint64_t changes; /* grows at whatever a merchant may be waiting for; also when another code
                         takes this one's place */
};

/* Zeroed by its owner, but for `events`. */
struct codes {
    struct code slots[CODES_MAX];
    struct events *events; /* is told of everything below */
    int64_t now_ms;        /* moved on by codes_tick */
};

/* Moves the clock on and expires what is due. Called before anything else is asked of the codes. */
void codes_tick(struct codes *codes, int64_t now_ms);

/* When the next code will expire, or -1. */
int64_t codes_next_expiry_ms(const struct codes *codes);

/* A fresh code; the oldest finished one makes way. 0, IDQ_BUSY when all are still in use,
 * IDQ_SYSTEM. Like every other pointer to a code it is good until the next codes_add. */
int codes_add(struct codes *codes, enum code_api api, enum code_use use, int64_t lifetime_ms,
              struct code **ret_code);

/* Returns NULL if there is no such code. Each API sees only its codes. */
struct code *codes_by_qr_id(struct codes *codes, enum code_api api, const char *qr_id);
struct code *codes_by_reference(struct codes *codes, const char *reference); /* the first one */
struct code *codes_by_device_code(struct codes *codes, const char *device_code);
struct code *codes_by_user_code(struct codes *codes, const char *user_code);
struct code *codes_by_picture(struct codes *codes, const char *picture_id);
struct code *codes_by_transaction(struct codes *codes, const char *transaction_id);
struct code *codes_by_path(struct codes *codes, const char *path);

void code_picture_fetched(struct codes *codes, struct code *code);

/* A phone opens the code. 0 with its visit; IDQ_EXPIRED when the code can not be scanned (any
 * more); IDQ_SYSTEM. */
int code_scan(struct codes *codes, struct code *code, struct visit **ret_visit);

/* Returns NULL if there is no such visit. */
struct visit *code_find_visit(struct code *code, const char *id);

/* Steps of a visit. A bank or a person may be chosen again until the person has approved. A person
 * may refuse as long as the number was not typed. Each
 * returns 0, IDQ_EXPIRED when the code is finished, or IDQ_REFUSED when it is not this step's turn.
 */
int code_choose_bank(struct codes *codes, struct code *code, struct visit *visit,
                     const struct bank *bank);
int code_choose_person(const struct code *code, struct visit *visit, const struct person *person);
int code_approve(struct codes *codes, struct code *code, struct visit *visit); /* or IDQ_SYSTEM */
int code_refuse(struct codes *codes, struct code *code, struct visit *visit);

/* The desk sends the number that was typed there: an approval counts from then on. Each wrong one
 * costs a try. Does nothing unless the status is CODE_NUMBER. */
void code_take_number(struct codes *codes, struct code *code, const char number[CODE_NUMBER_SIZE]);

/* The merchant no longer waits. Also takes back a success that it was not told. */
void code_cancel(struct codes *codes, struct code *code);

/* Ends an unfinished code as CODE_EXPIRED, CODE_FAILURE or CODE_CANCELLED. */
void code_end(struct codes *codes, struct code *code, enum code_status status);

/* 1 while a merchant who was told everything so far has nothing new to hear. */
bool code_has_no_news(const struct code *code);

/* The merchant has been told the status. A success is thereby used up, and its BIN wiped; but a
 * session of Signicat can be asked about again. */
void code_told(struct codes *codes, struct code *code);

/* The word of the iDIN QR protocol for a status: "open", "pending", …; CODE_USED reads "expired",
 * CODE_REFUSED "cancelled". Static. */
const char *code_status_word(enum code_status status);

#endif
