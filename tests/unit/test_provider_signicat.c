/* The flow of the provider signicat, against a transport that answers from a script: what is asked
 * of whom and in which order, and what each kind of answer makes of the login. */
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/scripted_transport.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ID       "fb432801-66f6-6141-9835-e2a3b42e2e35"
#define LINK_URL "https://login.example.nl/broker/login?messageId=21b064c3"
#define TOKEN    "{\"access_token\":\"first\",\"expires_in\":600,\"token_type\":\"Bearer\"}"
#define TOKEN_2  "{\"access_token\":\"second\",\"expires_in\":600,\"token_type\":\"Bearer\"}"
#define SESSIONS "https://api.example/auth/rest/sessions"
#define SESSION  SESSIONS "/" ID
#define SUCCEEDED                                                                                  \
    ",\"status\":\"SUCCESS\",\"provider\":\"idin\",\"subject\":{\"idpId\":\"NLTEST1\"}"

static struct start_message start;
static struct link wire;
static int module_end; /* of the wire; what is logged stays in it */
static struct provider_context context;
static void *state;
static struct qr_message qr;
static int first_ms; /* before the first look */

/* The reference is random: answers take it from what was sent. */
static const char *
reference(void)
{
    static char text[33];
    const char *key = "\"externalReference\":\"", *found = NULL;

    for (size_t i = 0; i < script.n_asked && !found; i++)
        found = strstr(script.asked[i].body, key);
    snprintf(text, sizeof text, "%s", found ? found + strlen(key) : "");
    return text;
}

/* An answer about our session, `members` behind its names. */
static struct scripted_answer *
answer_session(const char *members)
{
    static char bodies[SCRIPT_MAX][512];
    char *body = bodies[script.n_answers];

    snprintf(body, sizeof bodies[0], "{\"id\":\"" ID "\",\"externalReference\":\"%s\"%s}",
             reference(), members);
    return script_unsigned(200, body);
}

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

/* The reference in the answer to POST /sessions is put there when it is asked for. */
static const char *
create_answer(const char *request, void *members)
{
    static char body[2048];
    const char *key = "\"externalReference\":\"", *found = strstr(request, key);

    ck_assert_ptr_nonnull(found);
    snprintf(body, sizeof body, "{\"id\":\"" ID "\",\"externalReference\":\"%.32s\"%s}",
             found + strlen(key), (const char *)members);
    return body;
}

static struct scripted_answer *
answer_create(char *members)
{
    struct scripted_answer *answer = script_unsigned(200, "");

    answer->make = create_answer;
    answer->make_with = members;
    return answer;
}

static char created[] = ",\"status\":\"CREATED\",\"authenticationUrl\":\"" LINK_URL "\"";

static void
set_up(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    module_end = ends[0];
    wire = (struct link){.socket = ends[1]};
    start = (struct start_message){.timeout_ms = 120000, .language = "nl"};
    set("client_id", "sandbox:client");
    set("client_secret", "se cret");
    set("account_id", "");
    set("token_url", "https://tenant.example/connect/token");
    set("api_url", "https://api.example/auth/rest");
    set("callback_url", "https://desk.example.nl/done");
    set("request_domain", "");
    set("requested_loa", "substantial");
    set("qr_hosts", "login.example.nl");
    set("poll_interval", "3");
    context = (struct provider_context){
        .start = &start, .link = &wire, .deadline_ms = clock_ms() + 120000};
    script_unsigned(200, TOKEN);
    answer_create(created);
}

static void
tear_down(void)
{
    provider_signicat.end(&state);
    ck_assert_ptr_null(state);
}

static int
start_it(void)
{
    return provider_signicat.start(&context, &state, &qr, &first_ms);
}

static int
poll_it(struct provider_status *ret_status)
{
    return provider_signicat.poll(state, ret_status);
}

/* The lines that were logged so far, one behind the other. */
static const char *
logged(void)
{
    static char lines[4096];
    struct log_message line;
    struct frame frame;
    size_t used = 0;

    lines[0] = '\0';
    frame_begin(&frame, 0);
    while (frame_receive(&frame, module_end) == 1) {
        ck_assert_int_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &line), 0);
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s\n", line.line);
        ck_assert_uint_lt(used, sizeof lines);
        frame_begin(&frame, 0);
    }
    return lines;
}

