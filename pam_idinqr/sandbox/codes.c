/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests of merchants and phones. */
#include "pam_idinqr/sandbox/codes.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <string.h>

/* What the events call a code of each API when it is made, and when its merchant hears of it. */
static const struct {
    enum event_kind made, told;
} api_events[] = {
    [CODE_IDIN_QR] = {EVENT_GENERATE, EVENT_STATUS},
    [CODE_SIGNICAT] = {EVENT_SESSION, EVENT_SESSION_STATUS},
    [CODE_OIDC] = {EVENT_DEVICE, EVENT_DEVICE_POLL},
    [CODE_ACQUIRER] = {EVENT_TRANSACTION, EVENT_TRANSACTION_STATUS},
};

static bool
is_unfinished(const struct code *code)
{
    return code->status == CODE_OPEN || code->status == CODE_PENDING || code->status == CODE_NUMBER;
}

static void
note(struct codes *codes, enum event_kind kind, const struct code *code)
{
    events_add(codes->events, codes->now_ms, kind, code->qr_id, code_status_word(code->status));
}

/* Only a code that is approved keeps its person. */
static void
set_status(struct code *code, enum code_status status)
{
    if (status != CODE_NUMBER)
        secret_wipe(code->number, sizeof code->number);
    if (status != CODE_NUMBER && status != CODE_SUCCESS)
        secret_wipe(code->bin, sizeof code->bin);
    code->status = status;
    code->changes++;
}

void
codes_tick(struct codes *codes, int64_t now_ms)
{
    codes->now_ms = now_ms;
    for (size_t i = 0; i < CODES_MAX; i++) {
        struct code *code = &codes->slots[i];

        if (code->qr_id[0] && is_unfinished(code) && code->expires_ms <= now_ms)
            code_end(codes, code, CODE_EXPIRED);
    }
}

int64_t
codes_next_expiry_ms(const struct codes *codes)
{
    int64_t next_ms = -1;

    for (size_t i = 0; i < CODES_MAX; i++) {
        const struct code *code = &codes->slots[i];

        if (code->qr_id[0] && is_unfinished(code) && (next_ms < 0 || code->expires_ms < next_ms))
            next_ms = code->expires_ms;
    }
    return next_ms;
}

/* A free slot, or that of the finished code which would have expired first. */
static struct code *
find_slot(struct codes *codes)
{
    struct code *oldest = NULL;

    for (size_t i = 0; i < CODES_MAX; i++) {
        struct code *code = &codes->slots[i];

        if (!code->qr_id[0])
            return code;
        if (!is_unfinished(code) && (!oldest || code->expires_ms < oldest->expires_ms))
            oldest = code;
    }
    return oldest;
}

int
codes_add(struct codes *codes, enum code_api api, enum code_use use, int64_t lifetime_ms,
          struct code **ret_code)
{
    struct code *code = find_slot(codes);

    if (!code)
        return IDQ_BUSY;
    uint64_t changes = code->changes;
    secret_wipe(code, sizeof *code);
    code->changes = changes + 1;
    code->api = api;
    code->use = use;
    code->picture_fetched = api != CODE_IDIN_QR; /* the others draw the link themselves */
    code->expires_ms = codes->now_ms + lifetime_ms;
    /* The names have nothing to do with each other: who has one can not make up another. */
    if (token_uuid(code->picture_id) < 0 || token_text(code->path) < 0 ||
        (api == CODE_OIDC &&
         (token_text(code->device_code) < 0 || token_user_code(code->user_code) < 0)) ||
        token_uuid(code->qr_id) < 0)
        return IDQ_SYSTEM;
    note(codes, api_events[api].made, code);
    *ret_code = code;
    return 0;
}

/* The code whose name, `offset` bytes into the struct, is `name`. */
static struct code *
find(struct codes *codes, size_t offset, const char *name)
{
    for (size_t i = 0; i < CODES_MAX; i++) {
        struct code *code = &codes->slots[i];

        if (code->qr_id[0] && name[0] && strcmp((const char *)code + offset, name) == 0)
            return code;
    }
    return NULL;
}

struct code *
codes_by_qr_id(struct codes *codes, enum code_api api, const char *qr_id)
{
    struct code *code = find(codes, offsetof(struct code, qr_id), qr_id);

    return code && code->api == api ? code : NULL;
}

struct code *
codes_by_reference(struct codes *codes, const char *reference)
{
    return find(codes, offsetof(struct code, reference), reference);
}

struct code *
codes_by_device_code(struct codes *codes, const char *device_code)
{
    return find(codes, offsetof(struct code, device_code), device_code);
}

struct code *
codes_by_user_code(struct codes *codes, const char *user_code)
{
    return find(codes, offsetof(struct code, user_code), user_code);
}

struct code *
codes_by_picture(struct codes *codes, const char *picture_id)
{
    return find(codes, offsetof(struct code, picture_id), picture_id);
}

struct code *
codes_by_transaction(struct codes *codes, const char *transaction_id)
{
    return find(codes, offsetof(struct code, transaction_id), transaction_id);
}

struct code *
codes_by_path(struct codes *codes, const char *path)
{
    return find(codes, offsetof(struct code, path), path);
}

void
code_picture_fetched(struct codes *codes, struct code *code)
{
    code->picture_fetched = 1;
    code->changes++;
    note(codes, EVENT_PICTURE, code);
}

