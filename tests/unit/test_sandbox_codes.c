/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a code, from one end to each of the others, on a clock of the test's own. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/codes.h"
#include "pam_idinqr/sandbox/sandbox.h"
#include "tests/harness/runner.h"

#include <string.h>

#define START_MS    1000
#define LIFETIME_MS 60000

/* Each test has its own sandbox, because Check runs it in a separate process. */
static struct sandbox *sandbox;
static struct codes *codes;

static void
begin(void)
{
    sandbox = sandbox_new(START_MS);
    ck_assert_ptr_nonnull(sandbox);
    codes = &sandbox->codes;
}

static void
end(void)
{
    sandbox_free(&sandbox);
}

static struct code *
add(enum code_use use)
{
    struct code *code;

    ck_assert_int_eq(codes_add(codes, CODE_IDIN_QR, use, LIFETIME_MS, &code), 0);
    return code;
}

static struct visit *
scan(struct code *code)
{
    struct visit *visit;

    ck_assert_int_eq(code_scan(codes, code, &visit), 0);
    return visit;
}

static struct visit *
scan_up_to_confirm(struct code *code)
{
    struct visit *visit = scan(code);

    ck_assert_int_eq(code_choose_bank(codes, code, visit, bank_find("noord")), 0);
    ck_assert_int_eq(code_choose_person(code, visit, person_find("anna")), 0);
    return visit;
}

TEST_CASE("codes", .setup = begin, .teardown = end);

TEST(is_told_once)
{
    struct code *code = add(CODE_USE_LOGIN);

    ck_assert_int_eq(code->status, CODE_OPEN);
    ck_assert_int_eq(code_has_no_news(code), 1);
    ck_assert_int_eq(code_approve(codes, code, scan_up_to_confirm(code)), 0);
    ck_assert_str_eq(code_status_word(code->status), "success");
    ck_assert_str_eq(code->bin, "NLTSTN3333fe571d5e53ae9f88");
    ck_assert_uint_eq(strspn(code->transaction_id, "0123456789"), 16);
    ck_assert_int_eq(code_has_no_news(code), 0);
    code_told(codes, code);
    ck_assert_str_eq(code_status_word(code->status), "expired");
    ck_assert_str_eq(code->bin, "");
    code_told(codes, code);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DELIVERED], 1);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_STATUS], 2);
}

TEST(has_three_names_of_its_own)
{
    struct code *one = add(CODE_USE_LOGIN), *other = add(CODE_USE_LOGIN);

    ck_assert_ptr_eq(codes_by_qr_id(codes, CODE_IDIN_QR, one->qr_id), one);
    ck_assert_ptr_eq(codes_by_picture(codes, one->picture_id), one);
    ck_assert_ptr_eq(codes_by_path(codes, one->path), one);
    ck_assert_str_ne(one->qr_id, one->picture_id);
    ck_assert_str_ne(one->path, other->path);
    ck_assert_ptr_null(codes_by_picture(codes, one->qr_id));
    ck_assert_ptr_null(codes_by_qr_id(codes, CODE_IDIN_QR, "")); /* the name of a free slot */
    ck_assert_ptr_null(code_find_visit(one, ""));
}

TEST(belongs_to_one_api)
{
    struct code *code = add(CODE_USE_LOGIN), *session, *device;

    ck_assert_int_eq(codes_add(codes, CODE_SIGNICAT, CODE_USE_LOGIN, LIFETIME_MS, &session), 0);
    ck_assert_int_eq(codes_add(codes, CODE_OIDC, CODE_USE_LOGIN, LIFETIME_MS, &device), 0);
    ck_assert_ptr_null(codes_by_qr_id(codes, CODE_SIGNICAT, code->qr_id));
    ck_assert_ptr_null(codes_by_qr_id(codes, CODE_IDIN_QR, session->qr_id));
    ck_assert_ptr_eq(codes_by_qr_id(codes, CODE_SIGNICAT, session->qr_id), session);
    ck_assert_ptr_eq(codes_by_device_code(codes, device->device_code), device);
    ck_assert_ptr_eq(codes_by_user_code(codes, device->user_code), device);
    ck_assert_ptr_null(codes_by_device_code(codes, "")); /* what the others have */
    ck_assert_ptr_null(codes_by_user_code(codes, ""));
    ck_assert_uint_eq(sandbox->events.counts[EVENT_GENERATE], 1);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SESSION], 1);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DEVICE], 1);
}

