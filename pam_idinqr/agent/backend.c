/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on answers from the network. */
#include "pam_idinqr/agent/backend.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/text.h"

#include <string.h>
#include <sys/random.h>
#include <syslog.h>

#define PATIENCE_MS 10000

int
backend_make_nonce(char ret_nonce[PROVIDER_NONCE_SIZE])
{
    unsigned char random[(PROVIDER_NONCE_SIZE - 1) / 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return IDQ_SYSTEM;
    characters_write_hex(random, sizeof random, ret_nonce);
    return 0;
}

int
backend_request_ms(int64_t deadline_ms)
{
    int left_ms = clock_left_ms(deadline_ms);

    return left_ms < BACKEND_REQUEST_MS ? left_ms : BACKEND_REQUEST_MS;
}

/* For a request with credentials. */
static int
error_of_status(long status)
{
    if (status == 401 || status == 403)
        return IDQ_MERCHANT;
    if (status == 429)
        return IDQ_BUSY;
    return status == 408 || (status >= 500 && status <= 599) ? IDQ_UNREACHABLE : IDQ_REPLY;
}

int
backend_check_status(struct backend *backend, const char *what, long status, const char *trouble)
{
    if (status != 200 && status != backend->logged_status)
        wire_log(backend->context->wire, LOG_WARNING, "%s: HTTP status %ld%s%s", what, status,
                 trouble[0] ? ", " : "", trouble);
    backend->logged_status = status;
    return status == 200 ? 0 : error_of_status(status);
}

int
backend_check_json(const struct backend *backend, const char *what,
                   const struct fetch_response *response)
{
    if (strcmp(response->content_type, "application/json") == 0)
        return 0;
    wire_log(backend->context->wire, LOG_WARNING, "%s: an answer that is not JSON", what);
    return IDQ_REPLY;
}

int
backend_check_host(const struct backend *backend, const char *what, const char *text,
                   const char *own_url)
{
    const char *hosts = backend->context->settings->qr_hosts;
    struct wire *wire = backend->context->wire;
    struct https_url url;

    if (https_url_parse(text, strlen(text), &url)) {
        wire_log(wire, LOG_WARNING, "%s: not an https URL", what);
        return IDQ_HOST;
    }
    if (https_url_is_allowed(&url, hosts) || (own_url && https_url_is_at(&url, own_url)))
        return 0;
    wire_log(wire, LOG_WARNING, "%s: %s, port %u, is not %s", what, url.host, url.port,
             hosts[0] ? "in qr_hosts" : "where the backend is, and qr_hosts is not set");
    return IDQ_HOST;
}

int
backend_next_ms(const struct backend *backend, int64_t wait_ms, long retry_after_s)
{
    int left_ms = clock_left_ms(backend->context->deadline_ms);

    if (wait_ms < (int64_t)retry_after_s * 1000)
        wait_ms = (int64_t)retry_after_s * 1000;
    if (wait_ms > left_ms)
        return left_ms;
    return wait_ms > 0 ? (int)wait_ms : 0;
}

int64_t
backend_patience_ms(const struct backend *backend)
{
    int64_t until_ms = clock_ms() + PATIENCE_MS;

    return until_ms < backend->context->deadline_ms ? until_ms : backend->context->deadline_ms;
}

bool
backend_retries(const struct backend *backend, int64_t until_ms, long retry_after_s, int *error)
{
    if (*error != IDQ_BUSY || retry_after_s < 0)
        return false;
    if (retry_after_s == 0)
        retry_after_s = 1;
    if (retry_after_s > clock_left_ms(until_ms) / 1000)
        return false;
    if (!wire_wait(backend->context->wire, (int)retry_after_s * 1000))
        return true;
    *error = IDQ_CANCELLED;
    return false;
}
