/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox's handlers run this. */
#include "pam_idinqr/sandbox/events.h"

#include <jansson.h>
#include <stdio.h>

static const char *const names[EVENT_KINDS] = {
    [EVENT_GENERATE] = "generate",
    [EVENT_PICTURE] = "picture",
    [EVENT_SCANNED] = "scanned",
    [EVENT_BANK] = "bank",
    [EVENT_APPROVED] = "approved",
    [EVENT_REFUSED] = "refused",
    [EVENT_NUMBER] = "number",
    [EVENT_WRONG_NUMBER] = "wrong-number",
    [EVENT_STATUS] = "status",
    [EVENT_DELIVERED] = "delivered",
    [EVENT_CANCEL] = "cancel",
    [EVENT_EXPIRED] = "expired",
    [EVENT_TOKEN] = "token",
    [EVENT_SESSION] = "session",
    [EVENT_SESSION_STATUS] = "session-status",
    [EVENT_DEVICE] = "device",
    [EVENT_DEVICE_POLL] = "device-poll",
    [EVENT_SLOW_DOWN] = "slow-down",
    [EVENT_DIRECTORY] = "directory",
    [EVENT_TRANSACTION] = "transaction",
    [EVENT_TRANSACTION_STATUS] = "transaction-status",
};

void
events_begin(struct events *events, int64_t now_ms)
{
    events->start_ms = now_ms;
}

void
events_add(struct events *events, int64_t now_ms, enum event_kind kind, const char *qr_id,
           const char *status)
{
    struct event *event = &events->ring[events->total++ % EVENTS_MAX];

    event->ms = now_ms - events->start_ms;
    event->kind = kind;
    snprintf(event->qr_id, sizeof event->qr_id, "%s", qr_id);
    event->status = status;
    events->counts[kind]++;
}

char *
events_to_json(const struct events *events)
{
    json_t *root = json_object(), *list = json_array(), *counts = json_object();
    uint64_t first = events->total > EVENTS_MAX ? events->total - EVENTS_MAX : 0;
    char *text = NULL;
    int bad = 0;

    for (uint64_t n = first; n < events->total; n++) {
        const struct event *event = &events->ring[n % EVENTS_MAX];
        bad |= json_array_append_new(
            list, json_pack("{s:I, s:I, s:s, s:s, s:s}", "n", (json_int_t)(n + 1), "ms",
                            (json_int_t)event->ms, "event", names[event->kind], "qr_id",
                            event->qr_id, "status", event->status));
    }
    for (size_t kind = 0; kind < EVENT_KINDS; kind++)
        bad |= json_object_set_new(counts, names[kind],
                                   json_integer((json_int_t)events->counts[kind]));
    bad |= json_object_set(root, "events", list) | json_object_set(root, "counts", counts);
    if (!bad)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(counts);
    json_decref(list);
    json_decref(root);
    return text;
}
