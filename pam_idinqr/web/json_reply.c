/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox's handlers run this. */
#include "pam_idinqr/web/json_reply.h"

#include <string.h>

int
json_reply(struct http_reply *reply, unsigned status, const char *type, json_t *root)
{
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;

    json_decref(root);
    return http_reply_take(reply, status, type, body, body ? strlen(body) : 0);
}
