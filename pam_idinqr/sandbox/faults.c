/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on names from its command line and its test API. */
#include "pam_idinqr/sandbox/faults.h"

#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name, *description;
} table[FAULT_COUNT] = {
    [FAULT_GENERATE_SIGNATURE_WRONG] = {"generate-signature-wrong",
                                        "generate's answer carries a hash of other bytes"},
    [FAULT_GENERATE_SIGNATURE_MISSING] = {"generate-signature-missing",
                                          "generate's answer carries no hash"},
    [FAULT_GENERATE_SLOW] = {"generate-slow", "generate is answered a second later"},
    [FAULT_PICTURE_OTHER_HOST] = {"picture-other-host", "a code leads to https://evil.example"},
    [FAULT_PICTURE_GARBAGE] = {"picture-garbage", "the picture is no PNG, whatever its type says"},
    [FAULT_STATUS_SIGNATURE_WRONG] = {"status-signature-wrong",
                                      "status answers carry a hash of other bytes"},
    [FAULT_STATUS_SIGNATURE_MISSING] = {"status-signature-missing", "status answers carry no hash"},
    [FAULT_STATUS_OTHER_QR_ID] =
        {"status-other-qr-id", "status answers with a signed success of another code (a replay)"},
    [FAULT_STATUS_OLD_NONCE] = {"status-old-nonce",
                                "status answers carry another login's nonce (a replay)"},
    [FAULT_STATUS_NO_NONCE] = {"status-no-nonce", "status answers do not repeat the nonce"},
    [FAULT_STATUS_NO_BIN] = {"status-no-bin", "a success comes without a BIN"},
    [FAULT_STATUS_EXPIRED] = {"status-expired", "a code expires as soon as it is scanned"},
    [FAULT_STATUS_FAILURE] = {"status-failure", "the bank fails as soon as a code is scanned"},
    [FAULT_STATUS_CANCELLED] = {"status-cancelled", "a code is cancelled as soon as it is scanned"},
    [FAULT_NO_LONG_POLL] = {"no-long-poll", "status answers at once, whatever wait says"},
    [FAULT_BUSY_ONCE] = {"busy-once",
                         "a code's first status request is answered 429, Retry-After: 1"},
    [FAULT_EXPIRED_ONCE] = {"expired-once", "the first code expires before anybody can scan it"},
    [FAULT_CANCEL_STALLS] = {"cancel-stalls", "a cancel is taken and never answered"},
    [FAULT_CLOCK_AHEAD] = {"clock-ahead", "the sandbox's clock is an hour ahead"},
    [FAULT_CLOCK_BEHIND] = {"clock-behind", "the sandbox's clock is an hour behind"},
    [FAULT_SIGNICAT_TOKEN_SHORT] = {"signicat-token-short", "a token is good for two seconds"},
    [FAULT_SIGNICAT_TOKEN_401] = {"signicat-token-401", "every token is answered 401"},
    [FAULT_SIGNICAT_TOKEN_401_ONCE] = {"signicat-token-401-once",
                                       "the first request with a token is answered 401"},
    [FAULT_SIGNICAT_STATUS_401_ONCE] = {"signicat-status-401-once",
                                        "the first question about each session is answered 401"},
    [FAULT_SIGNICAT_SESSION_LATE] = {"signicat-session-late",
                                     "a session is made, and the answer comes 0.3 seconds later"},
    [FAULT_SIGNICAT_WRONG_ID] = {"signicat-wrong-id",
                                 "a session, once it was opened, has another one's id"},
    [FAULT_SIGNICAT_WRONG_REFERENCE] =
        {"signicat-wrong-reference",
         "a session, once it was opened, has another externalReference"},
    [FAULT_SIGNICAT_WRONG_PROVIDER] = {"signicat-wrong-provider", "the person used mitid"},
    [FAULT_SIGNICAT_NO_IDPID] = {"signicat-no-idpid", "a success has a subject without idpId"},
    [FAULT_SIGNICAT_LOA_LOW] = {"signicat-loa-low", "a success says loa: low"},
    [FAULT_SIGNICAT_ERROR_OBJECT] = {"signicat-error-object",
                                     "a success has an error object all the same"},
    [FAULT_SIGNICAT_STATUS_UNKNOWN] = {"signicat-status-unknown",
                                       "a session that was opened has the status PAUSED"},
    [FAULT_OIDC_DISCOVERY_OTHER_ISSUER] = {"oidc-discovery-other-issuer",
                                           "discovery is that of another issuer"},
    [FAULT_OIDC_NO_DEVICE_ENDPOINT] = {"oidc-no-device-endpoint",
                                       "discovery has no device_authorization_endpoint"},
    [FAULT_OIDC_NO_COMPLETE_URI] = {"oidc-no-complete-uri",
                                    "there is no verification_uri_complete: the code is typed"},
    [FAULT_OIDC_SLOW_DOWN] = {"oidc-slow-down", "a code's first poll is answered slow_down"},
    [FAULT_OIDC_UNKNOWN_ERROR] = {"oidc-unknown-error",
                                  "a scanned code is answered an error that no RFC has"},
    [FAULT_OIDC_NO_ID_TOKEN] = {"oidc-no-id-token", "a success comes without an ID token"},
    [FAULT_OIDC_OTHER_ISSUER] = {"oidc-other-issuer", "the ID token is another issuer's"},
    [FAULT_OIDC_AUD_WRONG] = {"oidc-aud-wrong", "the ID token is for another client"},
    [FAULT_OIDC_ID_TOKEN_EXPIRED] = {"oidc-id-token-expired", "the ID token is an hour old"},
    [FAULT_OIDC_ACR_LOW] = {"oidc-acr-low", "the acr of the ID token is a lower level"},
    [FAULT_ACQUIRER_ERROR] = {"acquirer-error", "a relay's transaction is answered an error"},
    [FAULT_ACQUIRER_GARBAGE] = {"acquirer-garbage", "a relay's transaction is answered no XML"},
    [FAULT_ACQUIRER_SIGNATURE_WRONG] =
        {"acquirer-signature-wrong",
         "a relay's transaction is answered with another key's signature"},
    [FAULT_ACQUIRER_SILENT] = {"acquirer-silent", "a relay's transaction is never answered"},
    [FAULT_ACQUIRER_SLOW] = {"acquirer-slow", "a relay's transaction is answered a second later"},
    [FAULT_ACQUIRER_STATUS_ERROR] = {"acquirer-status-error",
                                     "a transaction's status is answered an error"},
    [FAULT_ACQUIRER_STATUS_DOWN] = {"acquirer-status-down",
                                    "a transaction's status is answered 502 by a proxy"},
    [FAULT_ACQUIRER_STATUS_GARBAGE] = {"acquirer-status-garbage",
                                       "a transaction's status is answered no XML"},
    [FAULT_ACQUIRER_STATUS_SIGNATURE_WRONG] =
        {"acquirer-status-signature-wrong", "a transaction's status has another key's signature"},
    [FAULT_ACQUIRER_STATUS_SILENT] = {"acquirer-status-silent",
                                      "a transaction's status is never answered"},
    [FAULT_ACQUIRER_STATUS_SLOW] = {"acquirer-status-slow",
                                    "a transaction's status is answered a second later"},
    [FAULT_ACQUIRER_LATE] = {"acquirer-late", "a transaction's success comes without the identity"},
    [FAULT_ACQUIRER_OPEN] = {"acquirer-open", "a transaction's status is Open, whatever happened"},
    [FAULT_ACQUIRER_PENDING] = {"acquirer-pending",
                                "a transaction's status is Pending, whatever happened"},
    [FAULT_ACQUIRER_DIRECTORY_GARBAGE] = {"acquirer-directory-garbage",
                                          "a relay's directory is answered no XML"},
    [FAULT_CM_OTHER_ID] = {"cm-other-id", "the status at CM.com is of another transaction"},
    [FAULT_CM_OTHER_BANK] = {"cm-other-bank", "the status at CM.com is of another bank"},
};

const char *
fault_name(size_t i)
{
    return i < FAULT_COUNT ? table[i].name : NULL;
}

const char *
fault_description(size_t i)
{
    return i < FAULT_COUNT ? table[i].description : NULL;
}

int
faults_enable(struct faults *faults, const char *name)
{
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if (strcmp(table[i].name, name) == 0) {
            faults->on[i] = 1;
            return 0;
        }
    return IDQ_CONFIG;
}

bool
fault_on(const struct faults *faults, enum fault fault)
{
    return faults->on[fault];
}
