/* SPDX-License-Identifier: BSD-3-Clause */
/* See oidc_device_scene.h. */
#include "tests/unit/oidc_device_scene.h"

#include <check.h>

void
oidc_device_scene_begin(void)
{
    provider_scene_begin(&provider_oidc_device);
    provider_scene_set("issuer", OIDC_ISSUER);
    provider_scene_set("client_id", "desk 3");
    provider_scene_set("client_secret", "s:cret");
    provider_scene_set("client_auth", "client_secret_basic");
    provider_scene_set("oauth_scope", "openid idin");
    provider_scene_set("subject_claim", "sub");
    provider_scene_set("required_acr", "");
    provider_scene_set("qr_hosts", "");
    provider_scene_set("poll_interval", "1");
    script_unsigned(200, OIDC_DISCOVERED);
    script_unsigned(200, OIDC_DEVICE);
}

void
oidc_device_scene_start(void)
{
    ck_assert_int_eq(provider_scene_start(), 0);
    ck_assert_uint_eq(script.n_asked, 2);
}
