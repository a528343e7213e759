/* SPDX-License-Identifier: BSD-3-Clause */
/* The frames between agent and picture reader, in both directions; the first byte says which. */
#include "pam_idinqr/agent/picture_request.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "tests/fuzz/fed_socket.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

#include <stdlib.h>
#include <string.h>

static void
to_agent(const uint8_t *data, size_t size)
{
    struct wire wire = {.socket = wire_frame_sockets()[0], .ended = 1}; /* logs nothing */
    int socket = fed_socket_begin(data, size), error;
    char payload[PAYLOAD_MAX + 1] = "";

    do {
        error = picture_request(&wire, socket, "png", 3, 10000, payload);
        MUST(error == 0 || error == IDQ_PICTURE || error == IDQ_SYSTEM || error == IDQ_AGENT);
        MUST(error != 0 || (payload[0] && characters_are_visible_ascii(payload, strlen(payload))));
    } while (error != IDQ_AGENT);
    fed_socket_end();
}

static void
to_reader(const uint8_t *data, size_t size)
{
    struct wire wire = {.socket = fed_socket_begin(data, size)};
    FRAME_AUTO frame, again;
    size_t png_size;

    frame_begin(&frame, 0);
    frame_begin(&again, 0);
    while (wire_receive(&wire, &frame) == 1) {
        if (frame_type(&frame) != MESSAGE_PICTURE || message_read_picture(&frame, &png_size) != 0)
            continue;
        MUST(png_size > 0 && png_size <= PICTURE_MAX);
        message_write_picture(&again, png_size);
        wire_frame_must_be_same(&frame, &again);
        unsigned char *png = malloc(png_size);
        MUST(png);
        (void)wire_receive_parts(&wire, png, png_size);
        free(png);
    }
    fed_socket_end();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2)
        to_agent(data + 1, size - 1);
    else
        to_reader(data + 1, size - 1);
    return 0;
}
