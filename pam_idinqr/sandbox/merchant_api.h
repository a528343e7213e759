/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements the merchant's side of the sandbox: the idin-qr protocol. Any client on the network
 * may call it. The merchant token identifies a merchant. Every answer in JSON has the signature of
 * its raw body. */
#ifndef IDQ_SANDBOX_MERCHANT_API_H
#define IDQ_SANDBOX_MERCHANT_API_H

#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/web/http.h"

#include <stddef.h>

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

/* Draws a QR code as a PNG, with a logo in its middle as the real backend's may have. Pure. */

/* A square picture of `size_px` a side, with a quiet zone of at least four modules. 0 with the PNG,
 * to be freed by the caller; IDQ_PICTURE when the payload needs more modules than there are pixels;
 * IDQ_SYSTEM. */
int picture_png_draw(const char *payload, int size_px, unsigned char **ret_png, size_t *ret_size);

#endif