int
code_scan(struct codes *codes, struct code *code, struct visit **ret_visit)
{
    struct visit *visit = &code->visits[code->scans % CODE_VISITS_MAX];

    if (!is_unfinished(code) || (code->use == CODE_USE_LOGIN && code->scans >= CODE_SCANS_LOGIN))
        return IDQ_EXPIRED;
    *visit = (struct visit){.step = VISIT_BANK};
    if (token_text(visit->form_token) < 0 || token_text(visit->id) < 0)
        return IDQ_SYSTEM;
    code->scans++;
    set_status(code, CODE_PENDING);
    note(codes, EVENT_SCANNED, code);
    *ret_visit = visit;
    return 0;
}

struct visit *
code_find_visit(struct code *code, const char *id)
{
    for (size_t i = 0; i < CODE_VISITS_MAX; i++)
        if (code->visits[i].id[0] && strcmp(code->visits[i].id, id) == 0)
            return &code->visits[i];
    return NULL;
}

/* Whether a visit that must have come to `least` may take a step now. */
static int
check_turn(const struct code *code, const struct visit *visit, enum visit_step least)
{
    if (code->status != CODE_PENDING)
        return IDQ_EXPIRED;
    return visit->step >= least && visit->step <= VISIT_CONFIRM ? 0 : IDQ_REFUSED;
}

int
code_choose_bank(struct codes *codes, struct code *code, struct visit *visit,
                 const struct bank *bank)
{
    int error = check_turn(code, visit, VISIT_BANK);

    if (error < 0)
        return error;
    visit->bank = bank;
    visit->person = NULL;
    visit->step = VISIT_PERSON;
    note(codes, EVENT_BANK, code);
    return 0;
}

int
code_choose_person(const struct code *code, struct visit *visit, const struct person *person)
{
    int error = check_turn(code, visit, VISIT_PERSON);

    if (error < 0)
        return error;
    visit->person = person;
    visit->step = VISIT_CONFIRM;
    return 0;
}

int
code_approve(struct codes *codes, struct code *code, struct visit *visit)
{
    int error = check_turn(code, visit, VISIT_CONFIRM);

    if (error < 0)
        return error;
    if ((code->api != CODE_ACQUIRER &&
         token_digits(code->transaction_id, CODE_TRANSACTION_SIZE - 1) < 0) ||
        person_bin(visit->person, visit->bank, code->bin) < 0)
        return IDQ_SYSTEM;
    if (code->asks_number && token_digits(code->number, CODE_NUMBER_SIZE - 1) < 0)
        return IDQ_SYSTEM;
    code->issuer = visit->bank;
    code->tries_left = CODE_NUMBER_TRIES;
    visit->step = code->asks_number ? VISIT_NUMBER : VISIT_APPROVED;
    set_status(code, code->asks_number ? CODE_NUMBER : CODE_SUCCESS);
    code->approved_ms = codes->now_ms;
    note(codes, EVENT_APPROVED, code);
    return 0;
}

int
code_refuse(struct codes *codes, struct code *code, struct visit *visit)
{
    bool has_number = code->status == CODE_NUMBER && visit->step == VISIT_NUMBER;
    int error = has_number ? 0 : check_turn(code, visit, VISIT_BANK);

    if (error < 0)
        return error;
    visit->step = VISIT_REFUSED;
    set_status(code, CODE_REFUSED);
    note(codes, EVENT_REFUSED, code);
    return 0;
}

void
code_take_number(struct codes *codes, struct code *code, const char number[CODE_NUMBER_SIZE])
{
    bool is_right;

    if (code->status != CODE_NUMBER)
        return;
    is_right = secret_equal_bytes(number, code->number, sizeof code->number);
    note(codes, is_right ? EVENT_NUMBER : EVENT_WRONG_NUMBER, code);
    if (is_right)
        set_status(code, CODE_SUCCESS);
    else if (--code->tries_left == 0)
        set_status(code, CODE_WRONG_NUMBER);
}

void
code_cancel(struct codes *codes, struct code *code)
{
    if (is_unfinished(code) || (code->status == CODE_SUCCESS && code->told != CODE_SUCCESS)) {
        set_status(code, CODE_CANCELLED);
    }
    note(codes, EVENT_CANCEL, code);
}

void
code_end(struct codes *codes, struct code *code, enum code_status status)
{
    if (!is_unfinished(code))
        return;
    set_status(code, status);
    if (status == CODE_EXPIRED)
        note(codes, EVENT_EXPIRED, code);
}

bool
code_has_no_news(const struct code *code)
{
    return is_unfinished(code) && code->status == code->told;
}

void
code_told(struct codes *codes, struct code *code)
{
    bool is_delivered = code->status == CODE_SUCCESS && code->told != CODE_SUCCESS;

    code->told = code->status;
    note(codes, api_events[code->api].told, code);
    if (!is_delivered)
        return;
    note(codes, EVENT_DELIVERED, code);
    if (code->api == CODE_SIGNICAT)
        return;
    set_status(code, CODE_USED);
}

const char *
code_status_word(enum code_status status)
{
    switch (status) {
    case CODE_OPEN:
        return "open";
    case CODE_PENDING:
        return "pending";
    case CODE_NUMBER:
        return "number";
    case CODE_SUCCESS:
        return "success";
    case CODE_REFUSED:
    case CODE_CANCELLED:
        return "cancelled";
    case CODE_EXPIRED:
    case CODE_USED:
        return "expired";
    case CODE_FAILURE:
        return "failure";
    case CODE_WRONG_NUMBER:
        return "wrong-number";
    }
    return "failure";
}
