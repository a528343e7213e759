/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and the sandbox run this on the network. */
#include "pam_idinqr/web/http_client.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signature.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS  5000
#define FDS_MAX     4    /* of the caller's */
#define HEADER_SIZE 6144 /* a client_secret of 1024 bytes, in which each is encoded, in base64 */

struct transfer {
    struct http_client *client;
    struct transfer *next;
    CURL *easy;
    struct curl_slist *headers;
    http_client_done *done;
    void *context;
    char *body; /* of the answer */
    size_t body_size;
    bool is_too_large;
    char problem[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi;
    struct transfer *transfers;
};

struct http_client *
http_client_new(void)
{
    struct http_client *client = calloc(1, sizeof *client);

    if (client && !(client->multi = curl_multi_init())) {
        free(client);
        return NULL;
    }
    return client;
}

/* An answer may hold an identity, so every copy of it is wiped. */
static size_t
receive(char *data, size_t unit, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t size = unit * n;
    char *longer;

    transfer->is_too_large |= transfer->body_size + size > HTTP_CLIENT_ANSWER_MAX;
    longer = transfer->is_too_large ? NULL : malloc(transfer->body_size + size + 1);
    if (!longer)
        return 0; /* ends the transfer */
    if (transfer->body) {
        memcpy(longer, transfer->body, transfer->body_size);
        secret_wipe(transfer->body, transfer->body_size);
        free(transfer->body);
    }
    memcpy(longer + transfer->body_size, data, size);
    transfer->body = longer;
    transfer->body_size += size;
    longer[transfer->body_size] = '\0';
    return size;
}

static void
free_transfer(struct transfer *transfer)
{
    struct transfer **link = &transfer->client->transfers;

    while (*link && *link != transfer)
        link = &(*link)->next;
    if (*link)
        *link = transfer->next;
    if (transfer->easy) {
        (void)curl_multi_remove_handle(transfer->client->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    if (transfer->body)
        secret_wipe(transfer->body, transfer->body_size);
    free(transfer->body);
    free(transfer);
}

static bool
add_header(struct transfer *transfer, const char *name, const char *value)
{
    char line[HEADER_SIZE];
    struct curl_slist *longer;

    if ((size_t)snprintf(line, sizeof line, "%s: %s", name, value) >= sizeof line)
        return false;
    longer = curl_slist_append(transfer->headers, line);
    secret_wipe(line, sizeof line); /* of a client, perhaps */
    transfer->headers = longer ? longer : transfer->headers;
    return longer != NULL;
}

#define SET(option, value) curl_easy_setopt(transfer->easy, option, value) == CURLE_OK

static bool
add_body(struct transfer *transfer, const struct http_client_request *request)
{
    return SET(CURLOPT_POST, 1L) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size) &&
           SET(CURLOPT_COPYPOSTFIELDS, request->body);
}

static bool
prepare(struct transfer *transfer, const struct http_client_request *request)
{
    /* Without Expect, a server need not answer before it has the body. Each request has a new
     * connection: if a kept one breaks, libcurl sends the request again by itself, and a
     * transaction would begin twice. */
    return (!request->body ||
            (add_header(transfer, "Content-Type", request->content_type) &&
             add_header(transfer, "Expect", "") && add_body(transfer, request))) &&
           (!request->authorization ||
            add_header(transfer, "Authorization", request->authorization)) &&
           (!request->signature || add_header(transfer, SIGNATURE_HEADER, request->signature)) &&
           SET(CURLOPT_URL, request->url) && SET(CURLOPT_HTTPHEADER, transfer->headers) &&
           SET(CURLOPT_PROTOCOLS_STR, "https") &&
           SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           (request->ca_file[0] == '\0' ||
            (SET(CURLOPT_CAINFO, request->ca_file) && SET(CURLOPT_CAPATH, (char *)NULL))) &&
           SET(CURLOPT_PROXY, request->proxy) && SET(CURLOPT_NOPROXY, "") &&
           SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_FRESH_CONNECT, 1L) &&
           SET(CURLOPT_FORBID_REUSE, 1L) && SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) &&
           SET(CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) &&
           SET(CURLOPT_ERRORBUFFER, transfer->problem) && SET(CURLOPT_WRITEFUNCTION, receive) &&
           SET(CURLOPT_WRITEDATA, transfer) && SET(CURLOPT_PRIVATE, transfer);
}