START_TEST(found_by_its_name)
{
    ck_assert_ptr_eq(provider_find("signicat"), &provider_signicat);
}
END_TEST

START_TEST(a_session_is_asked_for_and_drawn)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(qr.payload, LINK_URL);
    ck_assert_uint_ge(qr.size, QR_SIZE_MIN);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_str_eq(script.asked[0].url, "https://tenant.example/connect/token");
    ck_assert_str_eq(script.asked[0].body, "grant_type=client_credentials&scope=signicat-api");
    ck_assert_str_eq(script.asked[0].content_type, "application/x-www-form-urlencoded");
    /* printf 'sandbox%%3Aclient:se+cret' | base64 */
    ck_assert_str_eq(script.asked[0].authorization, "Basic c2FuZGJveCUzQWNsaWVudDpzZStjcmV0");
    ck_assert_str_eq(script.asked[1].url, SESSIONS);
    ck_assert_str_eq(script.asked[1].content_type, "application/json");
    ck_assert_str_eq(script.asked[1].authorization, "Bearer first");
    ck_assert_ptr_nonnull(
        strstr(script.asked[1].body, "\"success\":\"https://desk.example.nl/done\""));
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"language\":\"nl\""));
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"requestedLoa\":\"substantial\""));
    ck_assert_ptr_null(strstr(script.asked[1].body, "requestDomain"));
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_le(script.asked[i].timeout_ms, 10000 + script.asked[i].grace_ms);
        ck_assert_int_eq(script.asked[i].uncancelled, 0);
    }
    ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(the_urls_follow_the_settings)
{
    struct provider_status status;

    set("api_url", "https://api.example/auth/rest//");
    set("account_id", "a-sdge 1&2");
    set("request_domain", "login.example.nl");
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(script.asked[1].url, SESSIONS "?signicat-accountId=a-sdge+1%262");
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"requestDomain\":\"login.example.nl\""));
    answer_session(",\"status\":\"CREATED\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_str_eq(script.asked[2].url, SESSION "?signicat-accountId=a-sdge+1%262");
    answer_session("");
    provider_signicat.cancel(state, 1500);
    ck_assert_str_eq(script.asked[3].url, SESSION "/cancel?signicat-accountId=a-sdge+1%262");
}
END_TEST

START_TEST(api_urls_that_cannot_be_used)
{
    char longest[2049] = "https://api.example/";

    memset(longest + strlen(longest), 'a', sizeof longest - 1 - strlen(longest));
    longest[2048] = '\0';
    set("api_url", _i == 0   ? "https://api.example/rest?a=b"
                   : _i == 1 ? "https://api.example/rest#a"
                             : longest);
    ck_assert_int_eq(start_it(), IDQ_CONFIG);
    ck_assert_uint_eq(script.n_asked, 0);
    ck_assert_str_eq(logged(), "api_url is too long, or has a query\n");
}
END_TEST

/* Signicat takes less than 300 seconds for 300. */
START_TEST(lifetime_covers_the_login)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"sessionLifetime\":300,"));
    ck_assert_uint_eq(qr.lifetime_s, 300);
    provider_signicat.end(&state);
    script.n_asked = 0;
    context.deadline_ms = clock_ms() + 900000;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_gt(qr.lifetime_s, 800);
    ck_assert_uint_le(qr.lifetime_s, 900);
}
END_TEST

START_TEST(every_login_has_a_reference_of_its_own)
{
    char first[33];

    ck_assert_int_eq(start_it(), 0);
    strcpy(first, reference());
    ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 32);
    provider_signicat.end(&state);
    script.n_asked = 0;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_ne(first, reference());
}
END_TEST

START_TEST(token_http_status)
{
    static const struct {
        long status;
        int error;
    } cases[] = {{400, IDQ_MERCHANT},    {401, IDQ_MERCHANT},    {403, IDQ_MERCHANT},
                 {429, IDQ_BUSY},        {408, IDQ_UNREACHABLE}, {500, IDQ_UNREACHABLE},
                 {503, IDQ_UNREACHABLE}, {302, IDQ_REPLY},       {404, IDQ_REPLY}};

    script.answers[0].status = cases[_i].status;
    script.answers[0].body =
        "{\"error\":\"invalid_client\",\"error_description\":\"the secret is se cret\"}";
    ck_assert_int_eq(start_it(), cases[_i].error);
    ck_assert_uint_eq(script.n_asked, 1);
    ck_assert_ptr_nonnull(strstr(logged(), ", invalid_client\n"));
}
END_TEST

