/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests frames as bytes, and over a real SOCK_SEQPACKET pair with a peer that sends invalid data.
 * Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/wire/frame.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/frame_delivery.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* As it would be after a receive. */
static void
received(struct frame *frame, const void *bytes, size_t size)
{
    memset(frame, 0, sizeof *frame);
    memcpy(frame->bytes, bytes, size);
    frame->size = size;
}

TEST_CASE("sockets");

TEST(the_bytes_are_as_the_protocol_says)
{
    static const unsigned char expected[] = {1, 200, 0,   14,  0xAB, 0x01, 0x02, 0x03, 0xFF,
                                             0, 2,   'h', 'i', 0,    3,    0,    'x',  0};
    int pair[2];
    unsigned char bytes[100];
    struct frame frame;

    frame_begin(&frame, 200);
    frame_put_u8(&frame, 0xAB);
    frame_put_u32(&frame, 0x010203FF);
    frame_put_text(&frame, "hi");
    frame_put_bytes(&frame, "\0x", 3);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    ck_assert_int_eq(frame_send(&frame, pair[0]), 0);
    ck_assert_int_eq(recv(pair[1], bytes, sizeof bytes, 0), sizeof expected);
    ck_assert_mem_eq(bytes, expected, sizeof expected);
    close(pair[0]);
    close(pair[1]);
}

TEST_CASE("fields");

TEST(what_is_put_is_got)
{
    struct frame frame;
    char text[10];
    size_t size;

    frame_begin(&frame, 7);
    frame_put_u8(&frame, 0);
    frame_put_u8(&frame, 255);
    frame_put_u32(&frame, 0);
    frame_put_u32(&frame, UINT32_MAX);
    frame_put_text(&frame, "");
    frame_put_text(&frame, "123456789");
    frame_put_bytes(&frame, NULL, 0);
    frame_put_bytes(&frame, "a\0b", 3);
    frame_deliver(&frame, frame.size);
    ck_assert_uint_eq(frame_type(&frame), 7);
    ck_assert_uint_eq(frame_get_u8(&frame), 0);
    ck_assert_uint_eq(frame_get_u8(&frame), 255);
    ck_assert_uint_eq(frame_get_u32(&frame), 0);
    ck_assert_uint_eq(frame_get_u32(&frame), UINT32_MAX);
    frame_get_text(&frame, text, sizeof text);
    ck_assert_str_eq(text, "");
    frame_get_text(&frame, text, sizeof text);
    ck_assert_str_eq(text, "123456789");
    ck_assert_ptr_nonnull(frame_get_bytes(&frame, &size));
    ck_assert_uint_eq(size, 0);
    ck_assert_int_eq(frame_end(&frame), -1); /* something is left */
    ck_assert_mem_eq(frame_get_bytes(&frame, &size), "a\0b", 3);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(frame_end(&frame), 0);
}

TEST(a_text_that_does_not_fit_its_reader)
{
    const struct {
        const char *bytes;
        size_t size;
        int is_good;
    } rows[] = {{"1234", 4, 1}, {"12345", 5, 0}, {"12\0", 3, 0}, {"\0", 1, 0}, {"", 0, 1}};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct frame frame;
        char text[5] = "zzzz";

        frame_begin(&frame, 7);
        frame_put_bytes(&frame, rows[i].bytes, rows[i].size);
        frame_put_u8(&frame, 9);
        frame_deliver(&frame, frame.size);
        frame_get_text(&frame, text, sizeof text);
        ck_assert_str_eq(text, rows[i].is_good ? rows[i].bytes : "");
        /* Once broken, nothing more can be read from it. */
        ck_assert_uint_eq(frame_get_u8(&frame), rows[i].is_good ? 9 : 0);
        ck_assert_int_eq(frame_end(&frame), rows[i].is_good ? 0 : -1);
    }
}

