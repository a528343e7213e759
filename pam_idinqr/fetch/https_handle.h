/* SPDX-License-Identifier: BSD-3-Clause */
/* libcurl's handle as this project uses it: which TLS it speaks, whom it trusts, what it never
 * does, and what its failures mean. For transport.c alone. Run by the fetch process; what the
 * other side sends is untrusted. */
#ifndef IDQ_FETCH_HTTPS_HANDLE_H
#define IDQ_FETCH_HTTPS_HANDLE_H

#include "pam_idinqr/fetch/transport.h"

#include <curl/curl.h>

struct https_handle {
    CURL *easy; /* the caller's to make and to clean up */
    const struct fetch_setup *setup;
    int needs_bundle;              /* the directory of hashed names did not have the CA */
    int had_alert;                 /* TLS ended the connection of this request, and said so */
    char problem[CURL_ERROR_SIZE]; /* libcurl's words for what failed, "" where it has none: hosts,
                                      ports and certificates, never a URL's path or a body */
};

/* Says all of what a request may do; nothing is left of the one before. `receive` and its `context`
 * take the body, see CURLOPT_WRITEFUNCTION(3). What the arguments point to must outlive the
 * request. */
CURLcode https_handle_prepare(struct https_handle *handle, const struct request *request,
                              struct curl_slist *headers, curl_write_callback receive,
                              void *context);

/* What came of a request, as an enum idq_error: see transport_request. */
int https_handle_error(const struct https_handle *handle, CURLcode code);

/* Whether the CA store, or the part of it that was read, does not have who signed the certificate.
 */
int https_handle_is_unknown_ca(const struct https_handle *handle, CURLcode code);

/* Whether the certificate is not valid at this time, by this machine's clock. */
int https_handle_is_wrong_time(const struct https_handle *handle, CURLcode code);

#endif
