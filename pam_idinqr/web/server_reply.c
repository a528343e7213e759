/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this. */
#include "pam_idinqr/web/server_reply.h"

#include "pam_idinqr/common/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What every answer says of the time. microhttpd would say it too, by the machine's clock. */
static enum MHD_Result
add_date(const struct server_application *application, struct MHD_Response *response)
{
    time_t now = (time_t)application->wall_clock_s(application->context);
    struct tm utc;
    char date[40];

    if (!gmtime_r(&now, &utc) ||
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc) == 0)
        return MHD_NO;
    return MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date);
}

/* A body that is being sent. */
struct sent {
    char *body;
    size_t size;
};

/* It may hold an identity or a number. */
static void
free_sent(void *sent_)
{
    struct sent *sent = sent_;

    if (sent->body)
        secret_wipe(sent->body, sent->size);
    free(sent->body);
    free(sent);
}

/* Takes the body out of the reply. microhttpd has no copy of it, so it is wiped when it was sent.
 */
enum MHD_Result
server_reply_queue(const struct server *server, struct MHD_Connection *connection,
                   struct http_reply *reply)
{
    struct sent *sent = calloc(1, sizeof *sent);
    struct MHD_Response *response = sent ? MHD_create_response_from_buffer_with_free_callback_cls(
                                               reply->body_size, reply->body, free_sent, sent)
                                         : NULL;
    enum MHD_Result result = response ? add_date(server->application, response) : MHD_NO;

    if (response) {
        *sent = (struct sent){reply->body, reply->body_size};
        reply->body = NULL;
    } else {
        free(sent);
    }
    if (result == MHD_YES && server->is_draining) /* the next request goes to another server */
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    for (size_t i = 0; result == MHD_YES && i < reply->n_headers; i++)
        result = MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, reply->status, response);
    if (response)
        MHD_destroy_response(response);
    return result;
}
