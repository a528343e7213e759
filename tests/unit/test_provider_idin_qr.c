/* The flow of the provider idin-qr, against a transport that answers from a script: what is asked
 * of whom and in which order, and what each kind of answer makes of the login. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/scripted_transport.h"

#include <string.h>
#include <sys/socket.h>

#define QR_ID        "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab"
#define PAYLOAD      "https://qrcode.idin.nl/q/abcdefghijklmnopqrstuv"
#define GENERATED    "{\"qr_id\":\"" QR_ID "\",\"qr_url\":\"https://qrcode.idin.nl/qrcode/x.png\"}"
#define STATUS(word) "{\"qr_id\":\"" QR_ID "\",\"status\":\"" word "\"}"
#define SUCCESS      "{\"qr_id\":\"" QR_ID "\",\"status\":\"success\",\"bin\":\"NLTEST1\"}"

static struct start_message start;
static struct link wire;
static struct provider_context context;
static void *state;
static struct qr_message qr;
static int first_ms; /* before the first look */

static void
set(const char *keyword, const char *value)
{
    size_t i = 0;

    while (i < start.n_settings && strcmp(start.settings[i].keyword, keyword) != 0)
        i++;
    if (i == start.n_settings)
        start.n_settings++;
    strcpy(start.settings[i].keyword, keyword);
    strcpy(start.settings[i].value, value);
}

static void
set_up(void)
{
    int ends[2];

    /* The other end stays open, and what is logged stays in the socket. */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    wire = (struct link){.socket = ends[1]};
    start = (struct start_message){.timeout_ms = 120000};
    set("qr_backend_url", "https://backend.example/generate");
    set("merchant_token", "token");
    set("merchant_sub_id", "7");
    set("signing_key", SCRIPT_KEY);
    set("signing_key_encoding", "text");
    set("status_url", "https://desk.example/status");
    set("cancel_url", "https://desk.example/cancel");
    set("qr_hosts", "qrcode.idin.nl");
    set("long_poll", "25");
    set("poll_interval", "2");
    script.picture = (struct qr_png_options){.payload = PAYLOAD, .module_px = 6, .quiet = 4};
    context = (struct provider_context){
        .start = &start, .link = &wire, .deadline_ms = clock_ms() + 120000};
    script_answer(GENERATED);
    script_answer(NULL);
}

static void
tear_down(void)
{
    provider_idin_qr.end(&state);
    ck_assert_ptr_null(state);
}

static int
start_it(void)
{
    return provider_idin_qr.start(&context, &state, &qr, &first_ms);
}

static void
must_not_start(int error)
{
    ck_assert_int_eq(start_it(), error);
}

static int
poll_it(struct provider_status *ret_status)
{
    return provider_idin_qr.poll(state, ret_status);
}

START_TEST(a_code_is_asked_for_and_drawn)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(qr.payload, PAYLOAD);
    ck_assert_uint_eq(qr.lifetime_s, 120);
    ck_assert_uint_ge(qr.size, QR_SIZE_MIN);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_str_eq(script.asked[0].url, "https://backend.example/generate");
    ck_assert_ptr_nonnull(strstr(script.asked[0].body, "\"merchant_token\":\"token\""));
    ck_assert_ptr_nonnull(strstr(script.asked[0].body, "\"merchant_sub_id\":7"));
    ck_assert_str_eq(script.asked[1].url, "https://qrcode.idin.nl/qrcode/x.png");
    ck_assert_str_eq(script.asked[1].body, ""); /* a GET, without the token */
}
END_TEST

START_TEST(lifetime_keeps_to_the_protocol)
{
    start.timeout_ms = 5000;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(qr.lifetime_s, 60);
    provider_idin_qr.end(&state);
    script.n_asked = 0;
    start.timeout_ms = 3600000;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(qr.lifetime_s, 900);
}
END_TEST

