/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the URIs of a store in PostgreSQL: what the jail must allow, and what is refused. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/relay/store.h"
#include "tests/harness/postgres.h"
#include "tests/harness/runner.h"
#include "tests/unit/diag_line.h"

#include <stdio.h>
#include <string.h>

#define FILES "?sslrootcert=/a/ca.pem&sslcert=/b/c.pem&sslkey=/b/c.key&passfile=/c/pgpass"

static const struct {
    const char *uri;
    const char *needs; /* ports, 's' for a socket, and files; or the reason */
    bool is_valid;
} uris[] = {
    {"postgresql://relay@db.example.nl/idinqr", "5432 ", true},
    {"postgresql://db.example.nl:5433/idinqr", "5433 ", true},
    {"postgresql://a,b/idinqr", "5432 5432 ", true},
    {"postgresql://a:1,b:2/idinqr", "1 2 ", true},
    {"postgresql://a,b/idinqr?port=7", "7 7 ", true},
    {"postgresql://[::1]:6000/idinqr", "6000 ", true},
    {"postgresql:///idinqr?host=/run/postgresql", "s ", true},
    {"postgresql:///idinqr", "s ", true},
    {"postgresql://a/idinqr?hostaddr=192.0.2.1", "5432 ", true},
    {"postgresql://a/idinqr" FILES, "5432 /c/pgpass /a/ca.pem /b/c.pem /b/c.key ", true},
    {"postgresql://relay:SECRET@a/idinqr", "database has a password: put it into a file", false},
    {"postgresql://a/idinqr?password=SECRET", "database has a password", false},
    {"postgresql://a/idinqr?sslpassword=SECRET", "database has a password", false},
    {"postgresql://a/idinqr?SECRET=1", "database is not a valid URI", false},
    {"postgresql://a/idinqr?service=b", "database has a service", false},
    {"postgresql://a/idinqr?sslrootcert=ca.pem", "database names a file without", false},
    {"postgresql://a:0/idinqr", "database has an invalid port", false},
    {"postgresql://a:65536/idinqr", "database has an invalid port", false},
    {"postgresql://a,b,c,d,e,f,g,h,i/idinqr", "database has too many hosts", false},
};

LOOP_TEST(a_uri, ARRAY_LENGTH(uris))
{
    struct store_needs needs;
    struct diag diag = {.text = ""};
    char text[1000] = "";
    int result = store_read_uri(uris[_i].uri, &needs, &diag);

    if (!uris[_i].is_valid) {
        ck_assert_int_eq(result, IDQ_CONFIG);
        ck_assert_msg(strncmp(diag_line(&diag), uris[_i].needs, strlen(uris[_i].needs)) == 0, "%s",
                      diag_line(&diag));
        ck_assert_ptr_null(strstr(diag_line(&diag), "SECRET"));
        return;
    }
    ck_assert_msg(result == 0, "%s", diag_line(&diag));
    for (size_t i = 0; i < needs.n_ports; i++)
        snprintf(text + strlen(text), 20, "%u ", needs.ports[i]);
    if (needs.has_socket)
        strcat(text, "s ");
    for (size_t i = 0; i < needs.n_files; i++)
        snprintf(text + strlen(text), 100, "%s ", needs.files[i]);
    ck_assert_str_eq(text, uris[_i].needs);
}

RUN_TESTS("store_uri", postgres_why_not());
