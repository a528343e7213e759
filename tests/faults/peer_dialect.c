/* SPDX-License-Identifier: BSD-3-Clause */
/* See peer_dialect.h. */
#include "tests/faults/peer_dialect.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/sandbox/handlers.h"

#include <check.h>
#include <string.h>

#define SIGNICAT_SESSION                                                                           \
    "\"id\":\"$ID\",\"externalReference\":\"$REFERENCE\",\"authenticationUrl\":\"$URL/q/abc\""

static const struct peer_dialect dialects[] = {
    {
        .provider = "idin-qr",
        .is_signed = 1,
        .usual_words = {"pending", "success"},
        .success = "success",
        .success_body = "{\"qr_id\":\"$ID\",\"nonce\":\"$REFERENCE\",\"status\":\"success\","
                        "\"bin\":\"$BIN\",\"issuer_id\":\"TSTNNL22\"}",
        .settings = "qr_backend_url = $URL/generate\n"
                    "status_url = $URL/status\n"
                    "cancel_url = $URL/cancel\n"
                    "qr_hosts = 127.0.0.1:$PORT\n"
                    "long_poll = 0\n",
        .routes = {{"POST /generate ", PEER_GENERATE,
                    "{\"qr_id\":\"$ID\",\"qr_url\":\"$URL/qrcode/1.png\"}", NULL},
                   {"GET /qrcode/", PEER_PICTURE, NULL, NULL},
                   {"POST /status ", PEER_STATUS,
                    "{\"qr_id\":\"$ID\",\"nonce\":\"$REFERENCE\",\"status\":\"$WORD\"}", NULL}},
    },
    {
        .provider = "relay",
        .is_signed = 1,
        .usual_words = {"pending", "number", "success"},
        .success = "success",
        .success_body = "{\"qr_id\":\"$ID\",\"nonce\":\"$REFERENCE\",\"status\":\"success\","
                        "\"identity\":\"$IDENTITY\",\"issuer_id\":\"TSTNNL22\"}",
        .number_body = "{\"qr_id\":\"$ID\",\"nonce\":\"$REFERENCE\",\"status\":\"number\","
                       "\"tries_left\":3}",
        .settings = "qr_backend_url = $URL/generate\n"
                    "status_url = $URL/status\n"
                    "cancel_url = $URL/cancel\n"
                    "qr_hosts = 127.0.0.1:$PORT\n"
                    "long_poll = 0\n",
        .routes = {{"POST /generate ", PEER_GENERATE,
                    "{\"qr_id\":\"$ID\",$REPEATED,\"qr_payload\":\"$URL/q/abc\"}", NULL},
                   {"POST /status ", PEER_STATUS,
                    "{\"qr_id\":\"$ID\",\"nonce\":\"$REFERENCE\",\"status\":\"$WORD\"}", NULL}},
    },
    {
        .provider = "signicat",
        .usual_words = {"WAITING_FOR_USER", "SUCCESS"},
        .success = "SUCCESS",
        .success_body = "{" SIGNICAT_SESSION ",\"status\":\"SUCCESS\",\"provider\":\"idin\","
                        "\"subject\":{\"id\":\"a-name-of-signicats\",\"idpId\":\"$BIN\"}}",
        .settings = "token_url = $URL/token\n"
                    "api_url = $URL/rest\n"
                    "qr_hosts = 127.0.0.1:$PORT\n",
        .routes = {{"POST /token ", PEER_TOKEN,
                    "{\"access_token\":\"a-token\",\"expires_in\":600,\"token_type\":\"Bearer\"}",
                    NULL},
                   {"POST /rest/sessions?", PEER_GENERATE,
                    "{" SIGNICAT_SESSION ",\"status\":\"CREATED\"}", NULL},
                   {"GET /rest/sessions/" PEER_QR_ID "?", PEER_STATUS,
                    "{" SIGNICAT_SESSION ",\"status\":\"$WORD\"}", NULL}},
    },
    {
        .provider = "oidc-device",
        .usual_words = {"authorization_pending", "success"},
        .success = "success",
        .success_body =
            "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"$ID_TOKEN\"}",
        .token_header = "{\"alg\":\"RS256\",\"kid\":\"1\"}",
        .claims = "{\"iss\":\"$URL\",\"aud\":\"desk\",\"iat\":$NOW,\"exp\":$IN_AN_HOUR,"
                  "\"sub\":\"$BIN\",\"acr\":\"high\"}",
        .settings = "issuer = $URL\n"
                    "client_id = desk\n"
                    "required_acr = high\n"
                    "qr_hosts = 127.0.0.1:$PORT\n",
        .routes = {{"GET /.well-known/openid-configuration ", PEER_DISCOVERY,
                    "{\"issuer\":\"$URL\",\"device_authorization_endpoint\":\"$URL/device\","
                    "\"token_endpoint\":\"$URL/token\",\"jwks_uri\":\"$URL/keys\"}",
                    NULL},
                   {"POST /device ", PEER_GENERATE,
                    "{\"device_code\":\"$ID\",\"user_code\":\"BCDF-GHJK\","
                    "\"verification_uri\":\"$URL/q\","
                    "\"verification_uri_complete\":\"$URL/q/abc\","
                    "\"expires_in\":600,\"interval\":1}",
                    NULL},
                   {"POST /token ", PEER_STATUS, "{\"error\":\"$WORD\"}", "400 Bad Request"}},
    },
    /* These three stand before the sandbox, which has the answers. */
    {
        .provider = "acquirer",
        .usual_words = {"any"},
        .success = "",
        .routes = {{"POST " ACQUIRER_DIRECTORY_PATH " ", PEER_DISCOVERY, NULL, NULL},
                   {"POST " ACQUIRER_TRANSACTION_PATH " ", PEER_GENERATE, NULL, NULL},
                   {"POST " ACQUIRER_STATUS_PATH " ", PEER_STATUS, NULL, NULL}},
    },
    {
        .provider = "cm",
        .usual_words = {"any"},
        .success = "",
        .routes = {{"POST " CM_DIRECTORY_PATH " ", PEER_DISCOVERY, NULL, NULL},
                   {"POST " CM_TRANSACTION_PATH " ", PEER_GENERATE, NULL, NULL},
                   {"POST " CM_STATUS_PATH " ", PEER_STATUS, NULL, NULL}},
    },
    {
        .provider = "qr-backend",
        .is_signed = 1,
        .usual_words = {"any"},
        .success = "",
        .routes = {{"POST " IDIN_QR_GENERATE_PATH " ", PEER_GENERATE, NULL, NULL}},
    },
};

