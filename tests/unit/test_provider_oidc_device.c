/* The flow of the provider oidc-device, against a transport that answers from a script: what is
 * asked of whom, how far apart, and what each kind of answer makes of the login. */
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/id_tokens.h"
#include "tests/unit/scripted_transport.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ISSUER "https://id.example.nl/realms/desk"
#define DISCOVERED                                                                                 \
    "{\"issuer\":\"" ISSUER "\",\"device_authorization_endpoint\":\"https://id.example.nl/da\","   \
    "\"token_endpoint\":\"https://token.example/t\"}"
#define DEVICE_WITH(uri, more)                                                                     \
    "{\"device_code\":\"dev/code+1\",\"user_code\":\"WDJB-MJHT\",\"verification_uri\":"            \
    "\"https://id.example.nl/d\",\"verification_uri_complete\":\"" uri "\"" more "}"
#define DEVICE        DEVICE_WITH("https://id.example.nl/d?c=WDJB-MJHT", ",\"expires_in\":600")
#define REFUSAL(word) "{\"error\":\"" word "\"}"
#define GRANT         "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

static struct start_message start;
static struct link wire;
static struct provider_context context;
static void *state;
static struct qr_message qr;
static int first_ms; /* before the first look */
static struct provider_status status;

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
    set("issuer", ISSUER);
    set("client_id", "desk 3");
    set("client_secret", "s:cret");
    set("client_auth", "client_secret_basic");
    set("oauth_scope", "openid idin");
    set("subject_claim", "sub");
    set("required_acr", "");
    set("qr_hosts", "");
    set("poll_interval", "1");
    context = (struct provider_context){
        .start = &start, .link = &wire, .deadline_ms = clock_ms() + 120000};
    script_unsigned(200, DISCOVERED);
    script_unsigned(200, DEVICE);
}

static void
tear_down(void)
{
    provider_oidc_device.end(&state);
    ck_assert_ptr_null(state);
}

static int
start_it(void)
{
    return provider_oidc_device.start(&context, &state, &qr, &first_ms);
}

static int
poll_it(void)
{
    return provider_oidc_device.poll(state, &status);
}

static void
begin(void)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(script.n_asked, 2);
}

/* Starts anew, with this answer in the place of the n-th. */
static void
must_not_start(size_t n, long http_status, const char *body, int error)
{
    script.answers[n].status = http_status;
    script.answers[n].body = body;
    ck_assert_msg(start_it() == error, "%ld %s", http_status, body);
    ck_assert_uint_eq(script.n_asked, n + 1);
}

START_TEST(a_code_is_asked_for_and_drawn)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(qr.payload, "https://id.example.nl/d?c=WDJB-MJHT");
    ck_assert_str_eq(qr.user_code, "WDJB-MJHT");
    ck_assert_uint_eq(qr.lifetime_s, 600);
    ck_assert_uint_ge(qr.size, QR_SIZE_MIN);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_str_eq(script.asked[0].url, ISSUER "/.well-known/openid-configuration");
    ck_assert_int_eq(script.asked[0].is_post, 0);
    ck_assert_str_eq(script.asked[0].authorization, "");
    ck_assert_str_eq(script.asked[1].url, "https://id.example.nl/da");
    ck_assert_str_eq(script.asked[1].content_type, "application/x-www-form-urlencoded");
    ck_assert_str_eq(script.asked[1].body, "scope=openid+idin");
    /* "desk+3:s%3Acret" */
    ck_assert_str_eq(script.asked[1].authorization, "Basic ZGVzayszOnMlM0FjcmV0");
}
END_TEST

START_TEST(an_issuer_may_end_in_a_slash)
{
    set("issuer", "https://id.example.nl/");
    script.answers[0].body = "{\"issuer\":\"https://id.example.nl/\","
                             "\"device_authorization_endpoint\":\"https://id.example.nl/da\","
                             "\"token_endpoint\":\"https://token.example/t\"}";
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(script.asked[0].url, "https://id.example.nl/.well-known/openid-configuration");
}
END_TEST

START_TEST(issuers_that_cannot_be)
{
    char issuer[400] = "https://id.example.nl/";

    set("issuer", "https://id.example.nl/?a");
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    provider_oidc_device.end(&state);
    set("issuer", "https://id.example.nl/#a");
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    provider_oidc_device.end(&state);
    memset(issuer + strlen(issuer), 'x', ISSUER_MAX + 1 - strlen(issuer));
    set("issuer", issuer);
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    ck_assert_uint_eq(script.n_asked, 0);
}
END_TEST

