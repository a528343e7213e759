/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one HTTPS exchange through libcurl, and reads its answer. The fetch process runs this.
 * Everything in an answer is untrusted. */
#include "pam_idinqr/fetch/transport.h"

#include "pam_idinqr/fetch/https_handle.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define POLL_MS        60000 /* libcurl's own timers end a poll earlier */
#define FIRST_CAPACITY 4096  /* bytes, of an answer's body */

struct transport {
    struct https_handle handle; /* one for the whole login, so that polls reuse their connection */
    struct wire *wire;
    CURLM *multi;    /* owns the connections, the resolver's cache and the TLS sessions */
    CURLcode logged; /* the error that the log has already; CURLE_OK after a success */
};

/* The body of an answer while it arrives. */
struct download {
    struct fetch_response *response;
    size_t capacity;
    size_t max_size;
    int error; /* the reason why this process stopped it */
};

struct transport *
transport_new(const struct fetch_setup *setup, struct wire *wire)
{
    struct transport *transport = wiping_heap_calloc(1, sizeof *transport);

    if (!transport)
        return NULL;
    transport->handle.setup = setup;
    transport->wire = wire;
    transport->multi = curl_multi_init();
    transport->handle.easy = curl_easy_init();
    if (!transport->multi || !transport->handle.easy)
        transport_free(&transport);
    return transport;
}

void
transport_free(struct transport **transport)
{
    if (!transport || !*transport)
        return;
    curl_easy_cleanup((*transport)->handle.easy);
    curl_multi_cleanup((*transport)->multi);
    wiping_heap_free(*transport);
    *transport = NULL;
}

static size_t
receive(char *bytes, size_t one, size_t size, void *user)
{
    struct download *download = user;
    struct fetch_response *response = download->response;
    size_t needed;

    (void)one; /* always 1 */
    if (size > download->max_size - response->body_size) {
        download->error = IDQ_REPLY;
        return CURL_WRITEFUNC_ERROR;
    }
    needed = response->body_size + size + 1;
    if (needed > download->capacity) {
        size_t capacity = needed > 2 * download->capacity ? needed : 2 * download->capacity;
        char *body = wiping_heap_realloc(response->body, capacity);
        if (!body) {
            download->error = IDQ_SYSTEM;
            return CURL_WRITEFUNC_ERROR;
        }
        response->body = body;
        download->capacity = capacity;
    }
    memcpy(response->body + response->body_size, bytes, size);
    response->body_size += size;
    response->body[response->body_size] = '\0';
    return size;
}

