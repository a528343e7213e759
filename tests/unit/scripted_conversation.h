/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays the person in a conversation: records the messages, answers the prompts, and fails when the
 * test says so. Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_SCRIPTED_CONVERSATION_H
#define IDQ_TESTS_SCRIPTED_CONVERSATION_H

#include "pam_idinqr/login/conversation.h"

struct scripted_conversation {
    /* Set by the test, all may be zero: */
    const char *answer; /* to every question; NULL: the end of input */
    unsigned fail_at;   /* the message, from 1, that cannot be shown; 0: none */
    int breaks_off;     /* 1: a question is answered, and the application fails all the same */
    unsigned columns;   /* of the terminal; 0: not known */
    /* Called when a message has been shown, with its number from 1. */
    void (*on_show)(void *user, unsigned number);
    void (*on_ask)(void *user, unsigned number); /* before a prompt is answered */
    void *user;

    /* Read by the test: */
    unsigned n_shown;
    unsigned n_asked;
    char text[65536]; /* all messages and prompts, each with a newline */
};

struct conversation scripted_conversation(struct scripted_conversation *script);

#endif
