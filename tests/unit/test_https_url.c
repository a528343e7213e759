/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests which host an https URL leads to, and whether a list has that host. A text that a person, a
 * browser and a program may read differently is rejected. Pure. Runs as the user who runs the
 * tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *url;
    const char *host; /* NULL: refused */
    unsigned port;
} rows[] = {
    {"https://qrcode.idin.nl", "qrcode.idin.nl", 443},
    {"https://qrcode.idin.nl/", "qrcode.idin.nl", 443},
    {"https://qrcode.idin.nl/a?b#c", "qrcode.idin.nl", 443},
    {"https://qrcode.idin.nl?q", "qrcode.idin.nl", 443},
    {"https://qrcode.idin.nl#f", "qrcode.idin.nl", 443},
    {"HTTPS://QRcode.IDIN.nl/Path", "qrcode.idin.nl", 443},
    {"https://a/", "a", 443},
    {"https://a-b.c/", "a-b.c", 443},
    {"https://127.0.0.1:8443/x", "127.0.0.1", 8443},
    {"https://a:1/", "a", 1},
    {"https://a:65535/", "a", 65535},
    {"https://a:0443/", "a", 443},
    {"https://[::1]/", "::1", 443},
    {"https://[2001:DB8::1]:8443/", "2001:db8::1", 8443},
    {"https://[::ffff:1.2.3.4]/", "::ffff:1.2.3.4", 443},
    {"https://a/?next=http://b@c", "a", 443},

    {"", NULL, 0},
    {"https://", NULL, 0},
    {"https:///", NULL, 0},
    {"https://?", NULL, 0},
    {"https:/a", NULL, 0},
    {"https:a", NULL, 0},
    {"http://a/", NULL, 0},
    {"httpss://a/", NULL, 0},
    {" https://a/", NULL, 0},
    {"//a/", NULL, 0},
    {"javascript:alert(1)", NULL, 0},
    {"https://user@a/", NULL, 0},
    {"https://user:word@a/", NULL, 0},
    {"https://a@b/", NULL, 0},
    {"https://@a/", NULL, 0},
    {"https://qrcode.idin.nl%2f.evil/", NULL, 0},
    {"https://a%00.b/", NULL, 0},
    {"https://qrcode.idin.nl\\.evil/", NULL, 0},
    {"https://a/b\\c", NULL, 0},
    {"https://a b/", NULL, 0},
    {"https://a/b c", NULL, 0},
    {"https://a/\n", NULL, 0},
    {"https://a/\t", NULL, 0},
    {"https://a\x7F/", NULL, 0},
    {"https://caf\xC3\xA9.nl/", NULL, 0},
    {"https://a/caf\xC3\xA9", NULL, 0},
    {"https://a_b/", NULL, 0},
    {"https://a*/", NULL, 0},
    {"https://.a/", NULL, 0},
    {"https://-a/", NULL, 0},
    {"https://a:/", NULL, 0},
    {"https://a:0/", NULL, 0},
    {"https://a:65536/", NULL, 0},
    {"https://a:4294967739/", NULL, 0}, /* 443 in 32 bits */
    {"https://a:+1/", NULL, 0},
    {"https://a:1x/", NULL, 0},
    {"https://a:1:2/", NULL, 0},
    {"https://:443/", NULL, 0},
    {"https://::1/", NULL, 0},
    {"https://[]/", NULL, 0},
    {"https://[::1/", NULL, 0},
    {"https://[::1]x/", NULL, 0},
    {"https://[::1]:/", NULL, 0},
    {"https://[fe80::1%25eth0]/", NULL, 0},
    {"https://[1.2.3.4]/", NULL, 0},
    {"https://[qrcode.idin.nl]/", NULL, 0}, /* not the name without its brackets */
    {"https://[:::]/", NULL, 0},
    {"https://a]/", NULL, 0},
};

TEST_CASE("parse");

LOOP_TEST(urls, ARRAY_LENGTH(rows))
{
    struct https_url url = {.host = "untouched", .port = 7};
    int result = https_url_parse(rows[_i].url, strlen(rows[_i].url), &url);

    ck_assert_msg(result == (rows[_i].host ? 0 : -1), "%s: %d", rows[_i].url, result);
    ck_assert_str_eq(url.host, rows[_i].host ? rows[_i].host : "untouched");
    ck_assert_uint_eq(url.port, rows[_i].host ? rows[_i].port : 7);
}

/* A size that ends before or behind the text's own end. */
TEST(the_size_counts_not_a_zero_byte)
{
    struct https_url url;

    ck_assert_int_eq(https_url_parse("https://ab.c", 10, &url), 0);
    ck_assert_str_eq(url.host, "ab");
    ck_assert_int_eq(https_url_parse("https://a:4431", 13, &url), 0);
    ck_assert_uint_eq(url.port, 443);
    ck_assert_int_eq(https_url_parse("https://a\0.evil/", 16, &url), -1);
    ck_assert_int_eq(https_url_parse("https://a/\0", 11, &url), -1);
}