TEST(takes_steps_in_their_order)
{
    struct code *code = add(CODE_USE_LOGIN);
    struct visit *visit = scan(code);

    ck_assert_int_eq(code_choose_person(code, visit, person_at(0)), IDQ_REFUSED);
    ck_assert_int_eq(code_approve(codes, code, visit), IDQ_REFUSED);
    ck_assert_int_eq(code_choose_bank(codes, code, visit, bank_at(0)), 0);
    ck_assert_int_eq(code_approve(codes, code, visit), IDQ_REFUSED);
    ck_assert_int_eq(code_choose_person(code, visit, person_at(0)), 0);
    /* Another bank after all: the person has to be chosen again too. */
    ck_assert_int_eq(code_choose_bank(codes, code, visit, bank_at(1)), 0);
    ck_assert_int_eq(code_approve(codes, code, visit), IDQ_REFUSED);
    ck_assert_int_eq(code->status, CODE_PENDING);
}

TEST(is_approved_by_one_visit_only)
{
    struct code *code = add(CODE_USE_LOGIN);
    struct visit *first = scan_up_to_confirm(code), *second = scan_up_to_confirm(code);

    ck_assert_str_ne(first->id, second->id);
    ck_assert_str_ne(first->form_token, second->form_token);
    ck_assert_int_eq(code_approve(codes, code, second), 0);
    ck_assert_int_eq(code_approve(codes, code, first), IDQ_EXPIRED);
    ck_assert_int_eq(code_approve(codes, code, second), IDQ_EXPIRED);
    ck_assert_int_eq(code_refuse(codes, code, first), IDQ_EXPIRED);
    ck_assert_int_eq(code->status, CODE_SUCCESS);
}

TEST(is_scanned_four_times)
{
    struct code *login = add(CODE_USE_LOGIN), *many = add(CODE_USE_MANY);
    struct visit *visit;

    for (int i = 0; i < CODE_SCANS_LOGIN; i++)
        scan(login);
    ck_assert_int_eq(code_scan(codes, login, &visit), IDQ_EXPIRED);
    ck_assert_uint_eq(login->scans, CODE_SCANS_LOGIN);
    ck_assert_int_eq(login->status, CODE_PENDING); /* the earlier visits may go on */
    for (int i = 0; i < 3 * CODE_VISITS_MAX; i++)
        scan(many);
}

TEST(expires)
{
    struct code *open = add(CODE_USE_LOGIN), *pending = add(CODE_USE_LOGIN);
    struct visit *visit = scan_up_to_confirm(pending), *late;

    ck_assert_int_eq(codes_next_expiry_ms(codes), START_MS + LIFETIME_MS);
    codes_tick(codes, START_MS + LIFETIME_MS - 1);
    ck_assert_int_eq(open->status, CODE_OPEN);
    codes_tick(codes, START_MS + LIFETIME_MS);
    ck_assert_int_eq(open->status, CODE_EXPIRED);
    ck_assert_int_eq(code_has_no_news(open), 0);
    ck_assert_int_eq(code_approve(codes, pending, visit), IDQ_EXPIRED);
    ck_assert_int_eq(code_scan(codes, open, &late), IDQ_EXPIRED);
    ck_assert_int_eq(codes_next_expiry_ms(codes), -1);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_EXPIRED], 2);
}

