/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the sandbox's addresses with their handlers (see http.h). Any client on the network may
 * call them. */
#ifndef IDQ_SANDBOX_HANDLERS_H
#define IDQ_SANDBOX_HANDLERS_H

#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/web/http.h"

#include <stddef.h>

/* Implements the merchant's side of the sandbox: the idin-qr protocol. Any client on the network
 * may call it. The merchant token identifies a merchant. Every answer in JSON has the signature of
 * its raw body. */
#define IDIN_QR_GENERATE_PATH "/idin-qr/v1.1/generate"
#define IDIN_QR_STATUS_PATH   "/idin-qr/v1.1/status"
#define IDIN_QR_CANCEL_PATH   "/idin-qr/v1.1/cancel"
#define IDIN_QR_PICTURE_PATH  "/qrcode/"

int idin_qr_api_generate(struct sandbox *sandbox, struct http_request *request,
                         struct http_reply *ret_reply);
int idin_qr_api_status(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply);
int idin_qr_api_cancel(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply);
int idin_qr_api_picture(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);

/* Draws a QR code as a PNG, with a logo in its middle as the real backend's may have: a square of
 * `size_px` a side, with a quiet zone of at least four modules. Pure. 0 with the PNG,
 * to be freed by the caller; IDQ_PICTURE when the payload needs more modules than there are pixels;
 * IDQ_SYSTEM. */
int picture_png_draw(const char *payload, int size_px, unsigned char **ret_png, size_t *ret_size);

/* Implements OpenID's side of the sandbox: discovery, the keys of its ID tokens, and the device
 * authorization grant (RFC 8628). Any client on the network may call it. The secret identifies the
 * OAuth client. */
#define OIDC_DISCOVERY_PATH "/.well-known/openid-configuration"
#define OIDC_KEYS_PATH      "/oidc/keys"
#define OIDC_DEVICE_PATH    "/oidc/device" /* GET: see oidc_pages_get */
#define OIDC_TOKEN_PATH     "/oidc/token"

#define OIDC_INTERVAL_S 1 /* the shortest that a client has to take: tests wait for it */

int oidc_device_api_discovery(struct sandbox *sandbox, struct http_request *request,
                              struct http_reply *ret_reply);
int oidc_device_api_keys(struct sandbox *sandbox, struct http_request *request,
                         struct http_reply *ret_reply);
int oidc_device_api_device(struct sandbox *sandbox, struct http_request *request,
                           struct http_reply *ret_reply);
int oidc_device_api_token(struct sandbox *sandbox, struct http_request *request,
                          struct http_reply *ret_reply);

/* Shows the page where a person types the code of a device (RFC 8628, 3.3), and the page of a link
 * that contains the code. Any browser may request them: a code's letters are its only protection.
 * GET OIDC_DEVICE_PATH, with user_code=… in the query or without. */
int oidc_pages_get(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply);

/* Implements Signicat's side of the sandbox: the token endpoint and the sessions of its
 * Authentication REST API, as far as an iDIN login needs them. Any client on the network may call
 * it. The secret identifies a client, and then its token does. */
#define SIGNICAT_API_PATH      "/auth/rest"
#define SIGNICAT_TOKEN_PATH    "/auth/open/connect/token"
#define SIGNICAT_SESSIONS_PATH SIGNICAT_API_PATH "/sessions"
#define SIGNICAT_SESSION_PATH  SIGNICAT_SESSIONS_PATH "/"

int signicat_api_token(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply);
int signicat_api_create(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);
int signicat_api_status(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);
int signicat_api_cancel(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);

/* Implements the acquirer of a relay and its bank: iDx 1.0.0. Any client on the network may call
 * it; only the merchant's signature is believed. Without acquirer_api_open these are unknown paths.
 */
#define ACQUIRER_DIRECTORY_PATH   "/acquirer/directory"
#define ACQUIRER_TRANSACTION_PATH "/acquirer/transaction"
#define ACQUIRER_STATUS_PATH      "/acquirer/status"

int acquirer_api_directory(struct sandbox *sandbox, struct http_request *request,
                           struct http_reply *ret_reply);
int acquirer_api_transaction(struct sandbox *sandbox, struct http_request *request,
                             struct http_reply *ret_reply);
int acquirer_api_status(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);

/* The same in CM.com's JSON, by the merchant's token. */
#define CM_PATH             "/idin/v1.0"
#define CM_DIRECTORY_PATH   CM_PATH "/directory"
#define CM_TRANSACTION_PATH CM_PATH "/transaction"
#define CM_STATUS_PATH      CM_PATH "/status"

int cm_api_directory(struct sandbox *sandbox, struct http_request *request,
                     struct http_reply *ret_reply);
int cm_api_transaction(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply);
int cm_api_status(struct sandbox *sandbox, struct http_request *request,
                  struct http_reply *ret_reply);

/* Makes the keys of acquirer, bank and merchant. 0 or IDQ_SYSTEM; either way, sandbox_free frees
 * them. */
int acquirer_api_open(struct sandbox *sandbox);
void acquirer_api_close(struct sandbox *sandbox);

/* Writes what the relay at `relay_url` needs, relay.conf and the files that it names. 0, or
 * IDQ_SYSTEM with errno. */
int acquirer_api_write(const struct sandbox *sandbox, const struct state_dir *dir,
                       const struct certificates *certificates, const char *relay_url);

/* Plays the QR backend of a relay: POST to one of its two APIs, signed by HMAC. */
#define RELAY_TRANSACTION_PATH "/idinqr/v1/transaction"
#define RELAY_STATUS_PATH      "/idinqr/v1/status"

/* Takes over `body`. Returns NULL if the call cannot be made. relay_call_of finds it again by what
 * a held request watches. A call may be freed when it is done. */
struct relay_call *relay_call_begin(struct sandbox *sandbox, const char *path, json_t *body);
struct relay_call *relay_call_of(struct sandbox *sandbox, const uint64_t *watched);
void relay_call_free(struct relay_call *call);

/* Shows the phone's pages: choose a bank, choose a test person, approve or refuse. The person who
 * scanned a code comes here, and any other visitor may. A visitor's only permission is knowledge of
 * the random names in the address and the form.
 *
 *   GET  /q/CODE          a scan: makes a visit, sends the browser on to
 *   GET  /q/CODE/VISIT    the page of the step that the visit is at
 *   POST /q/CODE/VISIT    a step: form=TOKEN and bank=, person= or answer=approve|refuse
 *
 * A relay's transaction has its bank already, and leads back to the relay at each end. With --auto,
 * it is approved by the scan. The QR backend of a relay leads to such a transaction when a bank is
 * chosen, and after that its page says how the transaction stands. */
#define PHONE_PAGES_PATH "/q/"

int phone_pages_get(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply);
int phone_pages_post(struct sandbox *sandbox, struct http_request *request,
                     struct http_reply *ret_reply);

/* The page for a path that is not there. */
int phone_pages_unknown(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);

/* Finds the handler of a request by its path, and calls it. Everything in the request is anybody's.
 * *ret_name is set to what a log may say of the path: the route, without whatever identifies a
 * code. Static. */
int routes_handle(struct sandbox *sandbox, struct http_request *request,
                  struct http_reply *ret_reply, const char **ret_name);

#endif
