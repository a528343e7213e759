/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements the merchant's side of the sandbox: the idin-qr protocol. Any client on the network
 * may call it. The merchant token identifies a merchant. Every answer in JSON has the signature of
 * its raw body. */
#ifndef IDQ_SANDBOX_MERCHANT_API_H
#define IDQ_SANDBOX_MERCHANT_API_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

#define MERCHANT_GENERATE_PATH "/idin-qr/v1.1/generate"
#define MERCHANT_STATUS_PATH   "/idin-qr/v1.1/status"
#define MERCHANT_CANCEL_PATH   "/idin-qr/v1.1/cancel"
#define MERCHANT_PICTURE_PATH  "/qrcode/"

/* Handlers, see http.h. */
int merchant_api_generate(struct sandbox *sandbox, struct http_request *request,
                          struct http_reply *ret_reply);
int merchant_api_status(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);
int merchant_api_cancel(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);
int merchant_api_picture(struct sandbox *sandbox, struct http_request *request,
                         struct http_reply *ret_reply);

#endif
