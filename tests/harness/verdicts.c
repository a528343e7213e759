/* SPDX-License-Identifier: BSD-3-Clause */
/* See verdicts.h. */
#include "tests/harness/verdicts.h"

#include "pam_idinqr/common/array.h"

#include <security/pam_appl.h>

static const struct verdict verdicts[] = {
    {"right-person", NULL, PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.", "verified"},
    {"other-enrolled-person", NULL, PHONE_APPROVES, "bram", PAM_AUTH_ERR,
     "Your identity was verified, but it does not open this account.", "wrong-person"},
    {"unknown-identity", NULL, PHONE_APPROVES, "celik", PAM_AUTH_ERR,
     "Your identity was verified, but it is not enrolled here.", "unknown-identity"},
    {"transient-identity", NULL, PHONE_APPROVES, "transient", PAM_AUTH_ERR,
     "Your bank sent an identity for one visit only", "transient-identity"},
    {"person-without-bin", NULL, PHONE_APPROVES, "nobin", PAM_AUTH_ERR,
     "Your bank sent no identity with its answer.", "no-identity"},
    {"answer-without-bin", "status-no-bin", PHONE_APPROVES, "anna", PAM_AUTH_ERR,
     "Your bank sent no identity with its answer.", "no-identity"},
    {"refused-at-bank", NULL, PHONE_REFUSES, "anna", PAM_AUTH_ERR,
     "You stopped or refused at your bank.", "refused"},
    {"cancelled", "status-cancelled", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "You stopped or refused at your bank.", "refused"},
    {"expired", "status-expired", PHONE_OPENS, NULL, PAM_AUTH_ERR, "The code was not used in time.",
     "expired"},
    {"bank-failed", "status-failure", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "Your bank could not complete this.", "bank-failed"},
    {"wrong-signature", "status-signature-wrong", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "An answer was not signed by the iDIN service", "bad-signature"},
    {"missing-signature", "status-signature-missing", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "An answer was not signed by the iDIN service", "bad-signature"},
    {"replay-of-another-code", "status-other-qr-id", PHONE_AWAY, NULL, PAM_AUTH_ERR,
     "The answer was not about this login", "other-code"},
    {"replay-of-another-login", "status-old-nonce", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "The answer was not about this login", "other-code"},
    {"answer-without-nonce", "status-no-nonce", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "The answer was not about this login", "other-code"},
    {"generate-wrong-signature", "generate-signature-wrong", PHONE_AWAY, NULL, PAM_AUTH_ERR,
     "An answer was not signed by the iDIN service", "bad-signature"},
    {"generate-missing-signature", "generate-signature-missing", PHONE_AWAY, NULL, PAM_AUTH_ERR,
     "An answer was not signed by the iDIN service", "bad-signature"},
    {"code-of-another-host", "picture-other-host", PHONE_AWAY, NULL, PAM_AUTH_ERR,
     "The code leads to a website that is not trusted here", "host-not-allowed"},
    {"no-picture", "picture-garbage", PHONE_AWAY, NULL, PAM_AUTHINFO_UNAVAIL,
     "The iDIN service sent no readable code.", "bad-picture"},
    {"by-interval", "no-long-poll", PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.",
     "verified"},
    {"busy-once", "busy-once", PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.", "verified"},
};

size_t
verdict_count(void)
{
    return ARRAY_LENGTH(verdicts);
}

const struct verdict *
verdict_at(size_t i)
{
    return i < verdict_count() ? &verdicts[i] : NULL;
}
