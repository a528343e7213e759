/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in through a private PAM stack: services in a private directory, the real libpam and the
 * real modules, without root. It plays the application: its conversation keeps every message whole,
 * and answers prompts from a list. Test code: runs as the user who runs the tests.
 *
 * An error of the harness fails the running test. Results of PAM are returned. */
#ifndef IDQ_TESTS_LOGIN_STACK_H
#define IDQ_TESTS_LOGIN_STACK_H

#include <security/pam_appl.h>
#include <stddef.h>

/* The module under test, for a service's text. */
#define LOGIN_STACK_MODULE BUILD_DIR "/pam_idinqr.so"

struct login_stack;

struct login_message {
    int style;     /* PAM_TEXT_INFO … */
    char *text;    /* whole; never NULL */
    size_t number; /* which conversation, from 0: messages of one number came together */
};

struct login_stack *login_stack_new(void);

/* Ends the transaction when one is open. Accepts a pointer to NULL, and leaves one. */
void login_stack_free(struct login_stack **stack);

/* Writes a service, in the form of a file of pam.d(5). Other services are refused. */
void login_stack_service(struct login_stack *stack, const char *service, const char *text);

/* Its directory, for whatever else a test wants to put there. */
const char *login_stack_dir(const struct login_stack *stack);

/* pam_start, and from then on the transaction's handle. user may be NULL. */
pam_handle_t *login_stack_start(struct login_stack *stack, const char *service, const char *user);

/* What the next prompt without an answer is answered. NULL: as at the end of input, a PAM_SUCCESS
 * without an answer. A prompt that finds no answer makes the conversation fail. */
void login_stack_answer(struct login_stack *stack, const char *answer);

/* Called with each message as it is shown, prompts included and before they are answered. What it
 * returns becomes the conversation's result unless it is PAM_SUCCESS. It may take its time: a phone
 * can approve from here. */
void login_stack_on_message(struct login_stack *stack,
                            int (*on_message)(const struct login_message *message, void *user),
                            void *user);

/* Every message so far, valid until the next one. */
const struct login_message *login_stack_messages(const struct login_stack *stack,
                                                 size_t *ret_count);

/* All of their texts, each with "\n". Kept (scratch.h). */
char *login_stack_text(const struct login_stack *stack);

/* pam_authenticate. pam_setcred, pam_acct_mgmt and the rest are called with the handle, as
 * anywhere. */
int login_stack_authenticate(struct login_stack *stack, int flags);

/* PAM_USER as it is now; NULL when it is unset. Valid as long as PAM keeps it. */
const char *login_stack_user(const struct login_stack *stack);

#define LOGIN_STACK_AUTO __attribute__((cleanup(login_stack_free))) struct login_stack

#endif
