/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the relay's upstream `acquirer`, with answers in the place of the network. Runs as the user
 * who runs the tests. */
#include "pam_idinqr/relay/acquirer.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"
#include "tests/unit/store_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct relay_config config = {.ca_file = "", .proxy = ""};
static struct relay *relay;
static struct acquirer acquirer;
static struct store_login login;

/* The request that is under way. */
static http_client_done *done;
static void *done_context;

/* In the place of web/http_client.c. */
int
http_client_post(struct http_client *client, const struct http_client_request *request,
                 http_client_done *request_done, void *context)
{
    (void)client;
    (void)request;
    ck_assert_ptr_null(done);
    done = request_done;
    done_context = context;
    return 0;
}

static void
answer(int error, const char *body)
{
    http_client_done *to = done;

    ck_assert_ptr_nonnull(to);
    done = NULL;
    to(done_context,
       &(struct http_client_answer){
           .error = error, .body = body, .body_size = strlen(body), .problem = "nothing listens"});
}

static void
set_up(void)
{
    idx_fixture_reset();
    relay = calloc(1, sizeof *relay);
    ck_assert_ptr_nonnull(relay);
    relay->config = &config;
    relay->store = store_must_open(store_path());
    relay->upstream_state = &acquirer;
    acquirer = (struct acquirer){.language = &acquirer_idx, .idx = idx_here, .expiration_s = 300};
    store_add_desks(relay->store);
    login = store_login(1);
    login.expires_ms = STORE_NOW_MS + 300000;
    ck_assert(STORE_DOES(relay->store, store_login_add, &login));
    relay->wall_ms = STORE_NOW_MS;
}

static void
tear_down(void)
{
    free(relay->banks);
    store_close(&relay->store);
    free(relay);
}

TEST_CASE("time", .setup = set_up, .teardown = tear_down);

/* The relay has waited for the answer, so the time of the question is old. */
LOOP_TEST(of_an_answer, 3)
{
    int64_t before_ms = (int64_t)time(NULL) * 1000;
    struct store_trx trx = store_trx(1, 1);

    snprintf(trx.id, sizeof trx.id, "%s", IDX_TRANSACTION);
    switch (_i) {
    case 0:
        (void)acquirer_upstream.tick(relay, relay->wall_ms);
        break;
    case 1:
        ck_assert_int_eq(acquirer_upstream.begin(relay, &login, IDX_ISSUER, "en",
                                                 relay_job_begin(relay, login.id)),
                         0);
        break;
    default:
        ck_assert_int_eq(acquirer_upstream.fetch(relay, &trx, NULL, NULL), 0);
    }
    answer(IDQ_UNREACHABLE, "");
    ck_assert_int_ge(relay->wall_ms, before_ms);
}

TEST_CASE("directory", .setup = set_up, .teardown = tear_down);

/* 35 characters of three bytes. */
TEST(the_longest_name_of_a_bank)
{
    char name[35 * 3 + 1] = "";
    struct answer_issuer bank = {"Nederland", IDX_ISSUER, name};

    for (size_t i = 0; i < 35; i++)
        memcpy(name + 3 * i, "\xE2\x82\xAC", 4);
    (void)acquirer_upstream.tick(relay, relay->wall_ms);
    answer(0, idx_signed(&idx_acquirer,
                         scratch_keep(answer_directory("1234", IDX_NOW, IDX_NOW, &bank, 1))));
    ck_assert_uint_eq(relay->n_banks, 1);
    ck_assert_str_eq(relay->banks[0].id, IDX_ISSUER);
    ck_assert_str_eq(relay->banks[0].name, name);
}

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static void
tick_at(int64_t now_ms)
{
    relay->wall_ms = now_ms;
    (void)acquirer_upstream.tick(relay, now_ms);
}

/* CM.com wants its list renewed once a day, and no list that is older than 7 days. */
TEST(a_list_that_gets_old)
{
    static const struct cm_settings settings = {.merchant_token = "token"};
    int64_t then_ms;

    acquirer = (struct acquirer){.language = &acquirer_cm, .cm = &settings};
    (void)acquirer_upstream.tick(relay, relay->wall_ms);
    answer(0, "[{\"issuers\":[{\"issuer_id\":\"INGBNL2A\",\"issuer_name\":\"ING\"}]}]");
    ck_assert_uint_eq(relay->n_banks, 1);
    then_ms = relay->banks_ms;
    tick_at(then_ms + DAY_MS - 1);
    ck_assert_ptr_null(done);
    tick_at(then_ms + DAY_MS);
    answer(IDQ_UNREACHABLE, "");
    ck_assert_uint_eq(relay->n_banks, 1);
    acquirer.directory_ms = INT64_MAX; /* nothing answers */
    tick_at(then_ms + 7 * DAY_MS);
    ck_assert_uint_eq(relay->n_banks, 1);
    tick_at(then_ms + 7 * DAY_MS + 1);
    ck_assert_uint_eq(relay->n_banks, 0);
    ck_assert_ptr_null(relay_bank_find(relay, "INGBNL2A"));
    /* The store has it still, for a clock that was wrong. */
    tick_at(then_ms + 7 * DAY_MS + 1);
    ck_assert_uint_eq(relay->n_banks, 0);
    tick_at(then_ms + 7 * DAY_MS);
    ck_assert_uint_eq(relay->n_banks, 1);
    answer(IDQ_UNREACHABLE, ""); /* it is renewed at once */
}

/* The slots of requests are swept by a clock that cannot be set. */
TEST(a_job_and_another_clock)
{
    struct relay_job *job = relay_job_begin(relay, "one"), *other;
    uint64_t changes;

    ck_assert_ptr_nonnull(job);
    relay_job_done(relay, job, 0);
    changes = job->changes;
    relay->wall_ms += 24 * 3600 * 1000;
    other = relay_job_begin(relay, "two");
    ck_assert_ptr_ne(other, job);
    ck_assert_str_eq(job->login, "one");
    /* Who still watches the slot sees that it has changed. */
    relay_job_free(job);
    ck_assert_ptr_eq(relay_job_begin(relay, "three"), job);
    ck_assert_uint_gt(job->changes, changes);
}

/* What is due by a clock that was set back must not wait for the old time. */
TEST(a_clock_that_is_set_back)
{
    relay_look_at_clock(relay);
    relay->next_ms = relay->wall_ms + 1000;
    relay_look_at_clock(relay);
    ck_assert_int_gt(relay->next_ms, relay->wall_ms);
    relay->wall_ms += 3600 * 1000;
    relay->next_ms = relay->wall_ms + 1000;
    relay_look_at_clock(relay);
    ck_assert_int_eq(relay->next_ms, relay->wall_ms);
}

RUN_TESTS("acquirer", idx_fixture_begin());