static void
slist_free(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

#define SLIST_AUTO __attribute__((cleanup(slist_free))) struct curl_slist

/* The list is in libcurl's heap, which is wiped. */
static int
add_header(struct curl_slist **list, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(": ") + strlen(value) + 1;
    SECRET_AUTO *line = secret_new(size);
    struct curl_slist *longer;

    if (!line)
        return IDQ_SYSTEM;
    snprintf(secret_bytes(line), size, "%s: %s", name, value);
    longer = curl_slist_append(*list, secret_bytes(line));
    if (!longer)
        return IDQ_SYSTEM;
    *list = longer;
    return 0;
}

/* Runs the request of the handle. Returns CURLE_ABORTED_BY_CALLBACK if the agent canceled. */
static CURLcode
perform(struct transport *transport)
{
    struct wire *wire = transport->wire;
    struct curl_waitfd readable = {.fd = wire->socket, .events = CURL_WAIT_POLLIN};
    CURLcode code = CURLE_FAILED_INIT;
    int n_running = 1, n_left;
    CURLMsg *message;

    if (curl_multi_add_handle(transport->multi, transport->handle.easy))
        return CURLE_OUT_OF_MEMORY;
    while (n_running > 0) {
        if (wire_check(wire)) {
            code = CURLE_ABORTED_BY_CALLBACK;
            break;
        }
        if (curl_multi_perform(transport->multi, &n_running))
            break;
        if (n_running > 0 && curl_multi_poll(transport->multi, &readable, 1, POLL_MS, NULL))
            break;
    }
    while ((message = curl_multi_info_read(transport->multi, &n_left)))
        if (message->msg == CURLMSG_DONE)
            code = message->data.result;
    (void)curl_multi_remove_handle(transport->multi, transport->handle.easy);
    return code;
}

/* "Application/JSON; charset=UTF-8" becomes "application/json". The protocol's example has a comma
 * instead of the semicolon. */
static void
read_media_type(const char *header, struct fetch_response *response)
{
    size_t length = strcspn(header, ";, \t");

    if (length >= sizeof response->content_type || !characters_are_visible_ascii(header, length))
        return;
    for (size_t i = 0; i < length; i++) {
        char c = header[i];
        response->content_type[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
}

/* Returns a header of the last response: not of a proxy's response, and not a trailer. */
static CURLcode
read_headers(CURL *easy, const char *signature_name, struct fetch_response *response)
{
    struct curl_header *header;
    curl_off_t retry_after_s = 0;
    CURLcode code = curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response->status);

    if (code == CURLE_OK)
        code = curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (code != CURLE_OK)
        return code;
    /* libcurl accepts any number behind "HTTP/2". */
    if (response->status < 100 || response->status > 999)
        return CURLE_WEIRD_SERVER_REPLY;
    response->retry_after_s = -1;
    if (retry_after_s < 0)
        retry_after_s = 0; /* a date in the past */
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        response->retry_after_s = retry_after_s < INT_MAX ? (long)retry_after_s : INT_MAX;
    if (curl_easy_header(easy, "Content-Type", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        read_media_type(header->value, response);
    if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        time_t theirs = curl_getdate(header->value, NULL);
        if (theirs > 0)
            response->clock_ahead_s = (long)(time(NULL) - theirs);
    }
    if (signature_name &&
        curl_easy_header(easy, signature_name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        response->signature_count = (int)header->amount;
        /* A value that is too long to be a signature becomes "". */
        (void)!copy_text(response->signature, sizeof response->signature, header->value);
    }
    return CURLE_OK;
}

/* libcurl's messages name hosts, ports and certificates, and never quote a URL's path or a body. */
static void
log_failure(struct transport *transport, const char *host, CURLcode code)
{
    char clock[80] = "";
    time_t now = time(NULL);
    struct tm utc;

    if (https_handle_is_wrong_time(&transport->handle, code) && gmtime_r(&now, &utc))
        (void)strftime(clock, sizeof clock,
                       ", or the clock of this machine is wrong: it says %Y-%m-%d %H:%M UTC", &utc);
    if (transport->logged != code)
        wire_log(transport->wire, LOG_WARNING, "%s: %s%s", host,
                 transport->handle.problem[0] ? transport->handle.problem
                                              : curl_easy_strerror(code),
                 clock);
    transport->logged = code;
}

static CURLcode
exchange(struct transport *transport, const struct fetch_request *request,
         struct curl_slist *headers, struct download *download)
{
    CURLcode code = https_handle_prepare(&transport->handle, request, headers, receive, download);

    return code == CURLE_OK ? perform(transport) : code;
}

int
transport_request(struct transport *transport, const struct fetch_request *request,
                  struct fetch_response *ret_response)
{
    struct download download = {.response = ret_response, .max_size = request->max_size};
    const struct fetch_setup *setup = transport->handle.setup;
    SLIST_AUTO *headers = NULL;
    struct https_url url;
    CURLcode code;
    int error;

    memset(ret_response, 0, sizeof *ret_response);
    if (https_url_parse(request->url, strlen(request->url), &url))
        return IDQ_CONFIG;
    if (request->timeout_ms <= 0)
        return IDQ_UNREACHABLE; /* libcurl takes 0 as no timeout */
    /* libcurl would take any other text as the name of a file with a key. */
    if (setup->pin_sha256[0] && strncmp(setup->pin_sha256, "sha256//", strlen("sha256//")) != 0) {
        wire_log(transport->wire, LOG_ERR, "pin_sha256 does not begin with sha256//");
        return IDQ_CONFIG;
    }
    if ((request->accept && (error = add_header(&headers, "Accept", request->accept))) ||
        (request->body && (error = add_header(&headers, "Content-Type", request->content_type))) ||
        (request->authorization &&
         (error = add_header(&headers, "Authorization", request->authorization))))
        return error;
    ret_response->body = wiping_heap_calloc(1, FIRST_CAPACITY);
    if (!ret_response->body)
        return IDQ_SYSTEM;
    download.capacity = FIRST_CAPACITY;

    code = exchange(transport, request, headers, &download);
    /* Some CA directories have no hashed names, and some administrators add a CA only to the file.
     * The request has not been sent yet. */
    if (!setup->ca_file[0] && !transport->handle.needs_bundle &&
        https_handle_is_unknown_ca(&transport->handle, code)) {
        transport->handle.needs_bundle = true;
        code = exchange(transport, request, headers, &download);
    }
    if (code == CURLE_OK)
        code = read_headers(transport->handle.easy, request->signature_name, ret_response);
    error = download.error ? download.error : https_handle_error(&transport->handle, code);
    if (download.error == IDQ_REPLY)
        (void)snprintf(transport->handle.problem, sizeof transport->handle.problem,
                       "the answer is larger than %zu bytes", request->max_size);
    if (error) {
        response_free(ret_response);
        if (error != IDQ_CANCELLED)
            log_failure(transport, url.host, code);
        return error;
    }
    transport->logged = CURLE_OK;
    return 0;
}
