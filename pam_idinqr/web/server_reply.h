/* SPDX-License-Identifier: BSD-3-Clause */
/* Gives a reply to libmicrohttpd, for server_exchange.c. */
#ifndef IDQ_WEB_SERVER_REPLY_H
#define IDQ_WEB_SERVER_REPLY_H

#include "pam_idinqr/web/server_exchange.h"

/* Takes the body out of the reply. microhttpd gets no copy of it, and it is wiped when it was sent.
 * Returns MHD_NO, after which the connection is closed, if memory is short. */
enum MHD_Result server_reply_queue(const struct server *server, struct MHD_Connection *connection,
                                   struct http_reply *reply);

#endif
