/* SPDX-License-Identifier: BSD-3-Clause */
/* Connects the fetch process's transport to a TLS server on loopback (tls_peer.h), and plays the
 * agent at the other end of its socket. Test code. Check runs each test in a separate process with
 * a fresh fixture. An error fails the running test. */
#ifndef IDQ_TESTS_TRANSPORT_FIXTURE_H
#define IDQ_TESTS_TRANSPORT_FIXTURE_H

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/fetch/transport.h"
#include "tests/unit/tls_peer.h"

#include <check.h>

#define TRANSPORT_FIXTURE_LONG_MS 30000 /* longer than any test waits */

struct transport_fixture {
    struct tls_peer peer;
    struct wire wire;
    int agents_end; /* of the socket */
    struct transport *transport;
    struct fetch_setup setup;       /* of the transport; see transport_fixture_renew */
    char url[128];                  /* of the peer, with a path and a query that are secrets */
    struct fetch_response response; /* the last one; freed before the next */
    char asked[8192];               /* the last request that was read */
    int connection;                 /* that it came by, from 1 */
};

extern struct transport_fixture transport_fixture;

void transport_fixture_begin(void);
void transport_fixture_end(void);

/* Starts a peer that speaks one version of TLS (as OpenSSL numbers them; 0: any) and answers like
 * this, and a transport that trusts it. */
void transport_fixture_start(const char *const answers[], size_t n_answers, int version);

#define TRANSPORT_FIXTURE_START(...)                                                               \
    static const char *const answers[] = {__VA_ARGS__};                                            \
    transport_fixture_start(answers, ARRAY_LENGTH(answers), 0)

/* Another text in the setup. */
#define TRANSPORT_FIXTURE_SET(field, text)                                                         \
    ck_assert_int_eq(                                                                              \
        copy_text(transport_fixture.setup.field, sizeof transport_fixture.setup.field, text), 0)

/* Another transport, with the setup as it now is. */
void transport_fixture_renew(void);

/* Sends the request; and a GET of the url, whose answer may have this many bytes (or 1000). */
int transport_fixture_send(const struct fetch_request *request);
int transport_fixture_get_at_most(size_t max_size);
int transport_fixture_get(void);

/* A GET that fails with this error, and leaves nothing. */
void transport_fixture_must_fail(int error);

/* Waits for the next request at the peer, and puts it into `asked` and `connection`. */
void transport_fixture_read(void);

/* The next line of the log, or "". None may have a secret in it. Static. */
const char *transport_fixture_logged(void);

#endif