START_TEST(generate_signature)
{
    static const int how[] = {0, -1, 2};

    script.answers[0].signed_how = how[_i];
    must_not_start(IDQ_SIGNATURE);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(signature_comes_before_json)
{
    script.answers[0].body = "{ not JSON";
    script.answers[0].signed_how = 0;
    must_not_start(IDQ_SIGNATURE);
}
END_TEST

START_TEST(generate_http_status)
{
    static const struct {
        long status;
        int error;
    } cases[] = {{401, IDQ_MERCHANT},    {403, IDQ_MERCHANT},    {429, IDQ_BUSY},
                 {408, IDQ_UNREACHABLE}, {500, IDQ_UNREACHABLE}, {503, IDQ_UNREACHABLE},
                 {400, IDQ_REPLY},       {302, IDQ_REPLY},       {201, IDQ_REPLY}};

    script.answers[0].status = cases[_i].status;
    must_not_start(cases[_i].error);
}
END_TEST

/* A login of 120 seconds, for which the protocol allows 60 to 900. */
START_TEST(a_refusal_that_our_clock_explains)
{
    static const struct {
        long status, clock_ahead_s;
        int error;
    } cases[] = {{400, -121, IDQ_CLOCK}, {422, -120, IDQ_CLOCK},      {400, 3600, IDQ_CLOCK},
                 {400, 781, IDQ_CLOCK},  {400, -119, IDQ_REPLY},      {400, 780, IDQ_REPLY},
                 {400, 0, IDQ_REPLY},    {302, 3600, IDQ_REPLY},      {403, 3600, IDQ_MERCHANT},
                 {429, 3600, IDQ_BUSY},  {500, 3600, IDQ_UNREACHABLE}};

    script.answers[0].status = cases[_i].status;
    script.answers[0].clock_ahead_s = cases[_i].clock_ahead_s;
    must_not_start(cases[_i].error);
}
END_TEST

START_TEST(a_wrong_clock_alone_refuses_nothing)
{
    script.answers[0].clock_ahead_s = 3600;
    ck_assert_int_eq(start_it(), 0);
}
END_TEST

/* The script: an answer that asks for patience, then the usual ones. */
static void
put_off(long retry_after_s)
{
    script.n_answers = 0;
    script_answer("")->status = 429;
    script.answers[0].retry_after_s = retry_after_s;
    script_answer(GENERATED);
    script_answer(NULL);
}

START_TEST(generate_is_asked_again_when_told)
{
    int64_t start_ms = clock_ms();

    put_off(1);
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_int_ge(clock_ms() - start_ms, 1000);
}
END_TEST

START_TEST(generate_is_not_asked_again)
{
    static const long retry_after_s[] = {-1, 11, 3600};

    put_off(retry_after_s[_i]);
    must_not_start(IDQ_BUSY);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(no_patience_beyond_the_deadline)
{
    context.deadline_ms = clock_ms() + 2900;
    put_off(3);
    must_not_start(IDQ_BUSY);
}
END_TEST

START_TEST(patience_ends_with_the_module)
{
    wire.cancelled = 1;
    put_off(5);
    must_not_start(IDQ_CANCELLED);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(generate_must_be_json)
{
    script.answers[0].content_type = "text/html";
    must_not_start(IDQ_REPLY);
}
END_TEST

START_TEST(generate_fails)
{
    script.answers[0].status = 0;
    script.answers[0].error = IDQ_TLS;
    must_not_start(IDQ_TLS);
}
END_TEST

START_TEST(picture_from_another_host)
{
    script.answers[0].body = "{\"qr_id\":\"" QR_ID "\",\"qr_url\":\"https://evil.example/x.png\"}";
    must_not_start(IDQ_HOST);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(picture_without_tls)
{
    script.answers[0].body = "{\"qr_id\":\"" QR_ID "\",\"qr_url\":\"http://qrcode.idin.nl/x.png\"}";
    must_not_start(IDQ_HOST);
}
END_TEST

START_TEST(picture_from_the_backend_itself)
{
    script.answers[0].body =
        "{\"qr_id\":\"" QR_ID "\",\"qr_url\":\"https://backend.example/x.png\"}";
    ck_assert_int_eq(start_it(), 0);
}
END_TEST

START_TEST(picture_from_another_port_of_the_backend)
{
    script.answers[0].body =
        "{\"qr_id\":\"" QR_ID "\",\"qr_url\":\"https://backend.example:8443/x.png\"}";
    must_not_start(IDQ_HOST);
}
END_TEST

START_TEST(picture_signature_may_be_absent_but_not_wrong)
{
    script.answers[1].signed_how = 1;
    ck_assert_int_eq(start_it(), 0);
    provider_idin_qr.end(&state);
    script.n_asked = 0;
    script.answers[1].signed_how = -1;
    must_not_start(IDQ_SIGNATURE);
}
END_TEST

START_TEST(picture_that_is_none)
{
    script.answers[1].content_type = "text/html";
    must_not_start(IDQ_PICTURE);
    provider_idin_qr.end(&state);
    script.n_asked = 0;
    script.answers[1].content_type = "image/png";
    script.answers[1].status = 404;
    must_not_start(IDQ_PICTURE);
    provider_idin_qr.end(&state);
    script.n_asked = 0;
    script.answers[1].status = 200;
    script.answers[1].body = "GIF89a";
    must_not_start(IDQ_PICTURE);
}
END_TEST

START_TEST(code_that_leads_elsewhere)
{
    static const char *const payloads[] = {
        "https://evil.example/q/abc",
        "https://qrcode.idin.nl.evil.example/q",
        "https://qrcode.idin.nl:8443/q/abc",
        "https://qrcode.idin.nl@evil.example/",
        "http://qrcode.idin.nl/q/abcdef",
        "https://backend.example/q/abc", /* may serve the picture, and nothing more */
        "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab",
    };

    script.picture.payload = payloads[_i];
    must_not_start(IDQ_HOST);
}
END_TEST

START_TEST(keys)
{
    set("signing_key_encoding", "hex");
    set("signing_key", "30313233343536373839616263646566"); /* the same bytes */
    ck_assert_int_eq(start_it(), 0);
    provider_idin_qr.end(&state);
    set("signing_key", "3");
    must_not_start(IDQ_CONFIG);
}
END_TEST

/* A backend that holds its answer may be asked at once; any other would have nothing to say. */
START_TEST(the_first_look)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_int_eq(first_ms, 0);
    provider_idin_qr.end(&state);
    script.n_asked = 0;
    set("long_poll", "0");
    ck_assert_int_eq(start_it(), 0);
    ck_assert_int_eq(first_ms, 2000);
}
END_TEST

START_TEST(a_change_is_followed_by_another_look_at_once)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer(STATUS("pending"));
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, PROVIDER_SCANNED);
    ck_assert_int_eq(status.next_ms, 0);
    ck_assert_str_eq(script.asked[2].url, "https://desk.example/status");
    ck_assert_str_eq(script.asked[2].body,
                     "{\"merchant_token\":\"token\",\"qr_id\":\"" QR_ID "\",\"wait\":25}");
    ck_assert_int_eq(script.asked[2].timeout_ms, 35000);
}
END_TEST

START_TEST(an_unchanged_answer_that_was_not_held_is_paced)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer(STATUS("open"));
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, PROVIDER_OPEN);
    ck_assert_int_gt(status.next_ms, 0);
    ck_assert_int_le(status.next_ms, 2000);
}
END_TEST

