/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agent reads from the module: any bytes as its first frame. Only a START, a PROBE or
 * KEYS is taken, and only one that says just what it would say if it were written again. */
#include "pam_idinqr/wire/wire.h"
#include "pam_idinqr/common/error.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *repaired = wire_frame_repair(data, size);

    receive_start(data, size);
    receive_start(repaired, size);
    wire_frame_free(&repaired);
    return 0;
}
