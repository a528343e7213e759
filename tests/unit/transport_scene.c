/* SPDX-License-Identifier: BSD-3-Clause */
/* See transport_scene.h. */
#include "tests/unit/transport_scene.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct transport_scene transport_scene;

void
transport_scene_begin(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    transport_scene.agents_end = ends[0];
    transport_scene.wire = (struct link){.socket = ends[1]};
}

void
transport_scene_end(void)
{
    response_free(&transport_scene.response);
    transport_free(&transport_scene.transport);
    tls_peer_stop(&transport_scene.peer);
    close(transport_scene.agents_end);
    close(transport_scene.wire.socket);
}

void
transport_scene_start(const char *const answers[], size_t n_answers, int version)
{
    char *dir = scratch_dir("transport");

    tls_peer_start(&transport_scene.peer, dir, answers, n_answers, version);
    free(dir);
    TRANSPORT_SCENE_SET(ca_file, transport_scene.peer.ca_file);
    snprintf(transport_scene.url, sizeof transport_scene.url,
             "https://127.0.0.1:%u/secret-path?secret-query", transport_scene.peer.port);
    transport_scene_renew();
}

void
transport_scene_renew(void)
{
    transport_free(&transport_scene.transport);
    transport_scene.transport = transport_new(&transport_scene.setup, &transport_scene.wire);
    ck_assert_ptr_nonnull(transport_scene.transport);
}

int
transport_scene_send(const struct request *request)
{
    response_free(&transport_scene.response);
    return transport_request(transport_scene.transport, request, &transport_scene.response);
}

int
transport_scene_get_at_most(size_t max_size)
{
    const struct request request = {.url = transport_scene.url,
                                    .accept = "application/json",
                                    .signature_name = "x-idin-qr-hash",
                                    .max_size = max_size,
                                    .timeout_ms = TRANSPORT_SCENE_LONG_MS};

    return transport_scene_send(&request);
}

int
transport_scene_get(void)
{
    return transport_scene_get_at_most(1000);
}

void
transport_scene_must_fail(int error)
{
    ck_assert_int_eq(transport_scene_get(), error);
    ck_assert_ptr_null(transport_scene.response.body);
    ck_assert_int_eq(transport_scene.response.status, 0);
}

void
transport_scene_read(void)
{
    tls_peer_request(&transport_scene.peer, transport_scene.asked, sizeof transport_scene.asked,
                     &transport_scene.connection);
}

const char *
transport_scene_logged(void)
{
    static struct log_message log;
    FRAME_AUTO frame;

    log.line[0] = '\0';
    if (frame_receive(&frame, transport_scene.agents_end) == 1) {
        ck_assert_uint_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &log), 0);
        ck_assert_ptr_null(strstr(log.line, "secret"));
    }
    return log.line;
}
