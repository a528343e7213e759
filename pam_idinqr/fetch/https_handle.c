/* SPDX-License-Identifier: BSD-3-Clause */
/* The fetch process runs this on the bytes of the network. */
#include <build.h>

#include "pam_idinqr/fetch/https_handle.h"

#include "pam_idinqr/common/error.h"

#include <openssl/ssl.h>
#include <stdbool.h>

#define CONNECT_TIMEOUT_MS 10000

/* Sets an option. `code` keeps the first refusal of libcurl, and no option is set after it. */
#define SET(option, value)                                                                         \
    (code = code != CURLE_OK ? code : curl_easy_setopt(handle->easy, option, value))

/* A handshake without agreement ends with an alert from either side. A connection that is cut
 * during a handshake has no alert, and the request may be retried. libcurl reports one error for
 * both. */
static void
note_alert(const SSL *tls, int what, int alert)
{
    int *had_alert = SSL_CTX_get_app_data(SSL_get_SSL_CTX(tls));

    if ((what & SSL_CB_ALERT) && alert >> 8 == SSL3_AL_FATAL)
        *had_alert = 1;
}

static CURLcode
watch_alerts(CURL *easy, void *context, void *had_alert)
{
    (void)easy;
    SSL_CTX_set_info_callback(context, note_alert);
    return SSL_CTX_set_app_data(context, had_alert) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static CURLcode
set_exchange(struct https_handle *handle, const struct fetch_request *request,
             struct curl_slist *headers)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_ERRORBUFFER, handle->problem);
    SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); /* a cancel does not wait for a name server */
#endif
    /* Kept for the whole login, which lasts minutes: a network that returns may have written a new
     * resolv.conf, which the jail does not allow (jail_rules.h). */
    SET(CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    /* HTTP/2 would not make single requests faster. Without it, much code is unreachable. */
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "pam_idinqr/" PACKAGE_VERSION);
    SET(CURLOPT_HTTPHEADER, headers);
    if (request->body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        SET(CURLOPT_POSTFIELDS, request->body);
    }
    SET(CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS,
        (long)(request->timeout_ms < CONNECT_TIMEOUT_MS ? request->timeout_ms
                                                        : CONNECT_TIMEOUT_MS));
    return code;
}

static CURLcode
set_tls(struct https_handle *handle)
{
    const struct fetch_setup *setup = handle->setup;
    CURLcode code = CURLE_OK;

    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_CTX_FUNCTION, watch_alerts);
    SET(CURLOPT_SSL_CTX_DATA, &handle->had_alert);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (setup->ca_file[0]) {
        SET(CURLOPT_CAINFO, setup->ca_file);
        /* libcurl would otherwise still trust the system's directory of CAs. */
        SET(CURLOPT_CAPATH, (char *)NULL);
    } else if (!handle->needs_bundle && curl_version_info(CURLVERSION_NOW)->capath) {
        /* OpenSSL finds a CA in the directory by the hash of its name, and reads only that one.
         * Reading the file with all CAs takes longer than the rest of a login: see
         * transport_request. */
        SET(CURLOPT_CAINFO, (char *)NULL);
    }
    if (setup->pin_sha256[0])
        SET(CURLOPT_PINNEDPUBLICKEY, setup->pin_sha256);
    return code;
}

/* The first two are set even if they are empty: otherwise libcurl reads them from the environment.
 */
static CURLcode
set_proxy(struct https_handle *handle)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_PROXY, handle->setup->proxy);
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return code;
}

CURLcode
https_handle_prepare(struct https_handle *handle, const struct fetch_request *request,
                     struct curl_slist *headers, curl_write_callback receive, void *context)
{
    CURLcode code = CURLE_OK;

    /* libcurl's reset keeps connections, and no setting of a request */
    curl_easy_reset(handle->easy);
    handle->problem[0] = '\0';
    handle->had_alert = 0;
    SET(CURLOPT_WRITEFUNCTION, receive);
    SET(CURLOPT_WRITEDATA, context);
    if (code == CURLE_OK)
        code = set_exchange(handle, request, headers);
    if (code == CURLE_OK)
        code = set_tls(handle);
    return code == CURLE_OK ? set_proxy(handle) : code;
}

/* Returns whether the peer's certificate was rejected with OpenSSL's reason `which`. */
static bool
is_verified_as(const struct https_handle *handle, CURLcode code, long which)
{
    long result = X509_V_OK;

    return code == CURLE_PEER_FAILED_VERIFICATION &&
           curl_easy_getinfo(handle->easy, CURLINFO_SSL_VERIFYRESULT, &result) == CURLE_OK &&
           result == which;
}

int
https_handle_error(const struct https_handle *handle, CURLcode code)
{
    if (is_verified_as(handle, code, X509_V_ERR_CERT_NOT_YET_VALID))
        return IDQ_CLOCK;
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_ABORTED_BY_CALLBACK:
        return IDQ_CANCELLED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
        return IDQ_TLS;
    case CURLE_SSL_CONNECT_ERROR:
        return handle->had_alert ? IDQ_TLS : IDQ_UNREACHABLE;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_FUNCTION_ARGUMENT: /* libcurl's error for an invalid header line */
    case CURLE_UNSUPPORTED_PROTOCOL:  /* an answer as in HTTP/0.9: the URL's scheme was checked */
        return IDQ_REPLY;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
        return IDQ_SYSTEM;
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
        return IDQ_CONFIG;
    default:
        return IDQ_UNREACHABLE;
    }
}

bool
https_handle_is_unknown_ca(const struct https_handle *handle, CURLcode code)
{
    return is_verified_as(handle, code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) ||
           is_verified_as(handle, code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT) ||
           is_verified_as(handle, code, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) ||
           is_verified_as(handle, code, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

bool
https_handle_is_wrong_time(const struct https_handle *handle, CURLcode code)
{
    return is_verified_as(handle, code, X509_V_ERR_CERT_NOT_YET_VALID) ||
           is_verified_as(handle, code, X509_V_ERR_CERT_HAS_EXPIRED);
}
