/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-picture: reads one picture from the agent, says what its code says, and ends. Started by
 * the module's watcher, as the agent's user, with its socket as descriptor 0 and nothing else. It
 * has no key, no file and no network. Taken over, it can name one wrong link, which agent and
 * module check as any other. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/picture/picture.h"
#include "pam_idinqr/wire/messages.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Waits for the next frame. 1, 0 when the agent has ended, or an error. */
static int
receive(struct frame *frame)
{
    struct pollfd wire = {.fd = STDIN_FILENO, .events = POLLIN};
    int received;

    while ((received = frame_receive(frame, wire.fd)) == IDQ_SYSTEM &&
           (errno == EAGAIN || errno == EWOULDBLOCK))
        if (poll(&wire, 1, -1) < 0 && errno != EINTR)
            return IDQ_SYSTEM;
    return received;
}

/* 1 with the picture, which the caller frees; 0 when the agent has ended, or an error. */
static int
receive_picture(unsigned char **ret_png, size_t *ret_size)
{
    struct frame frame;
    const void *part;
    size_t part_size, at = 0;
    int received = receive(&frame);

    *ret_png = NULL;
    if (received != 1)
        return received;
    if (frame_type(&frame) != MESSAGE_PICTURE || message_read_picture(&frame, ret_size) != 0)
        return IDQ_AGENT;
    *ret_png = malloc(*ret_size);
    if (!*ret_png)
        return IDQ_SYSTEM;
    for (; at < *ret_size; at += part_size) {
        received = receive(&frame);
        if (received != 1)
            return received;
        if (frame_type(&frame) != MESSAGE_PART ||
            message_read_part(&frame, *ret_size - at, &part, &part_size) != 0)
            return IDQ_AGENT;
        memcpy(*ret_png + at, part, part_size);
    }
    return 1;
}

int
main(void)
{
    static struct link link = {.socket = STDIN_FILENO};
    struct code_message code = {0};
    struct frame frame;
    unsigned char *png;
    size_t size;
    int received;

    if (!link_is_wire(STDIN_FILENO)) {
        fputs("idinqr-picture is started by pam_idinqr and by idinqr(1), never by hand.\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_NAME, "idinqr-picture", 0, 0, 0);
    if (jail_begin() != 0 || jail_close(JAIL_PICTURE, &link) != 0)
        return EXIT_FAILURE;
    received = receive_picture(&png, &size);
    if (received == 1) {
        code.outcome = picture_read(png, size, code.payload, sizeof code.payload);
        if (code.outcome)
            code.payload[0] = '\0';
        message_write_code(&frame, &code);
        if (frame_send(&frame, STDIN_FILENO) != 0)
            received = IDQ_AGENT;
    }
    free(png);
    /* No handlers of libraries: they may want calls that are not left. */
    _exit(received < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
