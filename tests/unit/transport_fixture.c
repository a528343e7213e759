/* SPDX-License-Identifier: BSD-3-Clause */
/* See transport_fixture.h. */
#include "tests/unit/transport_fixture.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct transport_fixture transport_fixture;

void
transport_fixture_begin(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    transport_fixture.agents_end = ends[0];
    transport_fixture.wire = (struct wire){.socket = ends[1]};
}

void
transport_fixture_end(void)
{
    response_free(&transport_fixture.response);
    transport_free(&transport_fixture.transport);
    tls_peer_stop(&transport_fixture.peer);
    close(transport_fixture.agents_end);
    close(transport_fixture.wire.socket);
}

void
transport_fixture_start(const char *const answers[], size_t n_answers, int version)
{
    char *dir = scratch_dir("transport");

    tls_peer_start(&transport_fixture.peer, dir, answers, n_answers, version);
    TRANSPORT_FIXTURE_SET(ca_file, transport_fixture.peer.ca_file);
    snprintf(transport_fixture.url, sizeof transport_fixture.url,
             "https://127.0.0.1:%u/secret-path?secret-query", transport_fixture.peer.port);
    transport_fixture_renew();
}

void
transport_fixture_renew(void)
{
    transport_free(&transport_fixture.transport);
    transport_fixture.transport = transport_new(&transport_fixture.setup, &transport_fixture.wire);
    ck_assert_ptr_nonnull(transport_fixture.transport);
}

int
transport_fixture_send(const struct fetch_request *request)
{
    response_free(&transport_fixture.response);
    return transport_request(transport_fixture.transport, request, &transport_fixture.response);
}

int
transport_fixture_get_at_most(size_t max_size)
{
    const struct fetch_request request = {.url = transport_fixture.url,
                                          .accept = "application/json",
                                          .signature_name = "x-idin-qr-hash",
                                          .max_size = max_size,
                                          .timeout_ms = TRANSPORT_FIXTURE_LONG_MS};

    return transport_fixture_send(&request);
}

int
transport_fixture_get(void)
{
    return transport_fixture_get_at_most(1000);
}

void
transport_fixture_must_fail(int error)
{
    ck_assert_int_eq(transport_fixture_get(), error);
    ck_assert_ptr_null(transport_fixture.response.body);
    ck_assert_int_eq(transport_fixture.response.status, 0);
}

void
transport_fixture_read(void)
{
    tls_peer_request(&transport_fixture.peer, transport_fixture.asked,
                     sizeof transport_fixture.asked, &transport_fixture.connection);
}

const char *
transport_fixture_logged(void)
{
    static struct log_message log;
    FRAME_AUTO frame;

    log.line[0] = '\0';
    if (frame_receive(&frame, transport_fixture.agents_end) == 1) {
        ck_assert_uint_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &log), 0);
        ck_assert_ptr_null(strstr(log.line, "secret"));
    }
    return log.line;
}
