/* SPDX-License-Identifier: BSD-3-Clause */
/* The upstreams `acquirer` and `cm`: iDIN by an acquirer, in its own protocol or in CM.com's JSON.
 * What is asked, when, and what an answer does is the same. The relay runs it. */
#ifndef IDQ_RELAY_ACQUIRER_H
#define IDQ_RELAY_ACQUIRER_H

#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/relay.h"

#include <stdlib.h>
#include <string.h>

#define ACQUIRER_URL_SIZE (HTTPS_URL_MAX + sizeof "/transaction")

struct acquirer;

/* How to speak with an acquirer. Builders return as those of idx.h, with a text that ends with a
 * zero byte, and that the caller frees: TEXT_AUTO. Readers return and fail as those of idx.h. */
struct acquirer_language {
    const char *content_type;
    bool refuses_by_http;         /* HTTP status 400 or 403 is an answer, and the last one */
    int64_t list_ms, list_max_ms; /* how old a list of banks gets, and may get */
    int (*build_directory)(const struct acquirer *acquirer, int64_t now_ms, char **ret_text,
                           size_t *ret_size);
    int (*build_transaction)(const struct acquirer *acquirer, const struct idx_request *request,
                             int64_t now_ms, char **ret_text, size_t *ret_size);
    int (*build_status)(const struct acquirer *acquirer, const struct store_trx *trx,
                        int64_t now_ms, char **ret_text, size_t *ret_size);
    int (*read_directory)(const struct acquirer *acquirer, const char *body, size_t size,
                          struct idx_directory **ret_directory, struct idx_failure *ret_failure);
    /* Sets the id of ret_trx, and its reference if the acquirer makes it. */
    int (*read_transaction)(const struct acquirer *acquirer, const char *body, size_t size,
                            struct store_trx *ret_trx, char ret_url[IDX_URL_SIZE],
                            struct idx_failure *ret_failure);
    int (*read_status)(const struct acquirer *acquirer, const char *body, size_t size,
                       const struct idx_asked *asked, struct idx_result *ret_result,
                       struct idx_failure *ret_failure);
};

extern const struct acquirer_language acquirer_idx, acquirer_cm;

/* relay->upstream_state */
struct acquirer {
    const struct acquirer_language *language;
    const struct cm_settings *cm;
    struct idx *idx; /* NULL with acquirer_cm */
    char return_url[IDX_URL_SIZE];
    char directory_url[ACQUIRER_URL_SIZE], transaction_url[ACQUIRER_URL_SIZE],
        status_url[ACQUIRER_URL_SIZE];
    int expiration_s;     /* at the bank, at most */
    bool is_refreshing;   /* the directory */
    int64_t directory_ms; /* when to ask for it next */
};

extern const struct relay_upstream acquirer_upstream;

/* Reads the keys and certificates that the configuration names. Returns 0 with the relay's
 * upstream_state, or an error with ret_diag. acquirer_idx_open is the part of acquirer_idx. */
int acquirer_idx_open(struct acquirer *acquirer, const struct acquirer_settings *settings,
                      struct diag *ret_diag);
int acquirer_open(struct relay *relay, struct diag *ret_diag);
void acquirer_close(struct relay *relay);

/* A text from malloc, as the messages of idx.h. */
static inline void
acquirer_text_free(char **text)
{
    if (*text)
        secret_wipe(*text, strlen(*text)); /* an entrance code or a token may be in it */
    free(*text);
}

#define TEXT_AUTO __attribute__((cleanup(acquirer_text_free))) char

/* Sends a message to the acquirer: as http_client_post. */
#define ACQUIRER_TIMEOUT_MS 10000
int acquirer_post(struct relay *relay, const char *url, const char *text, size_t size,
                  int timeout_ms, http_client_done *done, void *context);

/* Asks for the directory, if it is time, and sets relay->banks when it is there. No login waits for
 * it: until the first one is there, there is no bank to choose. */
void acquirer_refresh(struct relay *relay, int64_t now_ms);

#endif
