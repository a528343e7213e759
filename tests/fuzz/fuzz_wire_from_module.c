/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agent reads from the module: any bytes as its first frame, and as its answer to ASK.
 * Only a START, a PROBE or KEYS is taken, or a NUMBER, and only one that says just what it would
 * say if it were written again. */
#include "pam_idinqr/wire/wire.h"
#include "pam_idinqr/common/error.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

#include <string.h>
#include <sys/socket.h>

static void
receive_start(const uint8_t *data, size_t size)
{
    const int *pair = wire_frame_sockets();
    struct wire wire = {.socket = pair[0]};
    START_AUTO start = {0};
    FRAME_AUTO again;
    FRAME_AUTO sent;

    if (!wire_frame_receive(data, size, &sent))
        return;
    MUST(send(pair[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    if (wire_receive_start(&wire, 0, &start) != 0) {
        MUST(wire.cancelled && target_is_zero(&start, sizeof start));
        return;
    }
    MUST(!wire.cancelled && frame_type(&sent) == (start.purpose == PURPOSE_PROBE  ? MESSAGE_PROBE
                                                  : start.purpose == PURPOSE_KEYS ? MESSAGE_KEYS
                                                                                  : MESSAGE_START));
    MUST(start.n_settings <= PROVIDER_SETTINGS_MAX);
    message_write_start(&again, &start);
    wire_frame_must_be_same(&sent, &again);
    /* Whatever comes behind START is the end of the login. */
    MUST(wire_check(&wire) == 0);
    MUST(send(pair[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    MUST(wire_check(&wire) == 1);
}

static void
receive_number(const uint8_t *data, size_t size)
{
    static const char nothing[NUMBER_SIZE];
    const int *pair = wire_frame_sockets();
    struct wire wire = {.socket = pair[0]};
    char number[NUMBER_SIZE] = "";
    FRAME_AUTO again;
    FRAME_AUTO sent;

    if (!wire_frame_receive(data, size, &sent))
        return;
    MUST(send(pair[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    if (wire_receive_number(&wire, 0, number) != 0) {
        MUST(wire.cancelled && memcmp(number, nothing, sizeof number) == 0);
        return;
    }
    MUST(!wire.cancelled && frame_type(&sent) == MESSAGE_NUMBER);
    MUST(strspn(number, "0123456789") == NUMBER_SIZE - 1);
    message_write_number(&again, number);
    wire_frame_must_be_same(&sent, &again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *repaired = wire_frame_repair(data, size);

    receive_start(data, size);
    receive_start(repaired, size);
    receive_number(data, size);
    receive_number(repaired, size);
    wire_frame_free(&repaired);
    return 0;
}