START_TEST(tokens_that_are_none)
{
    script.answers[0].body = "{\"access_token\":\"a\\nb\",\"token_type\":\"Bearer\"}";
    ck_assert_int_eq(start_it(), IDQ_REPLY);
    ck_assert_str_eq(logged(), "token: an answer without a usable token\n");
    provider_signicat.end(&state);
    script.n_asked = 0;
    script.answers[0].body = TOKEN;
    script.answers[0].content_type = "text/html";
    ck_assert_int_eq(start_it(), IDQ_REPLY);
    ck_assert_str_eq(logged(), "token: an answer that is not JSON\n");
    provider_signicat.end(&state);
    script.n_asked = 0;
    script.answers[0].status = 0;
    script.answers[0].error = IDQ_TLS;
    ck_assert_int_eq(start_it(), IDQ_TLS);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(create_http_status)
{
    static const struct {
        long status;
        int error;
    } cases[] = {{200, 0},         {201, 0},        {400, IDQ_REPLY},       {403, IDQ_MERCHANT},
                 {404, IDQ_REPLY}, {429, IDQ_BUSY}, {408, IDQ_UNREACHABLE}, {500, IDQ_UNREACHABLE},
                 {302, IDQ_REPLY}, {202, IDQ_REPLY}};

    script.answers[1].status = cases[_i].status;
    ck_assert_int_eq(start_it(), cases[_i].error);
    ck_assert_uint_eq(script.n_asked, 2);
    if (cases[_i].error)
        provider_signicat.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 2); /* there is no session to cancel */
}
END_TEST

/* A person waits a little for a code, and not longer. */
START_TEST(a_busy_signicat_is_asked_again)
{
    script.answers[0] = *script_unsigned(429, "{}");
    script.answers[0].retry_after_s = 0; /* is taken for a second */
    script.answers[1] = *script_unsigned(200, TOKEN);
    script.n_answers = 2;
    answer_create(created);
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(script.n_asked, 3);
    provider_signicat.end(&state);
    script.n_asked = 0;
    script.answers[0].retry_after_s = 11;
    ck_assert_int_eq(start_it(), IDQ_BUSY);
    ck_assert_uint_eq(script.n_asked, 1);
}
END_TEST

START_TEST(what_signicat_objects_to_is_logged)
{
    script.answers[1] = *script_unsigned(
        400, "{\"title\":\"Invalid request\",\"code\":\"auth-12\",\"detail\":\"NLTEST1\"}");
    script.n_answers = 2;
    ck_assert_int_eq(start_it(), IDQ_REPLY);
    ck_assert_str_eq(logged(), "session: HTTP status 400, Invalid request (auth-12)\n");
}
END_TEST

START_TEST(a_code_that_leads_elsewhere)
{
    static const char *const urls[] = {
        "https://evil.example/login",     "https://login.example.nl.evil.example/",
        "https://login.example.nl:8443/", "https://login.example.nl@evil.example/",
        "https://api.example/auth",       "http://login.example.nl/",
    };
    char members[256];

    snprintf(members, sizeof members, ",\"status\":\"CREATED\",\"authenticationUrl\":\"%s\"",
             urls[_i]);
    script.answers[1].make_with = members;
    ck_assert_int_eq(start_it(), IDQ_HOST);
    /* The session is ours, and open. */
    answer_session(",\"status\":\"CANCELLED\"");
    provider_signicat.cancel(state, 1500);
    ck_assert_str_eq(script.asked[2].url, SESSION "/cancel");
}
END_TEST

START_TEST(a_session_of_another_login)
{
    script.answers[1].make = NULL;
    script.answers[1].body =
        "{\"id\":\"" ID "\",\"externalReference\":\"0123456789abcdef0123456789abcdef\","
        "\"status\":\"CREATED\",\"authenticationUrl\":\"" LINK_URL "\"}";
    ck_assert_int_eq(start_it(), IDQ_OTHER_CODE);
    provider_signicat.cancel(state, 1500); /* nor is it ours to cancel */
    ck_assert_uint_eq(script.n_asked, 2);
}
END_TEST

