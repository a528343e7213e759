/* SPDX-License-Identifier: BSD-3-Clause */
/* A login as its host asks for it: what the host says of it (some of that was chosen by a
 * stranger), how to speak with the person through it, the administrator's record of it. Runs in the
 * host, often as root. */
#ifndef IDQ_MODULE_REQUEST_H
#define IDQ_MODULE_REQUEST_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/audit/audit.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/station.h"
#include "pam_idinqr/wire/messages.h"

#include <security/pam_modules.h>

#define UID_DIGITS_SIZE sizeof "4294967295"

struct request {
    pam_handle_t *pamh;
    /* PAM's items; "" where the application set none, but for the user, who is NULL then: an empty
     * name is a name. All NULL when it could not be asked. Copies: an application may set an item
     * during the conversation, which frees PAM's own. */
    char *service, *user, *tty, *rhost;
    struct conversation conversation; /* the host's; valid while the request is not moved */
    int64_t start_ms;                 /* by clock_ms */

    /* Filled in by who learns of it, for the person and for the record; "" until then. */
    enum text_language language;
    int debug; /* as the module's argument: every line of the agent's goes to the log */
    char provider[32];
    char station[STATION_SIZE];
    char account[MAP_ACCOUNT_SIZE]; /* that the verified identity opens */
    char hash[IDENTITY_HASH_SIZE];
    char issuer[ISSUER_MAX + 1];
    char transaction[TRANSACTION_MAX + 1];
    struct diag diag;

    char session[AUDIT_SESSION_SIZE];                     /* request.c's own, from here on */
    char uid[UID_DIGITS_SIZE], loginuid[UID_DIGITS_SIZE]; /* "" where there is none */
    int was_told, was_asked;
};

/* 0; or IDQ_SYSTEM when the host could not be asked, as an account that was named must never pass
 * for none. request_end is due in both cases. */
int request_begin(struct request *request, pam_handle_t *pamh);
void request_end(struct request *request);

/* Whether the account that the host opens now is this one. */
int request_is_for(const struct request *request, const char *account);

/* Tells the person how the login ended, once. As login.h's `failed`. */
void request_tell(void *request, int result);

/* One line of the agent's for the administrator. As login.h's `log`. */
void request_log_line(void *request, int priority, const char *line);

/* The record of how the login ended. */
void request_log_end(const struct request *request, int result);

#define REQUEST_AUTO __attribute__((cleanup(request_end))) struct request

#endif
