/* SPDX-License-Identifier: BSD-3-Clause */
/* See oidc_device_fixture.h. */
#include "tests/unit/oidc_device_fixture.h"

#include <check.h>

void
oidc_device_fixture_begin(void)
{
    provider_fixture_begin(&provider_oidc_device);
    provider_fixture_set("issuer", OIDC_ISSUER);
    provider_fixture_set("client_id", "desk 3");
    provider_fixture_set("client_secret", "s:cret");
    provider_fixture_set("client_auth", "client_secret_basic");
    provider_fixture_set("oauth_scope", "openid idin");
    provider_fixture_set("subject_claim", "sub");
    provider_fixture_set("required_acr", "");
    provider_fixture_set("qr_hosts", "");
    provider_fixture_set("poll_interval", "1");
    script_unsigned(200, OIDC_DISCOVERED);
    script_unsigned(200, OIDC_DEVICE);
}

void
oidc_device_fixture_start(void)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(script.n_asked, 2);
}