START_TEST(long_links)
{
    static const char head[] =
        ",\"status\":\"CREATED\",\"authenticationUrl\":\"https://login.example.nl/";
    char members[1200];
    const size_t fits = PAYLOAD_MAX - strlen("https://login.example.nl/");

    memset(members, 'a', sizeof members);
    memcpy(members, head, strlen(head));
    strcpy(members + strlen(head) + fits, "\"");
    script.answers[1].make_with = members;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_uint_eq(strlen(qr.payload), PAYLOAD_MAX);
    provider_signicat.end(&state);
    script.n_asked = 0;
    strcpy(members + strlen(head) + fits, "a\"");
    ck_assert_int_eq(start_it(), IDQ_REPLY);
}
END_TEST

/* The token endpoint may be asked again, but not for each question. */
START_TEST(a_token_is_kept)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    for (int i = 0; i < 3; i++) {
        answer_session(",\"status\":\"CREATED\"");
        ck_assert_int_eq(poll_it(&status), 0);
        ck_assert_str_eq(script.asked[2 + i].url, SESSION);
        ck_assert_str_eq(script.asked[2 + i].authorization, "Bearer first");
        ck_assert_int_eq(script.asked[2 + i].is_post, 0);
        ck_assert_str_eq(script.asked[2 + i].content_type, "");
    }
}
END_TEST

START_TEST(a_token_that_ends_soon_is_replaced)
{
    struct provider_status status;

    /* Over in less than a request may take. */
    script.answers[0].body =
        "{\"access_token\":\"first\",\"expires_in\":9,\"token_type\":\"Bearer\"}";
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(script.asked[1].authorization, "Bearer first"); /* fetched just now */
    script_unsigned(200, TOKEN_2);
    answer_session(",\"status\":\"CREATED\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_str_eq(script.asked[2].url, "https://tenant.example/connect/token");
    ck_assert_str_eq(script.asked[3].authorization, "Bearer second");
}
END_TEST

START_TEST(a_token_that_is_refused_is_renewed_once)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_unsigned(401, "{\"title\":\"Unauthorized\"}");
    script_unsigned(200, TOKEN_2);
    answer_session(",\"status\":\"WAITING_FOR_USER\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, PROVIDER_SCANNED);
    ck_assert_uint_eq(script.n_asked, 5);
    ck_assert_str_eq(script.asked[2].authorization, "Bearer first");
    ck_assert_str_eq(script.asked[3].url, "https://tenant.example/connect/token");
    ck_assert_str_eq(script.asked[4].url, SESSION);
    ck_assert_str_eq(script.asked[4].authorization, "Bearer second");
    ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(a_second_refusal_is_the_end)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_unsigned(401, "{}");
    script_unsigned(200, TOKEN_2);
    script_unsigned(401, "{\"title\":\"Unauthorized\"}");
    ck_assert_int_eq(poll_it(&status), IDQ_MERCHANT);
    ck_assert_uint_eq(script.n_asked, 5);
    ck_assert_str_eq(logged(), "session: HTTP status 401, Unauthorized\n");
}
END_TEST

START_TEST(a_token_may_be_refused_for_the_session_too)
{
    script.answers[1] = *script_unsigned(401, "{}");
    script.n_answers = 2;
    script_unsigned(200, TOKEN_2);
    answer_create(created);
    ck_assert_int_eq(start_it(), 0);
    ck_assert_str_eq(script.asked[3].authorization, "Bearer second");
    ck_assert_str_eq(script.asked[3].body, script.asked[1].body);
}
END_TEST

START_TEST(every_status)
{
    static const struct {
        const char *members;
        int state, outcome;
    } rows[] = {
        {",\"status\":\"CREATED\"", PROVIDER_OPEN, 0},
        {",\"status\":\"WAITING_FOR_USER\"", PROVIDER_SCANNED, 0},
        {SUCCEEDED, PROVIDER_DONE, 0},
        {",\"status\":\"ERROR\"", PROVIDER_DONE, IDQ_BANK_FAILED},
        {",\"status\":\"ABORT\"", PROVIDER_DONE, IDQ_REFUSED},
        {",\"status\":\"CANCELLED\"", PROVIDER_DONE, IDQ_REFUSED},
        {",\"status\":\"EXPIRED\"", PROVIDER_DONE, IDQ_EXPIRED},
        {",\"status\":\"INVALID\"", PROVIDER_DONE, IDQ_BANK_FAILED},
    };
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    answer_session(rows[_i].members);
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, rows[_i].state);
    ck_assert_int_eq(status.result.outcome, rows[_i].outcome);
    ck_assert_str_eq(status.result.subject, rows[_i].members == rows[2].members ? "NLTEST1" : "");
}
END_TEST

