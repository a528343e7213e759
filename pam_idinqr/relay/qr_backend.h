/* SPDX-License-Identifier: BSD-3-Clause */
/* The upstream `qr-backend`: the QR backend of iDIN makes the codes and shows the banks, and calls
 * this relay when a person has chosen one. The way to the banks is the acquirer's (acquirer.h). The
 * relay runs it, on messages of the network that count only with the QR backend's HMAC. */
#ifndef IDQ_RELAY_QR_BACKEND_H
#define IDQ_RELAY_QR_BACKEND_H

#include "pam_idinqr/relay/relay.h"

/* At the two paths the path says which call it is, and at the third one the body does. */
#define QR_BACKEND_PATH             "/idinqr/v1"
#define QR_BACKEND_TRANSACTION_PATH QR_BACKEND_PATH "/transaction"
#define QR_BACKEND_STATUS_PATH      QR_BACKEND_PATH "/status"

relay_handler qr_backend_call;

/* Reads the section [qr-backend]. Returns 0 with relay->qr_backend, or an error with ret_diag. */
int qr_backend_open(struct relay *relay, struct diag *ret_diag);
void qr_backend_close(struct relay *relay);

/* Asks for a code that expires with this login, and whose picture has so many pixels a side. When
 * job->is_done without an error, its code is the login, with the code's qr_id, and is in the store;
 * and its url is that of the picture. The code counts, even if the desk no longer waits for it. */
int qr_backend_generate(struct relay *relay, const struct store_login *login, int size_px,
                        struct relay_job *job);

#endif
