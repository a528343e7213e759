/* SPDX-License-Identifier: BSD-3-Clause */
/* See journal_socket.h. Test code. */
#include "tests/harness/journal_socket.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un
address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    strcpy(address.sun_path, path);
    return address;
}

int
journal_socket_listen(const char *path)
{
    const struct sockaddr_un address = address_of(path);
    const int on = 1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || chmod(path, 0666) != 0)
        ck_abort_msg("%s: %s", path, strerror(errno));
    return fd;
}

unsigned
journal_socket_fill(const char *path)
{
    const struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unsigned n = 0;

    ck_assert_int_ge(fd, 0);
    while (sendto(fd, "FULL=yes\n", 9, 0, (const struct sockaddr *)&address, sizeof address) == 9)
        n++;
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
    return n;
}

/* Cuts one field off the front. What is not in the form without lengths is not one of ours. */
static char *
take_field(struct journal_record *record, char *line)
{
    char *end = strchr(line, '\n'), *equals;

    ck_assert_msg(end != NULL, "a field without an end: %s", line);
    *end = '\0';
    equals = strchr(line, '=');
    ck_assert_msg(equals != NULL, "a field without '=': %s", line);
    *equals = '\0';
    ck_assert_msg(*line >= 'A' && *line <= 'Z' && strlen(line) <= 64 &&
                      line[strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0',
                  "not the name of a field: %s", line);
    ck_assert_msg(!journal_record_value(record, line), "%s twice", line);
    ck_assert_uint_lt(record->n_fields, JOURNAL_FIELDS_MAX);
    record->names[record->n_fields] = line;
    record->values[record->n_fields++] = equals + 1;
    return end + 1;
}

int
journal_socket_take(int fd, int timeout_ms, struct journal_record *ret_record)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char bytes[65536], control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct ucred sender;
    ssize_t size;

    memset(ret_record, 0, sizeof *ret_record);
    if (poll(&ready, 1, timeout_ms) != 1)
        return 0;
    size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    ck_assert_int_gt(size, 0);
    ck_assert_int_eq(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
    ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&message));
    memcpy(&sender, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof sender);
    ret_record->uid = sender.uid;
    ret_record->pid = sender.pid;
    ck_assert_ptr_null(memchr(bytes, '\0', (size_t)size));
    ret_record->text = strndup(bytes, (size_t)size);
    ck_assert_ptr_nonnull(ret_record->text);
    for (char *line = ret_record->text; *line;)
        line = take_field(ret_record, line);
    return 1;
}

const char *
journal_record_value(const struct journal_record *record, const char *name)
{
    for (size_t i = 0; i < record->n_fields; i++)
        if (strcmp(record->names[i], name) == 0)
            return record->values[i];
    return NULL;
}

void
journal_record_free(struct journal_record *record)
{
    free(record->text);
    memset(record, 0, sizeof *record);
}