TEST(is_cancelled)
{
    struct code *code = add(CODE_USE_LOGIN), *refused = add(CODE_USE_LOGIN);

    ck_assert_int_eq(code_approve(codes, code, scan_up_to_confirm(code)), 0);
    code_cancel(codes, code); /* the merchant was not told: the success is withdrawn */
    ck_assert_int_eq(code->status, CODE_CANCELLED);
    ck_assert_str_eq(code->bin, "");
    ck_assert_int_eq(code_refuse(codes, refused, scan(refused)), 0);
    ck_assert_int_eq(refused->status, CODE_REFUSED);
    ck_assert_str_eq(code_status_word(refused->status), "cancelled");
    codes_tick(codes, START_MS + LIFETIME_MS);
    ck_assert_int_eq(refused->status, CODE_REFUSED);
}

TEST(makes_way_when_finished)
{
    struct code *first = add(CODE_USE_LOGIN), *code;
    char qr_id[TOKEN_UUID_SIZE];

    memcpy(qr_id, first->qr_id, sizeof qr_id);
    for (int i = 1; i < CODES_MAX; i++)
        add(CODE_USE_LOGIN);
    ck_assert_int_eq(codes_add(codes, CODE_IDIN_QR, CODE_USE_LOGIN, LIFETIME_MS, &code), IDQ_BUSY);
    code_cancel(codes, first);
    ck_assert_ptr_eq(codes_by_qr_id(codes, CODE_IDIN_QR, qr_id), first);
    code = add(CODE_USE_LOGIN);
    ck_assert_ptr_null(codes_by_qr_id(codes, CODE_IDIN_QR, qr_id));
    ck_assert_int_eq(code->status, CODE_OPEN);
    ck_assert_uint_eq(code->scans, 0);
}

/* A request that waits for a code must not wake up for another code, and must not miss a change. */
TEST(changes_are_its_own)
{
    struct code *code = add(CODE_USE_LOGIN), *other = add(CODE_USE_LOGIN);
    uint64_t before = code->changes, others = other->changes;

    code_approve(codes, code, scan_up_to_confirm(code));
    ck_assert_uint_eq(code->changes, before + 2); /* scanned, approved */
    ck_assert_uint_eq(other->changes, others);
    for (int i = 2; i < CODES_MAX; i++)
        add(CODE_USE_LOGIN);
    code_cancel(codes, code);
    before = code->changes;
    ck_assert_ptr_eq(add(CODE_USE_LOGIN), code); /* another code in its place */
    ck_assert_uint_gt(code->changes, before);
}

TEST(is_approved_by_itself_step_by_step)
{
    struct code *code = add(CODE_USE_LOGIN);

    sandbox->auto_person = person_find("bram");
    sandbox->auto_bank = bank_find("demo");
    sandbox_auto_step(sandbox, code);
    ck_assert_int_eq(code->status, CODE_OPEN); /* the picture was not fetched yet */
    code_picture_fetched(codes, code);
    sandbox_auto_step(sandbox, code);
    ck_assert_int_eq(code->status, CODE_PENDING);
    sandbox_auto_step(sandbox, code);
    ck_assert_int_eq(code->status, CODE_PENDING); /* the merchant does not know yet */
    code_told(codes, code);
    sandbox_auto_step(sandbox, code);
    ck_assert_int_eq(code->status, CODE_SUCCESS);
    ck_assert_str_eq(code->issuer->id, "demo");
}

TEST(is_left_to_a_phone_that_was_first)
{
    struct code *code = add(CODE_USE_LOGIN);

    sandbox->auto_person = person_find("bram");
    sandbox->auto_bank = bank_find("demo");
    code_picture_fetched(codes, code);
    scan_up_to_confirm(code);
    code_told(codes, code);
    sandbox_auto_step(sandbox, code);
    ck_assert_int_eq(code->status, CODE_PENDING);
}

static const struct {
    const char *fault;
    enum code_status status;
} ends[] = {
    {"status-expired", CODE_EXPIRED},
    {"status-failure", CODE_FAILURE},
    {"status-cancelled", CODE_CANCELLED},
};

LOOP_TEST(ends_by_a_fault_when_scanned, ARRAY_LENGTH(ends))
{
    struct code *code = add(CODE_USE_LOGIN);
    struct visit *visit;

    ck_assert_int_eq(faults_enable(&sandbox->faults, "no-such-fault"), IDQ_CONFIG);
    ck_assert_int_eq(faults_enable(&sandbox->faults, ends[_i].fault), 0);
    ck_assert_int_eq(sandbox_scan(sandbox, code, &visit), 0);
    ck_assert_int_eq(code->status, ends[_i].status);
}