const struct peer_dialect *
peer_dialect_find(const char *provider)
{
    for (size_t i = 0; i < ARRAY_LENGTH(dialects); i++)
        if (strcmp(dialects[i].provider, provider) == 0)
            return &dialects[i];
    ck_abort_msg("no peer speaks %s", provider);
}

enum peer_stage
peer_dialect_stage(const struct peer_dialect *dialect, const char *request)
{
    for (const struct peer_route *route = dialect->routes; route->request; route++)
        if (strncmp(request, route->request, strlen(route->request)) == 0)
            return route->stage;
    return PEER_NOWHERE;
}

const char *
peer_dialect_status(const struct peer_dialect *dialect, enum peer_stage stage)
{
    for (const struct peer_route *route = dialect->routes; route->request; route++)
        if (route->stage == stage && route->status)
            return route->status;
    return "200 OK";
}

const char *
peer_dialect_body(const struct peer_dialect *dialect, enum peer_stage stage)
{
    if (stage == PEER_SUCCESS)
        return dialect->success_body;
    if (stage == PEER_NUMBER && dialect->number_body)
        return dialect->number_body;
    if (stage == PEER_NUMBER)
        stage = PEER_STATUS;
    for (const struct peer_route *route = dialect->routes; route->request; route++)
        if (route->stage == stage)
            return route->body;
    return NULL;
}