/* A session that is refused here may be open there. */
START_TEST(refusals_are_errors_so_that_they_are_cancelled)
{
    static const struct {
        const char *members;
        int error;
        const char *logged;
    } rows[] = {
        {",\"status\":\"PAUSED\"", IDQ_BANK_FAILED, "session: "},
        {",\"status\":\"WAITING_FOR_USER\",\"provider\":\"mitid\"", IDQ_REPLY,
         "session: another provider than idin\n"},
        {",\"status\":\"SUCCESS\",\"provider\":\"mitid\",\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_REPLY, "session: another provider than idin\n"},
        {"", IDQ_REPLY, "session: "},
    };
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    answer_session(rows[_i].members);
    ck_assert_int_eq(poll_it(&status), rows[_i].error);
    ck_assert_int_ne(status.state, PROVIDER_DONE);
    ck_assert_str_eq(status.result.subject, "");
    ck_assert_ptr_nonnull(strstr(logged(), rows[_i].logged));
}
END_TEST

START_TEST(an_answer_about_another_login)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    script_unsigned(200,
                    "{\"id\":\"" ID
                    "\",\"externalReference\":\"0123456789abcdef0123456789abcdef\"" SUCCEEDED "}");
    ck_assert_int_eq(poll_it(&status), IDQ_OTHER_CODE);
    ck_assert_str_eq(status.result.subject, "");
}
END_TEST

START_TEST(success_under_another_http_status_is_none)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    answer_session(SUCCEEDED)->status = 202;
    ck_assert_int_eq(poll_it(&status), IDQ_REPLY);
    ck_assert_str_eq(status.result.subject, "");
    answer_session(SUCCEEDED)->content_type = "text/plain";
    ck_assert_int_eq(poll_it(&status), IDQ_REPLY);
    ck_assert_str_eq(status.result.subject, "");
}
END_TEST

START_TEST(an_error_of_the_bank_is_logged)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    answer_session(",\"status\":\"ERROR\",\"error\":{\"title\":\"IdP error\",\"code\":\"idin-7\","
                   "\"detail\":\"J. Jansen\"}");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_str_eq(logged(), "session: IdP error (idin-7)\n");
}
END_TEST

/* Nobody scans in a millisecond. */
START_TEST(the_first_look_waits_an_interval)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_int_eq(first_ms, 3000);
    ck_assert_uint_eq(script.n_asked, 2);
    provider_signicat.end(&state);
    script.n_asked = 0;
    context.deadline_ms = clock_ms() + 2000;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_int_le(first_ms, 2000);
}
END_TEST

/* Cut off, it would leave a session whose id nobody knows. Its token has no such reason. */
START_TEST(a_session_that_is_being_made_is_finished)
{
    ck_assert_int_eq(start_it(), 0);
    ck_assert_int_eq(script.asked[0].grace_ms, 0);
    ck_assert_int_gt(script.asked[1].grace_ms, 0);
    ck_assert_int_lt(script.asked[1].grace_ms, PROVIDER_CANCEL_MS);
    answer_session(",\"status\":\"CREATED\"");
    struct provider_status status;
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(script.asked[2].grace_ms, 0);
    /* It may also take a little longer than the login itself. */
    provider_signicat.end(&state);
    script.n_asked = 0;
    context.deadline_ms = clock_ms() + 2000;
    ck_assert_int_eq(start_it(), 0);
    ck_assert_int_le(script.asked[0].timeout_ms, 2000);
    ck_assert_int_gt(script.asked[1].timeout_ms, script.asked[1].grace_ms);
    ck_assert_int_le(script.asked[1].timeout_ms, 2000 + script.asked[1].grace_ms);
}
END_TEST

START_TEST(looks_are_nearer_after_the_scan)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    answer_session(",\"status\":\"CREATED\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_gt(status.next_ms, 1000);
    ck_assert_int_le(status.next_ms, 3000);
    answer_session(",\"status\":\"WAITING_FOR_USER\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_gt(status.next_ms, 0);
    ck_assert_int_le(status.next_ms, 1000);
    answer_session(",\"status\":\"CREATED\""); /* the state never goes back */
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.state, PROVIDER_SCANNED);
    ck_assert_int_le(status.next_ms, 1000);
}
END_TEST

