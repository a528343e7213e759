/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/jail_confederate.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A text and, unless it is -1, a descriptor. */
struct letter {
    char text[64];
    int fd;
};

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static int
send_letter(int from, const struct sockaddr_un *to, struct letter *letter)
{
    union control control = {.bytes = ""};
    struct iovec text = {letter->text, sizeof letter->text};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};

    if (to) {
        message.msg_name = (void *)(uintptr_t)to;
        message.msg_namelen = sizeof *to;
    }
    if (letter->fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &letter->fd, sizeof(int));
    }
    return sendmsg(from, &message, MSG_NOSIGNAL) == (ssize_t)sizeof letter->text ? 0 : errno;
}

static int
receive_letter(int at, struct letter *ret_letter)
{
    union control control = {.bytes = ""};
    struct iovec text = {ret_letter->text, sizeof ret_letter->text};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};

    ret_letter->fd = -1;
    if (recvmsg(at, &message, MSG_CMSG_CLOEXEC) <= 0)
        return errno ? errno : EPIPE;
    ret_letter->text[sizeof ret_letter->text - 1] = '\0';
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&ret_letter->fd, CMSG_DATA(header), sizeof(int));
    return 0;
}

static void *
help(void *listener)
{
    struct letter letter;

    while (receive_letter((int)(intptr_t)listener, &letter) == 0) {
        int back = letter.fd;
        if (back < 0)
            continue;
        letter.fd = open(letter.text, O_RDONLY | O_CLOEXEC);
        (void)send_letter(back, NULL, &letter);
        close(letter.fd);
        close(back);
    }
    return NULL;
}

static struct sockaddr_un
address(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    return at;
}

void
jail_confederate_begin(const char *path)
{
    struct sockaddr_un at = address(path);
    int listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pthread_t thread;

    ck_assert_uint_lt(strlen(path), sizeof at.sun_path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, help, (void *)(intptr_t)listener), 0);
    ck_assert_int_eq(pthread_detach(thread), 0);
}

int
jail_confederate_send(const char *path)
{
    const struct sockaddr_un to = address(path);
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
        sendto(pair[0], "word", 4, 0, (const struct sockaddr *)&to, sizeof to) != 4)
        return errno;
    return 0;
}

int
jail_confederate_fetch(const char *path, const char *file)
{
    const struct sockaddr_un to = address(path);
    struct letter letter = {.fd = -1};
    int pair[2], way[2], error;
    char byte;

    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, way) != 0)
        return errno;
    strncpy(letter.text, file, sizeof letter.text - 1);
    letter.fd = way[1];
    error = send_letter(pair[0], &to, &letter);
    close(way[1]); /* so that an end of the confederate is no wait for ever */
    if (!error)
        error = receive_letter(way[0], &letter);
    return error ? error : read(letter.fd, &byte, 1) == 1 ? 0 : errno;
}
