/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-picture: reads one picture from the agent, returns the text of its code, and exits. The
 * module's watcher starts it as the agent's user, with its socket as descriptor 0 and no other
 * descriptor. It has no key, no file and no network. An attacker who controls it can return one
 * wrong link, which agent and module check like any other. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/picture/picture.h"
#include "pam_idinqr/wire/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Returns 1 with the picture, which the caller frees, 0 if the agent has exited, or an error. */
static int
receive_picture(const struct wire *wire, unsigned char **ret_png, size_t *ret_size)
{
    struct frame frame;
    int received = wire_receive(wire, &frame);

    *ret_png = NULL;
    if (received != 1)
        return received;
    if (frame_type(&frame) != MESSAGE_PICTURE || message_read_picture(&frame, ret_size) != 0)
        return IDQ_AGENT;
    *ret_png = malloc(*ret_size);
    if (!*ret_png)
        return IDQ_SYSTEM;
    return wire_receive_parts(wire, *ret_png, *ret_size);
}

int
main(void)
{
    static struct wire wire = {.socket = STDIN_FILENO};
    struct code_message code = {0};
    struct frame frame;
    unsigned char *png;
    size_t size;
    int received;

    if (!wire_is_at(STDIN_FILENO)) {
        fputs("idinqr-picture is started by pam_idinqr and by idinqr(1), never by hand.\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_NAME, "idinqr-picture", 0, 0, 0);
    if (jail_begin() != 0 || jail_close(JAIL_PICTURE, &wire) != 0)
        return EXIT_FAILURE;
    received = receive_picture(&wire, &png, &size);
    if (received == 1) {
        code.outcome = picture_read(png, size, code.payload, sizeof code.payload);
        if (code.outcome)
            code.payload[0] = '\0';
        message_write_code(&frame, &code);
        if (frame_send(&frame, STDIN_FILENO) != 0)
            received = IDQ_AGENT;
    }
    free(png);
    /* No exit handlers of libraries: they may make calls that the jail refuses. */
    _exit(received < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