START_TEST(looks_are_rarer_when_it_was_too_much)
{
    static const int most_ms[] = {6000, 12000, 24000, 48000, 48000};
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    answer_session(",\"status\":\"WAITING_FOR_USER\"");
    ck_assert_int_eq(poll_it(&status), 0);
    for (size_t i = 0; i < sizeof most_ms / sizeof most_ms[0]; i++) {
        script_unsigned(429, "{}");
        ck_assert_int_eq(poll_it(&status), IDQ_BUSY);
        ck_assert_int_le(status.next_ms, most_ms[i]);
        ck_assert_int_gt(status.next_ms, most_ms[i] / 2);
    }
    answer_session(",\"status\":\"WAITING_FOR_USER\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_gt(status.next_ms, 24000);
}
END_TEST

START_TEST(signicat_may_ask_for_patience)
{
    static const long statuses[] = {429, 503, 200};
    struct provider_status status;
    struct scripted_answer *answer;

    ck_assert_int_eq(start_it(), 0);
    answer = answer_session(",\"status\":\"CREATED\"");
    answer->status = statuses[_i];
    answer->retry_after_s = 40;
    (void)poll_it(&status);
    ck_assert_int_eq(status.next_ms, 40000);
    answer = answer_session(",\"status\":\"CREATED\"");
    answer->status = statuses[_i];
    answer->retry_after_s = INT_MAX;
    (void)poll_it(&status);
    ck_assert_int_gt(status.next_ms, 60000);
    ck_assert_int_le(status.next_ms, 120000); /* the login's end */
}
END_TEST

START_TEST(patience_that_the_token_endpoint_asks_for)
{
    struct provider_status status;

    script.answers[0].body =
        "{\"access_token\":\"first\",\"expires_in\":9,\"token_type\":\"Bearer\"}";
    ck_assert_int_eq(start_it(), 0);
    script_unsigned(429, "{}")->retry_after_s = 40;
    ck_assert_int_eq(poll_it(&status), IDQ_BUSY);
    ck_assert_int_eq(status.next_ms, 40000);
}
END_TEST

START_TEST(trouble_on_the_way_is_paced)
{
    struct provider_status status;
    struct scripted_answer *answer;

    ck_assert_int_eq(start_it(), 0);
    answer = script_unsigned(0, "");
    answer->error = IDQ_UNREACHABLE;
    answer->retry_after_s = 40; /* of no answer at all */
    ck_assert_int_eq(poll_it(&status), IDQ_UNREACHABLE);
    ck_assert_int_le(status.next_ms, 3000);
    ck_assert_int_gt(status.next_ms, 0);
    script_unsigned(500, "<html>");
    ck_assert_int_eq(poll_it(&status), IDQ_UNREACHABLE);
    answer_session(SUCCEEDED);
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_str_eq(status.result.transaction, ID);
}
END_TEST

START_TEST(waiting_ends_with_the_login)
{
    struct provider_status status;

    ck_assert_int_eq(start_it(), 0);
    context.deadline_ms = clock_ms() + 900;
    answer_session(",\"status\":\"CREATED\"");
    ck_assert_int_eq(poll_it(&status), 0);
    ck_assert_int_le(script.asked[2].timeout_ms, 900);
    ck_assert_int_le(status.next_ms, 900);
}
END_TEST

START_TEST(cancel_is_told)
{
    ck_assert_int_eq(start_it(), 0);
    context.deadline_ms = clock_ms(); /* the login's time is over, and not the cancel's */
    script_unsigned(500, "")->content_type = ""; /* changes nothing */
    provider_signicat.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[2].url, SESSION "/cancel");
    ck_assert_int_eq(script.asked[2].is_post, 1);
    ck_assert_str_eq(script.asked[2].body, "");
    ck_assert_str_eq(script.asked[2].authorization, "Bearer first");
    ck_assert_int_gt(script.asked[2].timeout_ms, 0);
    ck_assert_int_le(script.asked[2].timeout_ms, 1500);
    ck_assert_int_eq(script.asked[2].uncancelled, 1);
    ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(cancel_renews_a_token_as_well)
{
    ck_assert_int_eq(start_it(), 0);
    script_unsigned(401, "{}");
    script_unsigned(200, TOKEN_2);
    script_unsigned(204, "")->content_type = "";
    provider_signicat.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 5);
    ck_assert_int_eq(script.asked[3].uncancelled, 1);
    ck_assert_int_le(script.asked[3].timeout_ms, 1500);
    ck_assert_str_eq(script.asked[4].authorization, "Bearer second");
}
END_TEST