TEST(a_field_that_is_not_there)
{
    struct frame frame;
    char text[10] = "z";
    size_t size = 7;

    for (size_t left = 0; left < 4; left++) {
        frame_begin(&frame, 7);
        for (size_t i = 0; i < left; i++)
            frame_put_u8(&frame, 0xFF);
        frame_deliver(&frame, frame.size);
        ck_assert_uint_eq(frame_get_u32(&frame), 0);
        ck_assert_int_eq(frame_end(&frame), -1);
        ck_assert_uint_eq(frame_get_u8(&frame), 0); /* though there may be one */
        ck_assert_ptr_null(frame_get_bytes(&frame, &size));
        ck_assert_uint_eq(size, 0);
        frame_get_text(&frame, text, sizeof text);
        ck_assert_str_eq(text, "");
    }
    /* A length that goes past the end, by one or by far. */
    for (uint8_t low = 4; low; low = low == 4 ? 255 : 0) {
        frame_begin(&frame, 7);
        frame_put_u8(&frame, low == 4 ? 0 : 255);
        frame_put_u8(&frame, low);
        frame_put_bytes(&frame, "x", 1);
        frame_deliver(&frame, frame.size);
        ck_assert_ptr_null(frame_get_bytes(&frame, &size));
        ck_assert_int_eq(frame_end(&frame), -1);
    }
}

TEST_CASE("sockets");

TEST(a_full_frame_and_one_byte_more)
{
    static const char bytes[70000];
    struct frame frame;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    frame_begin(&frame, 7);
    frame_put_bytes(&frame, bytes, FRAME_BODY_MAX - 2);
    ck_assert_uint_eq(frame.size, FRAME_MAX);
    ck_assert_int_eq(frame_send(&frame, pair[0]), 0);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 1);
    ck_assert_uint_eq(frame.size, FRAME_MAX);

    for (size_t i = 0; i < 4; i++) {
        const size_t sizes[] = {FRAME_BODY_MAX - 1, FRAME_BODY_MAX, FRAME_BODY_MAX + 1, 65536 + 3};
        frame_begin(&frame, 7);
        frame_put_bytes(&frame, bytes, sizes[i]);
        frame_put_u8(&frame, 1); /* a field that would fit does not mend it */
        ck_assert_int_eq(frame_send(&frame, pair[0]), IDQ_AGENT);
    }
    ck_assert_int_eq(frame_receive(&frame, pair[1]), IDQ_SYSTEM); /* none of them was sent */
    ck_assert_int_eq(errno, EAGAIN);
    close(pair[0]);
    close(pair[1]);
}

static const struct {
    unsigned char bytes[6];
    size_t size;
    int result;
} headers[] = {
    {{1, 7, 0, 0}, 4, 0},
    {{1, 7, 0, 1, 9}, 5, 0},
    {{1, 7, 0, 0}, 3, IDQ_AGENT},
    {{1}, 1, IDQ_AGENT},
    {{0}, 0, IDQ_AGENT},
    {{0, 7, 0, 0}, 4, IDQ_AGENT},
    {{2, 7, 0, 0}, 4, IDQ_AGENT},
    {{1, 7, 0, 1}, 4, IDQ_AGENT},
    {{1, 7, 0, 0, 9}, 5, IDQ_AGENT},
    {{1, 7, 1, 1, 9}, 5, IDQ_AGENT},
    {{1, 7, 0xFF, 0xFF}, 4, IDQ_AGENT},
};

TEST_CASE("fields");

LOOP_TEST(what_counts_as_a_frame, ARRAY_LENGTH(headers))
{
    struct frame frame;

    received(&frame, headers[_i].bytes, headers[_i].size);
    ck_assert_int_eq(frame_check(&frame), headers[_i].result);
    ck_assert_int_eq(frame.broken, headers[_i].result != 0);
    if (headers[_i].result != 0)
        ck_assert_int_eq(frame_end(&frame), -1);
}

TEST_CASE("sockets");