/* A code that was approved, and asks for the number. */
static struct code *
approve_with_number(struct visit **ret_visit)
{
    struct code *code = add(CODE_USE_LOGIN);

    code->asks_number = true;
    *ret_visit = scan_up_to_confirm(code);
    ck_assert_int_eq(code_approve(codes, code, *ret_visit), 0);
    ck_assert_int_eq((*ret_visit)->step, VISIT_NUMBER);
    ck_assert_str_eq(code_status_word(code->status), "number");
    ck_assert_uint_eq(strspn(code->number, "0123456789"), CODE_NUMBER_SIZE - 1);
    return code;
}

static void
type_wrong(struct code *code)
{
    char number[CODE_NUMBER_SIZE];

    memcpy(number, code->number, sizeof number);
    number[0] = number[0] == '0' ? '1' : '0';
    code_take_number(codes, code, number);
}

TEST(a_number_confirms_an_approval)
{
    struct visit *visit;
    struct code *code = approve_with_number(&visit);
    char number[CODE_NUMBER_SIZE];

    memcpy(number, code->number, sizeof number);
    type_wrong(code);
    type_wrong(code);
    ck_assert_str_eq(code_status_word(code->status), "number");
    ck_assert_uint_eq(code->tries_left, 1);
    code_take_number(codes, code, number);
    ck_assert_str_eq(code_status_word(code->status), "success");
    ck_assert_str_eq(code->bin, "NLTSTN3333fe571d5e53ae9f88");
    ck_assert_str_eq(code->number, "");
    code_take_number(codes, code,
                     (char[CODE_NUMBER_SIZE]){""}); /* which is now the number, of nothing */
    ck_assert_str_eq(code_status_word(code->status), "success");
}

TEST(three_wrong_numbers_end_a_code)
{
    struct visit *visit;
    struct code *code = approve_with_number(&visit);
    char number[CODE_NUMBER_SIZE];

    memcpy(number, code->number, sizeof number);
    for (int i = 0; i < CODE_NUMBER_TRIES; i++)
        type_wrong(code);
    ck_assert_str_eq(code_status_word(code->status), "wrong-number");
    ck_assert_str_eq(code->bin, "");
    code_take_number(codes, code, number);
    ck_assert_str_eq(code_status_word(code->status), "wrong-number");
    ck_assert_int_eq(code_refuse(codes, code, visit), IDQ_EXPIRED);
}

TEST(not_me_ends_a_code)
{
    struct visit *visit, *other;
    struct code *code = add(CODE_USE_LOGIN);

    other = scan_up_to_confirm(code);
    code->asks_number = true;
    visit = scan_up_to_confirm(code);
    ck_assert_int_eq(code_approve(codes, code, visit), 0);
    ck_assert_int_eq(code_refuse(codes, code, other), IDQ_EXPIRED); /* it shows no number */
    ck_assert_int_eq(code_approve(codes, code, other), IDQ_EXPIRED);
    ck_assert_int_eq(code_refuse(codes, code, visit), 0);
    ck_assert_str_eq(code_status_word(code->status), "cancelled");
    ck_assert_str_eq(code->bin, "");
    ck_assert_str_eq(code->number, "");
}

/* Nothing of the person is kept by a code that ends at the number. */
LOOP_TEST(a_code_that_ends_at_the_number, 2)
{
    struct visit *visit;
    struct code *code = approve_with_number(&visit);

    if (_i == 0)
        codes_tick(codes, START_MS + LIFETIME_MS);
    else
        code_cancel(codes, code);
    ck_assert_str_eq(code_status_word(code->status), _i == 0 ? "expired" : "cancelled");
    ck_assert_str_eq(code->bin, "");
    ck_assert_str_eq(code->number, "");
}

RUN_TESTS("sandbox_codes", NULL);