/* "https://" and a host of `host_size` bytes, then '/' and 'x' up to `size` bytes. */
static char *
url_of(size_t host_size, size_t size)
{
    char *url = malloc(size + 1);

    ck_assert_ptr_nonnull(url);
    memset(url, 'x', size);
    memcpy(url, "https://", 8);
    if (8 + host_size < size)
        url[8 + host_size] = '/';
    url[size] = '\0';
    return url;
}

TEST(limits)
{
    const struct {
        size_t host_size, size;
        int result;
    } sizes[] = {{255, 300, 0}, {256, 300, -1}, {1, HTTPS_URL_MAX, 0}, {1, HTTPS_URL_MAX + 1, -1}};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *text = url_of(sizes[i].host_size, sizes[i].size);
        struct https_url url;

        ck_assert_msg(https_url_parse(text, sizes[i].size, &url) == sizes[i].result,
                      "host of %zu in %zu bytes", sizes[i].host_size, sizes[i].size);
        free(text);
    }
}

static const struct {
    const char *url, *hosts;
    int is_allowed;
} lists[] = {
    {"https://a.nl/", "a.nl", 1},
    {"https://A.nl/", "a.NL", 1},
    {"https://a.nl/", "b.nl a.nl", 1},
    {"https://a.nl/", "b.nl,a.nl", 1},
    {"https://a.nl/", " , b.nl ,, a.nl , ", 1},
    {"https://a.nl:443/", "a.nl", 1},
    {"https://a.nl/", "a.nl:443", 1},
    {"https://a.nl:8443/", "a.nl:8443", 1},
    {"https://[::1]:8443/", "[::1]:8443", 1},

    {"https://a.nl/", "", 0},
    {"https://a.nl/", " ,", 0},
    {"https://a.nl/", "b.nl", 0},
    {"https://a.nl:8443/", "a.nl", 0},
    {"https://a.nl/", "a.nl:8443", 0},
    {"https://x.a.nl/", "a.nl", 0},
    {"https://a.nl.evil/", "a.nl", 0},
    {"https://xa.nl/", "a.nl", 0},
    {"https://a.nl/", "x.a.nl", 0},
    {"https://a.nl/", "a.n", 0},
    {"https://a.nl./", "a.nl", 0},
    {"https://a.nl/", "*.nl", 0},
    {"https://a.nl/", "*", 0},
    {"https://a.nl/", "https://a.nl", 0},
    {"https://a.nl/", "a.nl/", 0},
    {"https://[::1]/", "[0:0:0:0:0:0:0:1]", 0}, /* another spelling is refused, not believed */
};

TEST_CASE("allowed");

LOOP_TEST(allow_lists, ARRAY_LENGTH(lists))
{
    struct https_url url;

    ck_assert_int_eq(https_url_parse(lists[_i].url, strlen(lists[_i].url), &url), 0);
    ck_assert_msg(https_url_is_allowed(&url, lists[_i].hosts) == lists[_i].is_allowed,
                  "%s in \"%s\"", lists[_i].url, lists[_i].hosts);
}

TEST(a_list_host_by_host)
{
    const char *hosts = " a.nl,\t*.nl [::1]:8443 , ";
    struct https_url url = {.port = 1};

    ck_assert_int_eq(https_url_next_host(&hosts, &url), 1);
    ck_assert_str_eq(url.host, "a.nl");
    ck_assert_uint_eq(url.port, 443);
    ck_assert_int_eq(https_url_next_host(&hosts, &url), -1);
    ck_assert_str_eq(url.host, "a.nl");
    ck_assert_int_eq(https_url_next_host(&hosts, &url), 1);
    ck_assert_str_eq(url.host, "::1");
    ck_assert_uint_eq(url.port, 8443);
    ck_assert_int_eq(https_url_next_host(&hosts, &url), 0);
    ck_assert_int_eq(https_url_next_host(&hosts, &url), 0);
}

TEST(the_same_place)
{
    static const struct {
        const char *a, *b;
        int is_same;
    } places[] = {
        {"https://a.nl/x", "https://A.nl", 1},     {"https://a.nl/", "https://a.nl:443/y", 1},
        {"https://a.nl:444/", "https://a.nl/", 0}, {"https://a.nl/", "https://b.a.nl/", 0},
        {"https://a.nl/", "http://a.nl/", 0},      {"https://a.nl/", "", 0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        struct https_url url;
        ck_assert_int_eq(https_url_parse(places[i].a, strlen(places[i].a), &url), 0);
        ck_assert_msg(https_url_is_at(&url, places[i].b) == places[i].is_same, "row %zu", i);
    }
}

RUN_TESTS("https_url", NULL);
