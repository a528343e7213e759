/* See faults.h. */
#include "pam_idinqr/sandbox/faults.h"

#include "pam_idinqr/common/error.h"

#include <string.h>

static const struct {
    const char *name, *description;
} table[FAULT_COUNT] = {
    [FAULT_GENERATE_SIGNATURE_WRONG] = {"generate-signature-wrong",
                                        "generate's answer carries a hash of other bytes"},
    [FAULT_GENERATE_SIGNATURE_MISSING] = {"generate-signature-missing",
                                          "generate's answer carries no hash"},
    [FAULT_PICTURE_OTHER_HOST] = {"picture-other-host",
                                  "the code in the picture leads to https://evil.example"},
    [FAULT_PICTURE_GARBAGE] = {"picture-garbage", "the picture is no PNG, whatever its type says"},
    [FAULT_STATUS_SIGNATURE_WRONG] = {"status-signature-wrong",
                                      "status answers carry a hash of other bytes"},
    [FAULT_STATUS_SIGNATURE_MISSING] = {"status-signature-missing", "status answers carry no hash"},
    [FAULT_STATUS_OTHER_QR_ID] =
        {"status-other-qr-id", "status answers with a signed success of another code (a replay)"},
    [FAULT_STATUS_NO_BIN] = {"status-no-bin", "a success comes without a BIN"},
    [FAULT_STATUS_EXPIRED] = {"status-expired", "a code expires as soon as it is scanned"},
    [FAULT_STATUS_FAILURE] = {"status-failure", "the bank fails as soon as a code is scanned"},
    [FAULT_STATUS_CANCELLED] = {"status-cancelled", "a code is cancelled as soon as it is scanned"},
    [FAULT_NO_LONG_POLL] = {"no-long-poll", "status answers at once, whatever wait says"},
    [FAULT_BUSY_ONCE] = {"busy-once",
                         "a code's first status request is answered 429, Retry-After: 1"},
    [FAULT_EXPIRED_ONCE] = {"expired-once", "the first code expires before anybody can scan it"},
    [FAULT_CANCEL_STALLS] = {"cancel-stalls", "a cancel is taken and never answered"},
    [FAULT_CLOCK_AHEAD] = {"clock-ahead", "the sandbox's clock is an hour ahead"},
    [FAULT_CLOCK_BEHIND] = {"clock-behind", "the sandbox's clock is an hour behind"},
};

const char *
fault_name(size_t i)
{
    return i < FAULT_COUNT ? table[i].name : NULL;
}

const char *
fault_description(size_t i)
{
    return i < FAULT_COUNT ? table[i].description : NULL;
}

int
faults_enable(struct faults *faults, const char *name)
{
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if (strcmp(table[i].name, name) == 0) {
            faults->on[i] = 1;
            return 0;
        }
    return IDQ_CONFIG;
}

int
fault_on(const struct faults *faults, enum fault fault)
{
    return faults->on[fault];
}
