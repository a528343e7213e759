/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests which servers the fetch process trusts, against a real TLS server on loopback: certificate,
 * key, TLS version, proxy and URL. test_transport_ca_store.c tests the system's CA store. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/relay.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/transport_fixture.h"

#include <openssl/conf.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct relay proxy;
static char proxy_url[64];

static void
end(void)
{
    transport_fixture_end();
    relay_stop(&proxy);
}

TEST_CASE("trust", .setup = transport_fixture_begin, .teardown = end);

TEST(an_unknown_ca)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    TRANSPORT_FIXTURE_SET(ca_file, "");
    transport_fixture_renew();
    transport_fixture_must_fail(IDQ_TLS);
    ck_assert_str_ne(transport_fixture_logged(), "");
}

TEST(a_ca_file_that_is_not_there)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    TRANSPORT_FIXTURE_SET(ca_file, "/nonexistent.pem");
    transport_fixture_renew();
    transport_fixture_must_fail(IDQ_TLS);
}

TEST(another_host_than_the_certificate_names)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    snprintf(transport_fixture.url, sizeof transport_fixture.url, "https://127.0.0.2:%u/",
             transport_fixture.peer.port);
    transport_fixture_must_fail(IDQ_UNREACHABLE); /* no listener there */
    snprintf(transport_fixture.url, sizeof transport_fixture.url, "https://localhost:%u/",
             transport_fixture.peer.port);
    transport_fixture_must_fail(IDQ_TLS);
}

TEST(pins)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}", TLS_PEER_OK "\r\n{}");
    TRANSPORT_FIXTURE_SET(pin_sha256, transport_fixture.peer.pin);
    transport_fixture_renew();
    ck_assert_int_eq(transport_fixture_get(), 0);
    TRANSPORT_FIXTURE_SET(pin_sha256, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    transport_fixture_renew();
    transport_fixture_must_fail(IDQ_TLS);
    TRANSPORT_FIXTURE_SET(
        pin_sha256, transport_fixture.peer.ca_file); /* libcurl would read the key from the file */
    transport_fixture_renew();
    transport_fixture_must_fail(IDQ_CONFIG);
}

/* A machine whose administrator lets OpenSSL speak any version, with any algorithm. */
static void
permit_old_tls(void)
{
    char *dir = scratch_dir("openssl"), *path = scratch_path(dir, "openssl.cnf");
    SSL_CTX *client;

    scratch_write(path, 0644,
                  "openssl_conf = libraries\n[libraries]\nssl_conf = ssl\n[ssl]\n"
                  "system_default = any\n[any]\nMinProtocol = TLSv1\n"
                  "CipherString = ALL:@SECLEVEL=0\n");
    ck_assert_int_eq(CONF_modules_load_file(path, NULL, 0), 1);
    client = SSL_CTX_new(TLS_client_method());
    ck_assert_int_eq(SSL_CTX_get_min_proto_version(client), TLS1_VERSION);
    ck_assert_int_eq(SSL_CTX_get_security_level(client), 0);
    SSL_CTX_free(client);
}

TEST(old_tls_is_refused)
{
    static const char *const answers[] = {TLS_PEER_OK "\r\n{}"};

    permit_old_tls();
    transport_fixture_start(answers, 1, TLS1_1_VERSION);
    transport_fixture_must_fail(IDQ_TLS);
}

TEST(tls_1_2_will_do)
{
    static const char *const answers[] = {TLS_PEER_OK "\r\n{}"};

    transport_fixture_start(answers, 1, TLS1_2_VERSION);
    ck_assert_int_eq(transport_fixture_get(), 0);
}

/* Not one that is cut off: those are the network's, and may be tried again. */
TEST(a_handshake_that_is_cut_off)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    relay_start(&proxy, RELAY_PORT, 1); /* closes each connection: port 1 has no listener */
    snprintf(transport_fixture.url, sizeof transport_fixture.url, "https://127.0.0.1:%u/",
             proxy.port);
    transport_fixture_must_fail(IDQ_UNREACHABLE);
}

/* From now on through a proxy. */
static void
begin_proxy(enum relay_kind kind)
{
    relay_start(&proxy, kind, 0);
    snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%u", proxy.port);
    TRANSPORT_FIXTURE_SET(proxy, proxy_url);
    transport_fixture_renew();
}

/* It learns the host and the port, and nothing else. */
TEST(a_proxy_passes_on)
{
    char head[4096], first[64];

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    begin_proxy(RELAY_PROXY);
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_str_eq(transport_fixture.response.body, "{}");
    relay_head(&proxy, head, sizeof head);
    snprintf(first, sizeof first, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n", transport_fixture.peer.port);
    ck_assert_mem_eq(head, first, strlen(first));
    ck_assert_ptr_null(strstr(head, "secret"));
    ck_assert_ptr_null(strcasestr(head, "\r\nProxy-Authorization:"));
}

LOOP_TEST(a_proxy_that_does_not, 2)
{
    static const enum relay_kind kinds[] = {RELAY_PROXY_REFUSES, RELAY_PROXY_PASSWORD};

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    begin_proxy(kinds[_i]);
    transport_fixture_must_fail(IDQ_UNREACHABLE);
    ck_assert_str_ne(transport_fixture_logged(), "");
}

TEST(a_proxy_of_the_environment_is_not_asked)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    relay_start(&proxy, RELAY_PROXY_REFUSES, 0);
    snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%u", proxy.port);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        ck_assert_int_eq(setenv(names[i], proxy_url, 1), 0);
    ck_assert_int_eq(transport_fixture_get(), 0);
}

/* Nor do the hosts that the environment exempts go past the one that is configured. */
TEST(no_proxy_of_the_environment_is_not_asked)
{
    char head[4096];

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(setenv("no_proxy", "*", 1), 0);
    begin_proxy(RELAY_PROXY);
    ck_assert_int_eq(transport_fixture_get(), 0);
    relay_head(&proxy, head, sizeof head);
}

LOOP_TEST(only_https, 5)
{
    static const char *const urls[] = {"http://127.0.0.1/", "file:///etc/passwd", "https://",
                                       "127.0.0.1", ""};

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    strcpy(transport_fixture.url, urls[_i]);
    transport_fixture_must_fail(IDQ_CONFIG);
}

RUN_TESTS("transport_trust", NULL);
