/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets up libcurl's handle for a request: the versions of TLS, the trusted CAs, the disabled
 * features. Translates its errors. Only transport.c uses it. The fetch process runs it, on
 * untrusted bytes of the peer. */
#ifndef IDQ_FETCH_HTTPS_HANDLE_H
#define IDQ_FETCH_HTTPS_HANDLE_H

#include "pam_idinqr/fetch/transport.h"

#include <curl/curl.h>
#include <stdbool.h>

struct https_handle {
    CURL *easy; /* created and cleaned up by the caller */
    const struct fetch_setup *setup;
    bool needs_bundle; /* the directory of hashed names lacked the CA */
    int had_alert;     /* TLS ended the connection of this request with an alert */
    /* libcurl's message on the error, or "": hosts, ports and certificates, never a path of a URL
     * or a body */
    char problem[CURL_ERROR_SIZE];
};

/* Sets all options of a request, and clears those of the previous one. `receive` and its `context`
 * take the body: see CURLOPT_WRITEFUNCTION(3). The arguments must outlive the request. */
CURLcode https_handle_prepare(struct https_handle *handle, const struct fetch_request *request,
                              struct curl_slist *headers, curl_write_callback receive,
                              void *context);

/* Returns the result of a request as an enum idq_error: see transport_request. */
int https_handle_error(const struct https_handle *handle, CURLcode code);

/* Returns whether the CA store, or the part of it that was read, lacks the certificate's issuer. */
bool https_handle_is_unknown_ca(const struct https_handle *handle, CURLcode code);

/* Returns whether the certificate is expired or not yet valid by this machine's clock. */
bool https_handle_is_wrong_time(const struct https_handle *handle, CURLcode code);

#endif