TEST(a_peer_that_sends_what_it_should_not)
{
    static const unsigned char large[FRAME_MAX + 1] = {1, 7, 0x1F, 0xFC};
    struct frame frame;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(headers); i++)
        if (headers[i].size > 0) {
            ck_assert_int_eq(send(pair[0], headers[i].bytes, headers[i].size, 0),
                             (ssize_t)headers[i].size);
            ck_assert_int_eq(frame_receive(&frame, pair[1]),
                             headers[i].result == 0 ? 1 : headers[i].result);
        }
    /* One byte too many: what the buffer caught of it is a frame by itself, and must not count. */
    ck_assert_int_eq(send(pair[0], large, FRAME_MAX, 0), FRAME_MAX);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 1);
    ck_assert_int_eq(send(pair[0], large, sizeof large, 0), sizeof large);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), IDQ_AGENT);
    ck_assert_int_eq(frame.broken, 1);
    /* A packet without a byte looks like the end, and is one. */
    ck_assert_int_eq(send(pair[0], "", 0, 0), 0);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 0);
    close(pair[0]);
    close(pair[1]);
}

TEST(a_peer_that_is_gone)
{
    struct frame frame;
    int pair[2];

    ck_assert_ptr_ne(signal(SIGPIPE, SIG_DFL), SIG_ERR); /* the parent may ignore it */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), IDQ_SYSTEM);
    ck_assert_int_eq(errno, EAGAIN);
    frame_begin(&frame, 7);
    ck_assert_int_eq(frame_send(&frame, pair[0]), 0);
    close(pair[0]);
    /* What it said before it went is still heard; and writing to it is an error, not a SIGPIPE. */
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 1);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 0);
    frame_begin(&frame, 7);
    ck_assert_int_eq(frame_send(&frame, pair[1]), IDQ_AGENT);
    close(pair[1]);

    /* Gone with our frame unread: the kernel says reset, and then still has its last words. */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    ck_assert_int_eq(frame_send(&frame, pair[1]), 0);
    frame_begin(&frame, 18);
    ck_assert_int_eq(frame_send(&frame, pair[0]), 0);
    close(pair[0]);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 1);
    ck_assert_uint_eq(frame_type(&frame), 18);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), 0);
    close(pair[1]);
    ck_assert_int_eq(frame_receive(&frame, -1), IDQ_SYSTEM);
}

#define N_FRAMES 1000

static void
on_signal(int number)
{
    (void)number;
}

/* Waits until the kernel says that the process sleeps. */
static void
wait_until_asleep(pid_t process)
{
    char path[64], state = '?';

    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    while (state != 'S') {
        FILE *stat = fopen(path, "re");
        if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
            _exit(2);
        fclose(stat);
    }
}

/* Lets the sender fill the socket, disturbs it, and only then takes the frames. */
static void
read_late(int socket, pid_t sender)
{
    for (int i = 0; i < 3; i++) {
        wait_until_asleep(sender);
        kill(sender, SIGUSR1);
    }
    for (uint32_t expected = 0; expected < N_FRAMES; expected++) {
        struct pollfd readable = {.fd = socket, .events = POLLIN};
        struct frame frame;
        if (poll(&readable, 1, -1) != 1 || frame_receive(&frame, socket) != 1 ||
            frame_get_u32(&frame) != expected)
            _exit(1);
    }
    _exit(0);
}

/* More than the socket holds: the sender waits, also when signals interrupt it, and every frame
 * arrives whole and in order. */
TEST(sending_waits_for_room)
{
    static const char bytes[2000];
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: send() returns EINTR */
    pid_t sender = getpid(), reader;
    int pair[2], status;

    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    reader = fork();
    ck_assert_int_ge(reader, 0);
    if (reader == 0) {
        close(pair[0]);
        read_late(pair[1], sender);
    }
    close(pair[1]);
    for (uint32_t i = 0; i < N_FRAMES; i++) {
        struct frame frame;
        frame_begin(&frame, 7);
        frame_put_u32(&frame, i);
        frame_put_bytes(&frame, bytes, sizeof bytes);
        ck_assert_int_eq(frame_send(&frame, pair[0]), 0);
    }
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert_int_eq(status, 0);
    close(pair[0]);
}

TEST_CASE("fields");

TEST(wiping_leaves_nothing)
{
    struct frame frame;
    const unsigned char *p = (const unsigned char *)&frame;

    frame_begin(&frame, 7);
    frame_put_text(&frame, "hunter2");
    frame_wipe(&frame);
    for (size_t i = 0; i < sizeof frame; i++)
        ck_assert_uint_eq(p[i], 0);
}

RUN_TESTS("frame", NULL);