START_TEST(a_client_may_prove_itself_in_the_form)
{
    set("client_auth", "client_secret_post");
    begin();
    ck_assert_str_eq(script.asked[1].authorization, "");
    ck_assert_str_eq(script.asked[1].body,
                     "client_id=desk+3&client_secret=s%3Acret&scope=openid+idin");
    script_unsigned(400, REFUSAL("authorization_pending"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_str_eq(script.asked[2].body, "client_id=desk+3&client_secret=s%3Acret&" GRANT
                                           "&device_code=dev%2Fcode%2B1");
}
END_TEST

START_TEST(a_client_may_have_no_secret)
{
    set("client_auth", "none");
    set("client_secret", "");
    set("required_acr", "substantial high");
    begin();
    ck_assert_str_eq(script.asked[1].authorization, "");
    ck_assert_str_eq(script.asked[1].body,
                     "client_id=desk+3&scope=openid+idin&acr_values=substantial+high");
    script_unsigned(400, REFUSAL("authorization_pending"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_str_eq(script.asked[2].body, "client_id=desk+3&" GRANT "&device_code=dev%2Fcode%2B1");
}
END_TEST

START_TEST(a_secret_and_its_use_belong_together)
{
    set("client_secret", "");
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    provider_oidc_device.end(&state);
    set("client_auth", "client_secret_post");
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    provider_oidc_device.end(&state);
    set("client_auth", "none");
    set("client_secret", "s:cret");
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    ck_assert_uint_eq(script.n_asked, 0);
}
END_TEST

static const struct {
    long status;
    const char *body;
    int discovery, device; /* what it makes of either request */
} bad_starts[] = {
    {401, "", IDQ_REPLY, IDQ_MERCHANT},
    {403, "<html>", IDQ_REPLY, IDQ_MERCHANT},
    {404, "", IDQ_REPLY, IDQ_REPLY},
    {302, "", IDQ_REPLY, IDQ_REPLY},
    {201, DEVICE, IDQ_REPLY, IDQ_REPLY},
    {408, "", IDQ_UNREACHABLE, IDQ_UNREACHABLE},
    {500, "", IDQ_UNREACHABLE, IDQ_UNREACHABLE},
    {503, REFUSAL("temporarily_unavailable"), IDQ_UNREACHABLE, IDQ_UNREACHABLE},
    {429, REFUSAL("slow_down"), IDQ_BUSY, IDQ_BUSY},
    {400, REFUSAL("invalid_scope"), IDQ_REPLY, IDQ_REPLY},
    {400, REFUSAL("unauthorized_client"), IDQ_REPLY, IDQ_MERCHANT},
    {401, REFUSAL("invalid_client"), IDQ_REPLY, IDQ_MERCHANT},
    {200, "{}", IDQ_REPLY, IDQ_REPLY},
};

START_TEST(a_start_that_fails)
{
    must_not_start(0, bad_starts[_i].status, bad_starts[_i].body, bad_starts[_i].discovery);
    provider_oidc_device.end(&state);
    script.n_asked = 0;
    script.answers[0].status = 200;
    script.answers[0].body = DISCOVERED;
    must_not_start(1, bad_starts[_i].status, bad_starts[_i].body, bad_starts[_i].device);
}
END_TEST

/* A person waits a little for a code, and not longer. */
START_TEST(a_busy_provider_is_asked_again)
{
    script.n_answers = 0;
    script_unsigned(429, "busy")->retry_after_s = 1;
    script_unsigned(200, DISCOVERED);
    script_unsigned(429, REFUSAL("slow_down"))->retry_after_s = 0; /* is taken for a second */
    script_unsigned(200, DEVICE);
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(script.n_asked, 4);
    ck_assert_str_eq(script.asked[2].url, "https://id.example.nl/da");
    ck_assert_str_eq(script.asked[3].url, "https://id.example.nl/da");
    provider_oidc_device.end(&state);
    script.n_asked = 0;
    script.answers[0].retry_after_s = 11;
    ck_assert_int_eq(start_it(), IDQ_BUSY);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(a_start_without_an_answer)
{
    for (size_t n = 0; n < 2; n++) {
        script.answers[n].error = IDQ_TLS;
        must_not_start(n, 0, "", IDQ_TLS);
        provider_oidc_device.end(&state);
        script.n_asked = 0;
        script.answers[n].status = 200;
        script.answers[n].body = n == 0 ? DISCOVERED : DEVICE;
    }
}
END_TEST

START_TEST(a_start_must_be_json)
{
    for (size_t n = 0; n < 2; n++) {
        script.answers[n].content_type = "text/html";
        must_not_start(n, 200, script.answers[n].body, IDQ_REPLY);
        provider_oidc_device.end(&state);
        script.n_asked = 0;
        script.answers[n].content_type = "application/json";
    }
}
END_TEST

START_TEST(a_provider_without_the_grant)
{
    must_not_start(0, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"https://a.nl/\"}",
                   IDQ_CONFIG);
}
END_TEST

START_TEST(where_a_code_may_lead)
{
    static const struct {
        const char *hosts, *body;
        int error;
    } rows[] = {
        {"", DEVICE_WITH("https://ID.example.nl/d", ",\"expires_in\":600"), 0},
        {"", DEVICE_WITH("https://id.example.nl:8443/d", ",\"expires_in\":600"), IDQ_HOST},
        {"", DEVICE_WITH("https://evil.example/d", ",\"expires_in\":600"), IDQ_HOST},
        {"", DEVICE_WITH("https://token.example/d", ",\"expires_in\":600"), IDQ_HOST},
        {"", DEVICE_WITH("https://id.example.nl@evil.example/d", ",\"expires_in\":600"), IDQ_HOST},
        {"", DEVICE_WITH("http://id.example.nl/d", ",\"expires_in\":600"), IDQ_HOST},
        {"", DEVICE_WITH("javascript:alert(1)", ",\"expires_in\":600"), IDQ_HOST},
        {"login.example", DEVICE_WITH("https://login.example/d", ",\"expires_in\":600"), 0},
        {"login.example", DEVICE, IDQ_HOST}, /* a list is the whole list */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set("qr_hosts", rows[i].hosts);
        script.n_asked = 0;
        script.answers[1].body = rows[i].body;
        ck_assert_msg(start_it() == rows[i].error, "row %zu", i);
        provider_oidc_device.end(&state);
    }
}
END_TEST

START_TEST(the_first_look_waits_an_interval)
{
    begin();
    ck_assert_int_eq(first_ms, 5000);
    script_unsigned(400, REFUSAL("authorization_pending"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[2].url, "https://token.example/t");
    ck_assert_str_eq(script.asked[2].body, GRANT "&device_code=dev%2Fcode%2B1");
    ck_assert_str_eq(script.asked[2].authorization, "Basic ZGVzayszOnMlM0FjcmV0");
    ck_assert_int_eq(status.state, PROVIDER_OPEN);
    ck_assert_int_eq(status.next_ms, 5000);
}
END_TEST

START_TEST(the_longer_interval_counts)
{
    script.answers[1].body =
        DEVICE_WITH("https://id.example.nl/d", ",\"expires_in\":600,\"interval\":2");
    begin();
    ck_assert_int_eq(first_ms, 2000);
    provider_oidc_device.end(&state);
    script.n_asked = 0;
    set("poll_interval", "9");
    begin();
    ck_assert_int_eq(first_ms, 9000);
}
END_TEST

START_TEST(slow_down_is_for_good)
{
    begin();
    script_unsigned(400, REFUSAL("slow_down"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_eq(status.next_ms, 10000);
    script_unsigned(400, REFUSAL("authorization_pending"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_eq(status.next_ms, 10000);
    script_unsigned(429, REFUSAL("slow_down"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_eq(status.next_ms, 15000);
}
END_TEST

static void
script_failure(int error)
{
    struct scripted_answer *answer = script_unsigned(0, "");

    answer->error = error;
}

START_TEST(looks_that_fail_get_further_apart)
{
    static const int next_ms[] = {10000, 20000, 40000, 80000, 80000};

    begin();
    for (size_t i = 0; i < 5; i++) {
        if (i % 2)
            script_unsigned(503, "");
        else
            script_failure(IDQ_UNREACHABLE);
        ck_assert_int_eq(poll_it(), IDQ_UNREACHABLE);
        ck_assert_int_eq(status.next_ms, next_ms[i]);
    }
    script_unsigned(400, REFUSAL("authorization_pending"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_eq(status.next_ms, 5000);
}
END_TEST

START_TEST(the_provider_may_ask_for_patience)
{
    begin();
    script_unsigned(429, "busy")->retry_after_s = 30;
    ck_assert_int_eq(poll_it(), IDQ_BUSY);
    ck_assert_int_eq(status.next_ms, 30000);
    script_unsigned(429, REFUSAL("too_many_requests"))->retry_after_s = 3600;
    ck_assert_int_eq(poll_it(), IDQ_BUSY);
    ck_assert_int_le(status.next_ms, 120000);
}
END_TEST

static const struct {
    long http_status;
    const char *body;
    int error, outcome; /* what the look returns; else how the login ended */
} ends[] = {
    {400, REFUSAL("access_denied"), 0, IDQ_REFUSED},
    {403, REFUSAL("access_denied"), 0, IDQ_REFUSED},
    {400, REFUSAL("expired_token"), 0, IDQ_EXPIRED},
    {400, REFUSAL("invalid_grant"), 0, IDQ_BANK_FAILED},
    {400, REFUSAL("unsupported_grant_type"), 0, IDQ_BANK_FAILED},
    {401, REFUSAL("invalid_client"), IDQ_MERCHANT, 0},
    {400, REFUSAL("unauthorized_client"), IDQ_MERCHANT, 0},
    {401, "", IDQ_MERCHANT, 0},
    {400, "", IDQ_REPLY, 0},
    {302, "", IDQ_REPLY, 0},
    {202, "{}", IDQ_REPLY, 0},
    {500, REFUSAL("access_denied"), IDQ_UNREACHABLE, 0},
    {200, REFUSAL("authorization_pending"), IDQ_REPLY, 0},
    {200, "{\"access_token\":\"a\"}", IDQ_REPLY, 0},
};

START_TEST(every_end_is_told_apart)
{
    begin();
    script_unsigned(ends[_i].http_status, ends[_i].body);
    ck_assert_int_eq(poll_it(), ends[_i].error);
    ck_assert_int_eq(status.state, ends[_i].outcome ? PROVIDER_DONE : PROVIDER_OPEN);
    ck_assert_int_eq(status.result.outcome, ends[_i].outcome);
    ck_assert_str_eq(status.result.subject, "");
}
END_TEST

START_TEST(tls_that_fails_ends_it)
{
    begin();
    script_failure(IDQ_TLS);
    ck_assert_int_eq(poll_it(), IDQ_TLS);
}
END_TEST

static const char *
token_answer(const char *issuer, const char *sub, const char *more)
{
    static char body[4000];

    snprintf(body, sizeof body,
             "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}",
             id_token_for(issuer, "desk 3", sub, more));
    return body;
}

START_TEST(success_is_told)
{
    set("required_acr", "high");
    begin();
    script_unsigned(200, token_answer(ISSUER, "anna", ",\"acr\":\"high\""));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_str_eq(status.result.subject, "anna");
    ck_assert_str_eq(status.result.issuer, ISSUER);
    ck_assert_str_eq(status.result.loa, "high");
}
END_TEST

START_TEST(success_by_another_claim)
{
    set("subject_claim", "bin");
    begin();
    script_unsigned(200, token_answer(ISSUER, "anna", ",\"bin\":\"NLTEST1\""));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_str_eq(status.result.subject, "NLTEST1");
}
END_TEST

START_TEST(success_that_is_none)
{
    static const struct {
        const char *issuer, *sub, *more, *type, *required;
        int error, outcome;
    } rows[] = {
        {"https://id.example.nl", "anna", "", "application/json", "", IDQ_REPLY, 0},
        {ISSUER, "anna", "", "text/html", "", IDQ_REPLY, 0},
        {ISSUER, "anna", ",\"acr\":\"low\"", "application/json", "high", 0, IDQ_LOW_ASSURANCE},
        {ISSUER, "anna", "", "application/json", "high", 0, IDQ_LOW_ASSURANCE},
        {ISSUER, "", "", "application/json", "", 0, IDQ_NO_SUBJECT},
        {ISSUER, "TRANS1", "", "application/json", "", 0, IDQ_TRANSIENT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set("required_acr", rows[i].required);
        script.n_asked = 0;
        script.n_answers = 2;
        begin();
        script_unsigned(200, token_answer(rows[i].issuer, rows[i].sub, rows[i].more))
            ->content_type = rows[i].type;
        ck_assert_int_eq(poll_it(), rows[i].error);
        ck_assert_int_eq(status.result.outcome, rows[i].outcome);
        ck_assert_str_eq(status.result.subject, "");
        provider_oidc_device.end(&state);
    }
}
END_TEST

START_TEST(a_wrong_clock_is_named)
{
    static const struct {
        long ahead_s;
        int error;
    } clocks[] = {{0, IDQ_REPLY}, {120, IDQ_REPLY}, {121, IDQ_CLOCK}, {-121, IDQ_CLOCK}};

    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        script.n_asked = 0;
        script.n_answers = 2;
        begin();
        script_unsigned(200, token_answer("https://other.example", "anna", ""))->clock_ahead_s =
            clocks[i].ahead_s;
        ck_assert_int_eq(poll_it(), clocks[i].error);
        provider_oidc_device.end(&state);
    }
}
END_TEST

/* Whatever the provider would say: the code on the screen is over. */
START_TEST(a_code_whose_time_is_over)
{
    script.answers[1].body =
        DEVICE_WITH("https://id.example.nl/d", ",\"expires_in\":1,\"interval\":1");
    ck_assert_int_eq(start_it(), 0);
    for (int64_t end_ms = clock_ms() + 1000; clock_ms() < end_ms;)
        (void)link_wait(&wire, clock_left_ms(end_ms));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_int_eq(status.result.outcome, IDQ_EXPIRED);
    ck_assert_uint_eq(script.n_asked, 2);
}
END_TEST

START_TEST(waiting_ends_with_the_login)
{
    begin();
    context.deadline_ms = clock_ms() + 2000;
    script_unsigned(400, REFUSAL("authorization_pending"));
    ck_assert_int_eq(poll_it(), 0);
    ck_assert_int_le(script.asked[2].timeout_ms, 2000);
    ck_assert_int_le(status.next_ms, 2000);
}
END_TEST

START_TEST(found_by_its_name)
{
    ck_assert_ptr_eq(provider_find("oidc-device"), &provider_oidc_device);
    ck_assert_ptr_null(provider_oidc_device.cancel); /* RFC 8628 has none */
}
END_TEST

static Suite *
provider_oidc_device_suite(void)
{
    Suite *suite = suite_create("provider_oidc_device");
    TCase *starts = tcase_create("start"), *polls = tcase_create("poll");

    tcase_add_checked_fixture(starts, set_up, tear_down);
    tcase_add_test(starts, found_by_its_name);
    tcase_add_test(starts, a_code_is_asked_for_and_drawn);
    tcase_add_test(starts, an_issuer_may_end_in_a_slash);
    tcase_add_test(starts, issuers_that_cannot_be);
    tcase_add_test(starts, a_client_may_prove_itself_in_the_form);
    tcase_add_test(starts, a_client_may_have_no_secret);
    tcase_add_test(starts, a_secret_and_its_use_belong_together);
    tcase_add_loop_test(starts, a_start_that_fails, 0,
                        (int)(sizeof bad_starts / sizeof bad_starts[0]));
    tcase_add_test(starts, a_busy_provider_is_asked_again);
    tcase_add_test(starts, a_start_without_an_answer);
    tcase_add_test(starts, a_start_must_be_json);
    tcase_add_test(starts, a_provider_without_the_grant);
    tcase_add_test(starts, where_a_code_may_lead);
    suite_add_tcase(suite, starts);
    tcase_add_checked_fixture(polls, set_up, tear_down);
    tcase_add_test(polls, the_first_look_waits_an_interval);
    tcase_add_test(polls, the_longer_interval_counts);
    tcase_add_test(polls, slow_down_is_for_good);
    tcase_add_test(polls, looks_that_fail_get_further_apart);
    tcase_add_test(polls, the_provider_may_ask_for_patience);
    tcase_add_loop_test(polls, every_end_is_told_apart, 0, (int)(sizeof ends / sizeof ends[0]));
    tcase_add_test(polls, tls_that_fails_ends_it);
    tcase_add_test(polls, success_is_told);
    tcase_add_test(polls, success_by_another_claim);
    tcase_add_test(polls, success_that_is_none);
    tcase_add_test(polls, a_wrong_clock_is_named);
    tcase_add_test(polls, a_code_whose_time_is_over);
    tcase_add_test(polls, waiting_ends_with_the_login);
    suite_add_tcase(suite, polls);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "provider_oidc_device", provider_oidc_device_suite, NULL);
}
