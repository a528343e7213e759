/* SPDX-License-Identifier: BSD-3-Clause */
/* What a peer (peer.h) answers when nothing is wrong, for each provider's protocol. Test code. */
#ifndef IDQ_TESTS_PEER_DIALECT_H
#define IDQ_TESTS_PEER_DIALECT_H

#include "tests/faults/peer.h"

struct peer_dialect {
    const char *provider;
    int is_signed;              /* each answer but a picture, with the signing key */
    const char *usual_words[4]; /* the statuses of a login that goes well; ends with NULL */
    const char *success;        /* the one of them that comes with an identity */
    const char *success_body, *number_body;
    const char *token_header, *claims; /* of the ID token in it; NULL if it has no ID token */
    const char *settings;              /* lines of the provider's section: where all that is */
    struct peer_route {
        const char *request; /* how its first line begins */
        enum peer_stage stage;
        const char *body;   /* $words as in peer.h, and $WORD: the status */
        const char *status; /* HTTP; NULL: 200 OK */
    } routes[5];            /* ends with a NULL request */
};

/* Fails the running test if the provider has no dialect. */
const struct peer_dialect *peer_dialect_find(const char *provider);

/* Returns PEER_NOWHERE for a cancel and for an unexpected request, and PEER_STATUS also for a
 * success. */
enum peer_stage peer_dialect_stage(const struct peer_dialect *dialect, const char *request);

/* The HTTP status of a right answer. */
const char *peer_dialect_status(const struct peer_dialect *dialect, enum peer_stage stage);

/* NULL for a stage that is not answered with a text. */
const char *peer_dialect_body(const struct peer_dialect *dialect, enum peer_stage stage);

#endif