START_TEST(without_long_poll_nothing_is_held)
{
    struct provider_status status;

    set("long_poll", "0");
    ck_assert_int_eq(start_it(), 0);
    script_answer(STATUS("open"));
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[2].body, "\"wait\":0"));
    ck_assert_int_eq(script.asked[2].timeout_ms, 10000);
}
END_TEST

START_TEST(waiting_ends_with_the_login)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    context.deadline_ms = clock_ms() + 5900;
    script_answer(STATUS("open"))->retry_after_s = 3600;
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_ptr_null(strstr(script.asked[2].body, "\"wait\":25"));
    ck_assert_int_le(script.asked[2].timeout_ms, 5900);
    ck_assert_int_le(status.next_ms, 5900);
    ck_assert_int_gt(status.next_ms, 2000);
}
END_TEST

START_TEST(the_backend_may_ask_for_patience)
{
    struct provider_status status;
    struct scripted_answer *answer;

    ck_assert_int_eq(start_it(), 0);
    script_answer("{\"qr_id\":\"" QR_ID "\",\"status\":\"open\",\"retry_after\":30}");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_ge(status.next_ms, 30000);
    answer = script_answer("busy");
    answer->status = 429;
    answer->signed_how = 0;
    answer->retry_after_s = 40;
    ck_assert_int_eq(poll_it(&status), IDQ_BUSY);
    ck_assert_int_ge(status.next_ms, 40000);
    answer = script_answer("");
    answer->status = 0;
    answer->error = IDQ_UNREACHABLE;
    ck_assert_int_eq(poll_it(&status), IDQ_UNREACHABLE);
    ck_assert_int_gt(status.next_ms, 0);
    ck_assert_int_le(status.next_ms, 2000);
}
END_TEST

START_TEST(the_state_never_goes_back)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer(STATUS("pending"));
    ck_assert_int_eq(poll_it(&status), 0);
    script_answer(STATUS("open"));
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, PROVIDER_SCANNED);
    ck_assert_int_gt(status.next_ms, 0);
}
END_TEST

START_TEST(success_is_told)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer(SUCCESS);
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_str_eq(status.result.subject, "NLTEST1");
}
END_TEST

START_TEST(success_needs_its_signature)
{
    static const int how[] = {0, -1, 2};
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer(SUCCESS)->signed_how = how[_i];
    ck_assert_int_eq(poll_it(&status), IDQ_SIGNATURE);
    ck_assert_int_ne(status.state, PROVIDER_DONE);
    ck_assert_str_eq(status.result.subject, "");
}
END_TEST

START_TEST(success_under_another_http_status_is_none)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer(SUCCESS)->status = 202;
    ck_assert_int_eq(poll_it(&status), IDQ_REPLY);
    ck_assert_str_eq(status.result.subject, "");
}
END_TEST

