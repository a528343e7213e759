/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds a login as its application requests it: PAM's items, of which a client may have chosen
 * some, the conversation with the person, and the log record. Runs in the application, often as
 * root. */
#ifndef IDQ_MODULE_REQUEST_H
#define IDQ_MODULE_REQUEST_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/audit/audit.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/wire/messages.h"

#include <security/pam_modules.h>
#include <stdbool.h>

#define UID_DIGITS_SIZE sizeof "4294967295"

struct request {
    pam_handle_t *pamh;
    /* PAM's items, "" if the application set none. A missing user is NULL, because an empty name is
     * a name. All are NULL if PAM_USER could not be read. Copies, because an application may set an
     * item during the conversation, which frees PAM's copy. */
    char *service, *user, *tty, *rhost;
    struct conversation conversation; /* the application's; valid while the request is not moved */
    int64_t start_ms;                 /* by clock_ms */

    /* Set when known, for the person and for the record. "" until then. */
    struct text_voice voice;
    int debug; /* the module's argument debug: every line of the agent is logged */
    char provider[32];
    char station[STATION_SIZE];
    char account[MAP_ACCOUNT_SIZE]; /* opened by the verified identity */
    char hash[IDENTITY_HASH_SIZE];
    char issuer[ISSUER_MAX + 1];
    char transaction[TRANSACTION_MAX + 1];
    struct diag diag;

    char session[AUDIT_SESSION_SIZE];                     /* set by request_begin */
    char uid[UID_DIGITS_SIZE], loginuid[UID_DIGITS_SIZE]; /* the same; "" if unknown */
    bool has_idled; /* it began with an Enter at the idle screen */
    bool has_code;
    bool was_told, was_asked; /* private to request.c */
};

/* Returns 0, or IDQ_SYSTEM if PAM_USER could not be read: a named account must never pass for a
 * missing name. The caller calls request_end in both cases. */
int request_begin(struct request *request, pam_handle_t *pamh);
void request_end(struct request *request);

/* Returns whether the application now opens this account. */
bool request_is_for(const struct request *request, const char *account);

/* Tells the person once how the login ended. Like login.h's `failed`. Leaves a failure to
 * request_tell_in_prompt if the application would drop the message. */
void request_tell(void *request, int result);

/* Tells such a person why the login failed, and waits for an Enter. The application may kill this
 * process meanwhile, so the login must be logged, and no signal may be blocked. */
void request_tell_in_prompt(struct request *request, int result);

/* Asks the person for an Enter, and waits for it. Returns 0 or IDQ_CONV. */
int request_wait_for_enter(struct request *request);

/* Logs one line of the agent for the administrator. Like login.h's `log`. */
void request_log_line(void *request, int priority, const char *line);

/* Logs the result of the login. */
void request_log_end(const struct request *request, int result);

#define REQUEST_AUTO __attribute__((cleanup(request_end))) struct request

#endif
