/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, with the application's rights. */
#include "pam_idinqr/audit/journal.h"

#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct record {
    size_t size;
    char bytes[JOURNAL_RECORD_SIZE];
};

static int
append(struct record *record, const char *text, size_t size)
{
    if (size > sizeof record->bytes - record->size)
        return IDQ_SYSTEM;
    memcpy(record->bytes + record->size, text, size);
    record->size += size;
    return 0;
}

/* A name that begins with an underscore is reserved for journald. */
static bool
is_name(const char *name)
{
    return *name >= 'A' && *name <= 'Z' &&
           name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

static int
append_field(struct record *record, const struct journal_field *field)
{
    if (!is_name(field->name) || strchr(field->value, '\n'))
        return IDQ_SYSTEM;
    return append(record, field->name, strlen(field->name)) != 0 || append(record, "=", 1) != 0 ||
                   append(record, field->value, strlen(field->value)) != 0 ||
                   append(record, "\n", 1) != 0
               ? IDQ_SYSTEM
               : 0;
}

/* The journal stores the kernel's credentials as _UID: by default the real user. That is the user
 * who typed su, who could have written such an entry without it. The effective user is root there,
 * and only root may send root's id. */
static int
send_as_effective_user(int fd, struct sockaddr_un *address, struct record *record)
{
    const struct ucred self = {.pid = getpid(), .uid = geteuid(), .gid = getegid()};
    union {
        struct cmsghdr header; /* for its alignment */
        char bytes[CMSG_SPACE(sizeof self)];
    } control = {.bytes = {0}};
    struct iovec part = {record->bytes, record->size};
    struct msghdr message = {
        .msg_name = address,
        .msg_namelen = sizeof *address,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof self);
    memcpy(CMSG_DATA(header), &self, sizeof self);
    /* A journal that hangs must not hang a login. */
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)record->size ? 0
                                                                                       : IDQ_SYSTEM;
}

int
journal_send(const char *socket_path, const struct journal_field *fields, size_t n_fields)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct record record = {.size = 0};
    int fd, result = 0;

    if (strlen(socket_path) >= sizeof address.sun_path)
        return IDQ_SYSTEM;
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    for (size_t i = 0; result == 0 && i < n_fields; i++)
        result = append_field(&record, &fields[i]);
    if (result != 0)
        return result;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return IDQ_SYSTEM;
    result = send_as_effective_user(fd, &address, &record);
    close(fd);
    return result;
}
