/* SPDX-License-Identifier: BSD-3-Clause */
/* The upstream `acquirer`: iDIN's own protocol, by idx.h. The relay runs it. */
#ifndef IDQ_RELAY_ACQUIRER_H
#define IDQ_RELAY_ACQUIRER_H

#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/relay.h"

#include <stdlib.h>
#include <string.h>

/* relay->upstream_state */
struct acquirer {
    struct idx *idx;
    char return_url[IDX_URL_SIZE]; /* of the idx */
    bool is_refreshing;            /* the directory */
    int64_t directory_ms;          /* when to ask for it next */
};

extern const struct relay_upstream acquirer_upstream;

/* Reads the keys and certificates that the configuration names. Returns 0 with the relay's
 * upstream_state, or an error with ret_diag. */
int acquirer_open(struct relay *relay, struct diag *ret_diag);
void acquirer_close(struct relay *relay);

/* A text from malloc, as the messages of idx.h. */
static inline void
acquirer_text_free(char **text)
{
    if (*text)
        secret_wipe(*text, strlen(*text)); /* an entrance code may be in it */
    free(*text);
}

#define TEXT_AUTO __attribute__((cleanup(acquirer_text_free))) char

/* Sends a message to the acquirer: as http_client_post. */
#define ACQUIRER_TIMEOUT_MS 10000
int acquirer_post(struct relay *relay, const char *url, const char *xml, size_t size,
                  int timeout_ms, http_client_done *done, void *context);

/* Asks for the directory, if it is time, and sets relay->banks when it is there. No login waits for
 * it: until the first one is there, there is no bank to choose. */
void acquirer_refresh(struct relay *relay, int64_t now_ms);

#endif
