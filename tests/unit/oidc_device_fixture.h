/* SPDX-License-Identifier: BSD-3-Clause */
/* A login with the provider oidc-device (provider_fixture.h), against a transport that answers from
 * a script (scripted_fetch.h): what an OpenID provider answers when all is well, for the test to
 * spoil. Test code. */
#ifndef IDQ_TESTS_OIDC_DEVICE_FIXTURE_H
#define IDQ_TESTS_OIDC_DEVICE_FIXTURE_H

#include "tests/unit/provider_fixture.h"
#include "tests/unit/scripted/scripted_fetch.h"

#define OIDC_ISSUER "https://id.example.nl/realms/desk"
#define OIDC_DISCOVERED                                                                            \
    "{\"issuer\":\"" OIDC_ISSUER "\",\"device_authorization_endpoint\":"                           \
    "\"https://id.example.nl/da\",\"token_endpoint\":\"https://token.example/t\"}"

/* The answer to the question for a code, which leads to `uri`; `more`: members, each with a comma
 * before it. */
#define OIDC_DEVICE_WITH(uri, more)                                                                \
    "{\"device_code\":\"dev/code+1\",\"user_code\":\"WDJB-MJHT\",\"verification_uri\":"            \
    "\"https://id.example.nl/d\",\"verification_uri_complete\":\"" uri "\"" more "}"
#define OIDC_DEVICE OIDC_DEVICE_WITH("https://id.example.nl/d?c=WDJB-MJHT", ",\"expires_in\":600")

/* An answer with an error of RFC 6749 or 8628. */
#define OIDC_REFUSAL(word) "{\"error\":\"" word "\"}"

/* The first field of a poll's form. */
#define OIDC_GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

/* Sets the fixture, and scripts a start that succeeds: discovery, and a device code. */
void oidc_device_fixture_begin(void);

/* Starts the login, with those two answers. */
void oidc_device_fixture_start(void);

#endif