START_TEST(success_of_another_code_is_refused)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_answer("{\"qr_id\":\"6f2b6c1e-0f7e-4b0e-9a3e-0123456789ac\",\"status\":\"success\","
                  "\"bin\":\"NLTEST1\"}");
    ck_assert_int_eq(poll_it(&status), IDQ_OTHER_CODE);
    ck_assert_str_eq(status.result.subject, "");
}
END_TEST

START_TEST(cancel_is_told)
{
    ck_assert_int_eq(start_it(), 0);
    script_answer("{}")->status = 500; /* changes nothing */
    provider_idin_qr.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[2].url, "https://desk.example/cancel");
    ck_assert_str_eq(script.asked[2].body,
                     "{\"merchant_token\":\"token\",\"qr_id\":\"" QR_ID "\"}");
    ck_assert_int_eq(script.asked[2].timeout_ms, 1500);
    ck_assert_int_eq(script.asked[2].uncancelled, 1);
}
END_TEST

START_TEST(cancel_without_a_code_or_a_url_is_silent)
{
    script.answers[0].status = 500;
    must_not_start(IDQ_UNREACHABLE);
    provider_idin_qr.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 1);
    provider_idin_qr.end(&state);
    provider_idin_qr.cancel(state, 1500); /* the state of a start without memory */
    script.n_asked = 0;
    script.answers[0].status = 200;
    set("cancel_url", "");
    ck_assert_int_eq(start_it(), 0);
    provider_idin_qr.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 2);
}
END_TEST

START_TEST(found_by_its_name)
{
    ck_assert_ptr_eq(provider_find("idin-qr"), &provider_idin_qr);
    ck_assert_ptr_null(provider_find("idin"));
    ck_assert_ptr_null(provider_find(""));
}
END_TEST

static Suite *
provider_idin_qr_suite(void)
{
    Suite *suite = suite_create("provider_idin_qr");
    TCase *starts = tcase_create("start"), *polls = tcase_create("poll"),
          *cancels = tcase_create("cancel");

    tcase_add_checked_fixture(starts, set_up, tear_down);
    tcase_add_test(starts, found_by_its_name);
    tcase_add_test(starts, a_code_is_asked_for_and_drawn);
    tcase_add_test(starts, lifetime_keeps_to_the_protocol);
    tcase_add_loop_test(starts, generate_signature, 0, 3);
    tcase_add_test(starts, signature_comes_before_json);
    tcase_add_loop_test(starts, generate_http_status, 0, 9);
    tcase_add_loop_test(starts, a_refusal_that_our_clock_explains, 0, 11);
    tcase_add_test(starts, a_wrong_clock_alone_refuses_nothing);
    tcase_add_test(starts, generate_is_asked_again_when_told);
    tcase_add_loop_test(starts, generate_is_not_asked_again, 0, 3);
    tcase_add_test(starts, no_patience_beyond_the_deadline);
    tcase_add_test(starts, patience_ends_with_the_module);
    tcase_add_test(starts, generate_must_be_json);
    tcase_add_test(starts, generate_fails);
    tcase_add_test(starts, picture_from_another_host);
    tcase_add_test(starts, picture_without_tls);
    tcase_add_test(starts, picture_from_the_backend_itself);
    tcase_add_test(starts, picture_from_another_port_of_the_backend);
    tcase_add_test(starts, picture_signature_may_be_absent_but_not_wrong);
    tcase_add_test(starts, picture_that_is_none);
    tcase_add_loop_test(starts, code_that_leads_elsewhere, 0, 7);
    tcase_add_test(starts, keys);
    suite_add_tcase(suite, starts);
    tcase_add_checked_fixture(polls, set_up, tear_down);
    tcase_add_test(polls, the_first_look);
    tcase_add_test(polls, a_change_is_followed_by_another_look_at_once);
    tcase_add_test(polls, an_unchanged_answer_that_was_not_held_is_paced);
    tcase_add_test(polls, without_long_poll_nothing_is_held);
    tcase_add_test(polls, waiting_ends_with_the_login);
    tcase_add_test(polls, the_backend_may_ask_for_patience);
    tcase_add_test(polls, the_state_never_goes_back);
    tcase_add_test(polls, success_is_told);
    tcase_add_loop_test(polls, success_needs_its_signature, 0, 3);
    tcase_add_test(polls, success_under_another_http_status_is_none);
    tcase_add_test(polls, success_of_another_code_is_refused);
    suite_add_tcase(suite, polls);
    tcase_add_checked_fixture(cancels, set_up, tear_down);
    tcase_add_test(cancels, cancel_is_told);
    tcase_add_test(cancels, cancel_without_a_code_or_a_url_is_silent);
    suite_add_tcase(suite, cancels);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "provider_idin_qr", provider_idin_qr_suite, NULL);
}