int
http_client_post(struct http_client *client, const struct http_client_request *request,
                 http_client_done *done, void *context)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (!transfer)
        return IDQ_SYSTEM;
    *transfer = (struct transfer){.client = client, .done = done, .context = context};
    transfer->easy = curl_easy_init();
    if (!transfer->easy || !prepare(transfer, request) ||
        curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK) {
        free_transfer(transfer);
        return IDQ_SYSTEM;
    }
    transfer->next = client->transfers;
    client->transfers = transfer;
    return 0;
}

static int
error_of(const struct transfer *transfer, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_WRITE_ERROR:
        return transfer->is_too_large ? IDQ_REPLY : IDQ_SYSTEM;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
        return IDQ_SYSTEM;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return IDQ_TLS;
    default:
        return IDQ_UNREACHABLE;
    }
}

static void
finish(struct transfer *transfer, CURLcode code)
{
    struct curl_header *signature = NULL;
    long status = 0;
    curl_off_t duration_us = 0;
    struct http_client_answer answer = {.error = error_of(transfer, code),
                                        .body = transfer->body ? transfer->body : "",
                                        .body_size = transfer->body_size,
                                        .signature = "",
                                        .problem = transfer->problem};

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = status;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &duration_us);
    answer.duration_ms = duration_us / 1000;
    if (answer.error == 0 && status != 200) { /* a proxy's page, or the server fails for a while */
        answer.error = IDQ_UNREACHABLE;
        snprintf(transfer->problem, sizeof transfer->problem, "HTTP status %ld", status);
    }
    if (curl_easy_header(transfer->easy, SIGNATURE_HEADER, 0, CURLH_HEADER, -1, &signature) ==
        CURLHE_OK) {
        answer.signature = signature->value;
        answer.n_signatures = (int)signature->amount;
    }
    if (code != CURLE_OK && transfer->problem[0] == '\0')
        answer.problem = curl_easy_strerror(code);
    transfer->done(transfer->context, &answer);
    free_transfer(transfer);
}

/* Returns whether there was one. */
static bool
finish_all(struct http_client *client)
{
    const CURLMsg *message;
    bool is_any = false;
    int n_left;

    while ((message = curl_multi_info_read(client->multi, &n_left))) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer) ==
                CURLE_OK &&
            transfer) {
            finish(transfer, code);
            is_any = true;
        }
    }
    return is_any;
}

int
http_client_poll(struct http_client *client, struct pollfd *fds, unsigned n_fds, int timeout_ms)
{
    struct curl_waitfd extra[FDS_MAX];
    int n_running, n_ready;

    if (n_fds > FDS_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (!client->transfers)
        return poll(fds, n_fds, timeout_ms);
    for (unsigned i = 0; i < n_fds; i++)
        extra[i] = (struct curl_waitfd){.fd = fds[i].fd,
                                        .events = (fds[i].events & POLLOUT) ? CURL_WAIT_POLLOUT
                                                                            : CURL_WAIT_POLLIN};
    if (curl_multi_perform(client->multi, &n_running) != CURLM_OK) {
        errno = ENOMEM;
        return -1;
    }
    /* Some requests wait for what is done now. libcurl's own timers also end the poll. */
    if (finish_all(client))
        timeout_ms = 0;
    if (curl_multi_poll(client->multi, extra, n_fds, timeout_ms < 0 ? 60000 : timeout_ms,
                        &n_ready) != CURLM_OK ||
        curl_multi_perform(client->multi, &n_running) != CURLM_OK) {
        errno = ENOMEM;
        return -1;
    }
    for (unsigned i = 0; i < n_fds; i++)
        fds[i].revents = (extra[i].revents & CURL_WAIT_POLLIN) ? POLLIN : 0;
    (void)finish_all(client);
    return n_ready;
}

void
http_client_free(struct http_client **client)
{
    if (!*client)
        return;
    while ((*client)->transfers)
        finish((*client)->transfers, CURLE_FAILED_INIT);
    curl_multi_cleanup((*client)->multi);
    free(*client);
    *client = NULL;
}
