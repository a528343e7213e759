/* SPDX-License-Identifier: BSD-3-Clause */
/* The system's CA store, as the agent reads it: a private /etc, and a server whose CA is put into
 * one half of the store, the other, or neither. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/transport_fixture.h"

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER TLS_PEER_OK "\r\n{}"

static void
begin(void)
{
    static const char *const answers[] = {ANSWER, ANSWER};

    namespace_enter();
    transport_fixture_begin();
    transport_fixture_start(answers, 2, 0);
    TRANSPORT_FIXTURE_SET(ca_file, ""); /* the system's store */
    transport_fixture_renew();
}

/* As c_rehash(1) would. */
static void
add_to_directory(void)
{
    FILE *file = fopen(transport_fixture.peer.ca_file, "re");
    X509 *ca = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    char name[64], path[512];

    ck_assert_ptr_nonnull(ca);
    snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(ca));
    snprintf(path, sizeof path, "%s/%s", curl_version_info(CURLVERSION_NOW)->capath, name);
    char *pem = scratch_read(transport_fixture.peer.ca_file);
    scratch_write(path, 0644, pem);
    X509_free(ca);
    fclose(file);
}

static void
add_to_bundle(void)
{
    const char *path = curl_version_info(CURLVERSION_NOW)->cainfo;
    char *before = scratch_read(path), *pem = scratch_read(transport_fixture.peer.ca_file), *after;

    after = scratch_text("%s\n%s", before, pem);
    scratch_write(path, 0644, after);
}

static int
n_logged(void)
{
    FRAME_AUTO frame;
    int n = 0;

    close(transport_fixture.wire.socket);
    transport_fixture.wire.socket = -1;
    while (frame_receive(&frame, transport_fixture.agents_end) == 1)
        n++;
    return n;
}

TEST_CASE("store", .setup = begin, .teardown = transport_fixture_end);

/* A file with all of them, if it were read, would be missed here. */
TEST(a_ca_that_the_directory_has_is_all_that_is_read)
{
    add_to_directory();
    ck_assert_int_eq(unlink(curl_version_info(CURLVERSION_NOW)->cainfo), 0);
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(n_logged(), 0);
}

TEST(a_ca_that_only_the_file_has_is_found)
{
    add_to_bundle();
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(n_logged(), 0);
}

TEST(a_ca_that_neither_has)
{
    ck_assert_int_eq(transport_fixture_get(), IDQ_TLS);
    ck_assert_int_eq(transport_fixture_get(), IDQ_TLS);
    ck_assert_int_eq(n_logged(), 1);
}

TEST(a_ca_file_is_trusted_alone)
{
    char *dir = scratch_dir("other"), *other = scratch_path(dir, "ca.pem"),
         *pem = scratch_read(curl_version_info(CURLVERSION_NOW)->cainfo);

    scratch_write(other, 0644, pem);
    add_to_directory();
    add_to_bundle();
    ck_assert_int_eq(transport_fixture_get(), 0); /* as the store has it now */
    TRANSPORT_FIXTURE_SET(ca_file, other);
    transport_fixture_renew();
    ck_assert_int_eq(transport_fixture_get(), IDQ_TLS);
}

static const char *
why_not(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

    return curl->cainfo && curl->capath ? namespace_why_not()
                                        : "this libcurl knows no CA store of two halves";
}

RUN_TESTS("transport_ca_store", why_not());
