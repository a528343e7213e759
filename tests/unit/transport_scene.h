/* SPDX-License-Identifier: BSD-3-Clause */
/* The fetch process's transport against a TLS server on loopback (tls_peer.h): one of each, and the
 * agent's end of the socket. Test code; Check runs each test in a process of its own, with a fresh
 * scene. Trouble fails the running test. */
#ifndef IDQ_TESTS_TRANSPORT_SCENE_H
#define IDQ_TESTS_TRANSPORT_SCENE_H

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/fetch/transport.h"
#include "tests/unit/tls_peer.h"

#include <check.h>

#define TRANSPORT_SCENE_LONG_MS 30000 /* longer than any test waits */

struct transport_scene {
    struct tls_peer peer;
    struct link wire;
    int agents_end; /* of the socket */
    struct transport *transport;
    struct fetch_setup setup; /* of the transport; see transport_scene_renew */
    char url[128];            /* of the peer, with a path and a query that are secrets */
    struct response response; /* the last one; freed before the next */
    char asked[8192];         /* the last request that was read */
    int connection;           /* that it came by, from 1 */
};

extern struct transport_scene transport_scene;

void transport_scene_begin(void);
void transport_scene_end(void);

/* Starts a peer that speaks one version of TLS (as OpenSSL numbers them; 0: any) and answers like
 * this, and a transport that trusts it. */
void transport_scene_start(const char *const answers[], size_t n_answers, int version);

#define TRANSPORT_SCENE_START(...)                                                                 \
    static const char *const answers[] = {__VA_ARGS__};                                            \
    transport_scene_start(answers, sizeof answers / sizeof answers[0], 0)

/* Another text in the setup. */
#define TRANSPORT_SCENE_SET(field, text)                                                           \
    ck_assert_int_eq(                                                                              \
        copy_text(transport_scene.setup.field, sizeof transport_scene.setup.field, text), 0)

/* Another transport, with the setup as it now is. */
void transport_scene_renew(void);

/* Sends the request; and a GET of the url, whose answer may have this many bytes (or 1000). */
int transport_scene_send(const struct request *request);
int transport_scene_get_at_most(size_t max_size);
int transport_scene_get(void);

/* A GET that fails with this error, and leaves nothing. */
void transport_scene_must_fail(int error);

/* Waits for the next request at the peer, and puts it into `asked` and `connection`. */
void transport_scene_read(void);

/* The next line of the log, or "". None may have a secret in it. Static. */
const char *transport_scene_logged(void);

#endif
