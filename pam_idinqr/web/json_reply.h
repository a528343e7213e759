/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies in JSON, for the APIs of the sandbox. */
#ifndef IDQ_WEB_JSON_REPLY_H
#define IDQ_WEB_JSON_REPLY_H

#include "pam_idinqr/web/http.h"

#include <jansson.h>

#define JSON_TYPE "application/json"

/* Replies with `root`, and takes ownership of it. NULL means that memory was short. Returns
 * HTTP_REPLY or IDQ_SYSTEM. */
int json_reply(struct http_reply *reply, unsigned status, const char *type, json_t *root);

#endif