START_TEST(cancel_without_a_session_is_silent)
{
    script.answers[1].status = 500;
    ck_assert_int_eq(start_it(), IDQ_UNREACHABLE);
    provider_signicat.cancel(state, 1500);
    ck_assert_uint_eq(script.n_asked, 2);
    provider_signicat.end(&state);
    provider_signicat.cancel(state, 1500); /* the state of a start without memory */
    ck_assert_uint_eq(script.n_asked, 2);
}
END_TEST

static Suite *
provider_signicat_suite(void)
{
    Suite *suite = suite_create("provider_signicat");
    TCase *starts = tcase_create("start"), *tokens = tcase_create("tokens"),
          *polls = tcase_create("poll"), *cancels = tcase_create("cancel");

    tcase_add_checked_fixture(starts, set_up, tear_down);
    tcase_add_test(starts, found_by_its_name);
    tcase_add_test(starts, a_session_is_asked_for_and_drawn);
    tcase_add_test(starts, the_urls_follow_the_settings);
    tcase_add_loop_test(starts, api_urls_that_cannot_be_used, 0, 3);
    tcase_add_test(starts, lifetime_covers_the_login);
    tcase_add_test(starts, every_login_has_a_reference_of_its_own);
    tcase_add_loop_test(starts, token_http_status, 0, 9);
    tcase_add_test(starts, tokens_that_are_none);
    tcase_add_loop_test(starts, create_http_status, 0, 10);
    tcase_add_test(starts, a_busy_signicat_is_asked_again);
    tcase_add_test(starts, a_session_that_is_being_made_is_finished);
    tcase_add_test(starts, what_signicat_objects_to_is_logged);
    tcase_add_loop_test(starts, a_code_that_leads_elsewhere, 0, 6);
    tcase_add_test(starts, a_session_of_another_login);
    tcase_add_test(starts, long_links);
    suite_add_tcase(suite, starts);
    tcase_add_checked_fixture(tokens, set_up, tear_down);
    tcase_add_test(tokens, a_token_is_kept);
    tcase_add_test(tokens, a_token_that_ends_soon_is_replaced);
    tcase_add_test(tokens, a_token_that_is_refused_is_renewed_once);
    tcase_add_test(tokens, a_second_refusal_is_the_end);
    tcase_add_test(tokens, a_token_may_be_refused_for_the_session_too);
    suite_add_tcase(suite, tokens);
    tcase_add_checked_fixture(polls, set_up, tear_down);
    tcase_add_loop_test(polls, every_status, 0, 8);
    tcase_add_loop_test(polls, refusals_are_errors_so_that_they_are_cancelled, 0, 4);
    tcase_add_test(polls, an_answer_about_another_login);
    tcase_add_test(polls, success_under_another_http_status_is_none);
    tcase_add_test(polls, an_error_of_the_bank_is_logged);
    tcase_add_test(polls, the_first_look_waits_an_interval);
    tcase_add_test(polls, looks_are_nearer_after_the_scan);
    tcase_add_test(polls, looks_are_rarer_when_it_was_too_much);
    tcase_add_loop_test(polls, signicat_may_ask_for_patience, 0, 3);
    tcase_add_test(polls, patience_that_the_token_endpoint_asks_for);
    tcase_add_test(polls, trouble_on_the_way_is_paced);
    tcase_add_test(polls, waiting_ends_with_the_login);
    suite_add_tcase(suite, polls);
    tcase_add_checked_fixture(cancels, set_up, tear_down);
    tcase_add_test(cancels, cancel_is_told);
    tcase_add_test(cancels, cancel_renews_a_token_as_well);
    tcase_add_test(cancels, cancel_without_a_session_is_silent);
    suite_add_tcase(suite, cancels);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "provider_signicat", provider_signicat_suite, NULL);
}
