/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of the sandbox's addresses. */

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/sandbox/handlers.h"

#include <stdbool.h>
#include <string.h>

typedef int handler(struct sandbox *, struct http_request *, struct http_reply *);

static int
handle_events(struct sandbox *sandbox, struct http_request *request, struct http_reply *ret_reply)
{
    char *text = events_to_json(&sandbox->events);

    (void)request;
    return http_reply_take(ret_reply, 200, "application/json", text, text ? strlen(text) : 0);
}

static const struct {
    const char *method;
    const char *path; /* of which the request's must begin, if it ends in a slash */
    handler *handle;
    const char *name;
} routes[] = {
    {"POST", IDIN_QR_GENERATE_PATH, idin_qr_api_generate, IDIN_QR_GENERATE_PATH},
    {"POST", IDIN_QR_STATUS_PATH, idin_qr_api_status, IDIN_QR_STATUS_PATH},
    {"POST", IDIN_QR_CANCEL_PATH, idin_qr_api_cancel, IDIN_QR_CANCEL_PATH},
    {"GET", IDIN_QR_PICTURE_PATH, idin_qr_api_picture, IDIN_QR_PICTURE_PATH "*"},
    {"POST", SIGNICAT_TOKEN_PATH, signicat_api_token, SIGNICAT_TOKEN_PATH},
    {"POST", SIGNICAT_SESSIONS_PATH, signicat_api_create, SIGNICAT_SESSIONS_PATH},
    {"GET", SIGNICAT_SESSION_PATH, signicat_api_status, SIGNICAT_SESSION_PATH "*"},
    {"POST", SIGNICAT_SESSION_PATH, signicat_api_cancel, SIGNICAT_SESSION_PATH "*/cancel"},
    {"GET", OIDC_DISCOVERY_PATH, oidc_device_api_discovery, OIDC_DISCOVERY_PATH},
    {"GET", OIDC_KEYS_PATH, oidc_device_api_keys, OIDC_KEYS_PATH},
    {"POST", OIDC_DEVICE_PATH, oidc_device_api_device, OIDC_DEVICE_PATH},
    {"GET", OIDC_DEVICE_PATH, oidc_pages_get, OIDC_DEVICE_PATH},
    {"POST", OIDC_TOKEN_PATH, oidc_device_api_token, OIDC_TOKEN_PATH},
    {"POST", ACQUIRER_DIRECTORY_PATH, acquirer_api_directory, ACQUIRER_DIRECTORY_PATH},
    {"POST", ACQUIRER_TRANSACTION_PATH, acquirer_api_transaction, ACQUIRER_TRANSACTION_PATH},
    {"POST", ACQUIRER_STATUS_PATH, acquirer_api_status, ACQUIRER_STATUS_PATH},
    {"POST", CM_DIRECTORY_PATH, cm_api_directory, CM_DIRECTORY_PATH},
    {"POST", CM_TRANSACTION_PATH, cm_api_transaction, CM_TRANSACTION_PATH},
    {"POST", CM_STATUS_PATH, cm_api_status, CM_STATUS_PATH},
    {"GET", PHONE_PAGES_PATH, phone_pages_get, PHONE_PAGES_PATH "*"},
    {"POST", PHONE_PAGES_PATH, phone_pages_post, PHONE_PAGES_PATH "*"},
    {"GET", "/sandbox/events", handle_events, "/sandbox/events"},
};

static bool
matches(const char *route, const char *path)
{
    size_t size = strlen(route);

    return route[size - 1] == '/' ? strncmp(path, route, size) == 0 : strcmp(path, route) == 0;
}

int
routes_handle(struct sandbox *sandbox, struct http_request *request, struct http_reply *ret_reply,
              const char **ret_name)
{
    const char *allowed = NULL;

    *ret_name = "*";
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!matches(routes[i].path, request->path))
            continue;
        *ret_name = routes[i].name;
        if (strcmp(routes[i].method, request->method) == 0)
            return routes[i].handle(sandbox, request, ret_reply);
        allowed = allowed ? "GET, POST" : routes[i].method;
    }
    if (!allowed)
        return phone_pages_unknown(sandbox, request, ret_reply);
    int error = http_reply_header(ret_reply, "Allow", allowed);
    return error < 0 ? error : http_reply_copy(ret_reply, 405, "text/plain", "", 0);
}
