/* SPDX-License-Identifier: BSD-3-Clause */
/* See fuzzed_relay.h. */
#include "tests/fuzz/fuzzed_relay.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/qr_backend.h"
#include "pam_idinqr/relay/relay_keys.h"
#include "pam_idinqr/relay/store_sql.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANK   "TSTNNL22"
#define NOW_MS 1800000000000 /* 2027-01-15 08:00:00 */

static struct relay *relay;
static struct qr_backend *qr_backend;
static struct relay_config *config;
static struct store_login begun;

/* The upstream's call that is under way. */
static struct {
    struct relay_job *job;
    struct store_trx trx; /* to start, or to end */
    bool is_fetch;
    http_client_done *done; /* of a QR backend's generate */
    void *context;
} under_way;

/* --- in the place of the acquirer and the QR backend -------------------------------------------
 */

int
fuzzed_relay_post(const struct http_client_request *request, http_client_done *done, void *context)
{
    MUST(strcmp(request->url, "https://qr.example.nl/generate") == 0);
    under_way.done = done;
    under_way.context = context;
    return 0;
}

static int
begin(struct relay *here, const struct store_login *login, const char *bank, const char *language,
      struct relay_job *job)
{
    bool is_done = false;

    MUST(login->state <= STORE_PENDING && strlen(bank) < STORE_ISSUER_SIZE && language[0]);
    MUST(store_trx_count(here->store, login->id, here->wall_ms, &is_done) == 0);
    if (!is_done)
        return IDQ_EXPIRED;
    under_way.job = job;
    under_way.is_fetch = false;
    under_way.trx = (struct store_trx){.id = FUZZED_TRX_NEXT, .expires_ms = NOW_MS + 200000};
    snprintf(under_way.trx.login, STORE_LOGIN_SIZE, "%s", login->id);
    snprintf(under_way.trx.issuer, STORE_ISSUER_SIZE, "%s", bank);
    relay_hash(FUZZED_ENTRANCE, under_way.trx.entrance_hash);
    return 0;
}

static int
fetch(struct relay *here, const struct store_trx *trx, const struct http_request *request,
      struct relay_job *job)
{
    (void)here;
    (void)request;
    under_way.job = job;
    under_way.is_fetch = true;
    under_way.trx = *trx;
    return 0;
}

static const struct relay_upstream upstream = {.begin = begin, .fetch = fetch};

/* The answer of the QR backend: a code, or bytes that it signed. */
static void
generate(const char *text)
{
    struct http_client_answer answer = {.body = text, .body_size = strlen(text), .n_signatures = 1};
    unsigned char mac[HMAC_SHA256_SIZE];
    char hash[2 * sizeof mac + 1];

    hmac_sha256((const unsigned char *)FUZZED_HMAC_KEY, strlen(FUZZED_HMAC_KEY), text, strlen(text),
                mac);
    characters_write_hex(mac, sizeof mac, hash);
    answer.signature = hash;
    under_way.done(under_way.context, &answer);
    under_way.done = NULL;
    relay->wall_ms = NOW_MS;
}

bool
fuzzed_relay_answer(const char *said)
{
    struct store_trx *trx = &under_way.trx;
    bool is_done = false;

    if (under_way.done) {
        generate(said);
        return true;
    }
    if (!under_way.job && !under_way.is_fetch)
        return false;
    if (under_way.is_fetch) {
        MUST(store_trx_verified(relay->store, trx->id, FUZZED_IDENTITY, IDX_LOA,
                                relay->config->confirm == RELAY_CONFIRM_NUMBER, NOW_MS + 300000,
                                &is_done) == 0);
    } else {
        MUST(store_trx_begin(relay->store, trx, &is_done) == 0);
        snprintf(under_way.job->trx, STORE_TRX_SIZE, "%s", trx->id);
        snprintf(under_way.job->url, IDX_URL_SIZE, "https://bank.example.nl/?a=b&c");
    }
    relay_changed(relay, trx->login);
    if (under_way.job)
        relay_job_done(relay, under_way.job, is_done || under_way.is_fetch ? 0 : IDQ_EXPIRED);
    under_way.job = NULL;
    under_way.is_fetch = false;
    return true;
}

/* --- one input ----------------------------------------------------------------------------------
 */

static char *
path_of(const char *name, char **ret_path)
{
    free(*ret_path);
    return *ret_path = files_path(name);
}

static void
prepare_once(void)
{
    static struct relay_bank bank = {BANK, "Bank & \"Co\" <1>"};
    char *paths[3] = {NULL}, *conf = NULL, *conf_path = files_path("relay.conf");
    struct diag diag;
    int made;

    if (asprintf(&conf,
                 "public_url = https://relay.example.nl\nlisten = 127.0.0.1:1\n"
                 "database = %s\nmap_key_file = %s\nsigning_key_file = %s\nupstream = qr-backend\n"
                 "behind_proxy = yes\n"
                 "[acquirer]\nmerchant_id = 0050000001\nacquirer_id = 0050\nlegal_id = NL\n"
                 "directory_url = https://a.example.nl/\ntransaction_url = https://a.example.nl/\n"
                 "status_url = https://a.example.nl/\nmerchant_key_file = /k\n"
                 "merchant_certificate_file = /c\ncertificate_file = /c\n"
                 "[qr-backend]\nurl = https://qr.example.nl/generate\nmerchant_token = a\n"
                 "status_is_return = yes\n"
                 "signing_key = " FUZZED_HMAC_KEY "\n",
                 path_of("relay.db", &paths[0]), path_of("map.key", &paths[1]),
                 path_of("signing.key", &paths[2])) < 0)
        abort();
    files_write("relay.conf", 0600, conf, strlen(conf));
    relay = calloc(1, sizeof *relay);
    MUST(relay);
    if (relay_config_load(conf_path, &config, &diag) != 0 ||
        relay_keys_make(config, &made, &diag) != 0 || !(relay->config = config) ||
        relay_keys_read(relay, &diag) != 0 ||
        store_open(config->database, &relay->store, &diag) != 0 ||
        qr_backend_open(relay, &diag) != 0) {
        fprintf(stderr, "%s: %s\n", diag.file, diag.text);
        abort();
    }
    free(conf);
    free(conf_path);
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
        free(paths[i]);
    MUST(page_style_hash(relay->style_hash) == 0);
    relay->upstream = &upstream;
    relay->banks = &bank;
    relay->n_banks = 1;
    qr_backend = relay->qr_backend;
}

static void
run_sql(const struct database_statement *statement)
{
    MUST(database_run(relay->store->database, statement, NULL, NULL, NULL, NULL) == 0);
}

static void
add_desk(const char *name, const char *token)
{
    struct store_desk desk = {.added_ms = 1};
    bool is_done;

    snprintf(desk.name, sizeof desk.name, "%s", name);
    relay_hash(token, desk.token_hash);
    MUST(store_desk_add(relay->store, &desk, &is_done) == 0 && is_done);
}

/* As no input before it had been. */
static void
reset(void)
{
    static const struct database_statement clear[] = {{"clearing", "DELETE FROM trx"},
                                                      {"clearing", "DELETE FROM login"},
                                                      {"clearing", "DELETE FROM desk"}};

    for (size_t i = 0; i < ARRAY_LENGTH(clear); i++)
        run_sql(&clear[i]);
    memset(relay->jobs, 0, sizeof relay->jobs);
    memset(relay->watches, 0, sizeof relay->watches);
    memset(&under_way, 0, sizeof under_way);
    relay->wall_ms = NOW_MS;
    relay->next_ms = -1;
    add_desk("balie-1", FUZZED_TOKEN);
    add_desk("balie-2", FUZZED_OTHER_TOKEN);
}

/* A login of balie-1 in this state. */
static void
prepare_login(uint8_t where, bool needs_number)
{
    struct store_trx trx = {.id = FUZZED_TRX, .issuer = BANK, .expires_ms = NOW_MS + 100000};
    bool is_done;

    begun = (struct store_login){.id = "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab",
                                 .path = "23456789AB",
                                 .desk = "balie-1",
                                 .nonce = "0123456789abcdef0123456789abcdef",
                                 .station = "Balie <1>",
                                 .service = "su\"do",
                                 .account = "al&ice",
                                 .created_ms = NOW_MS,
                                 .expires_ms = NOW_MS + 300000};
    MUST(store_login_add(relay->store, &begun, &is_done) == 0 && is_done);
    snprintf(begun.trx, sizeof begun.trx, FUZZED_TRX);
    if (where == 'o')
        return;
    snprintf(trx.login, sizeof trx.login, "%s", begun.id);
    relay_hash(FUZZED_ENTRANCE, trx.entrance_hash);
    MUST(store_trx_count(relay->store, begun.id, NOW_MS, &is_done) == 0 && is_done);
    MUST(store_trx_begin(relay->store, &trx, &is_done) == 0 && is_done);
    if (where == 'p')
        return;
    MUST(store_trx_take(relay->store, FUZZED_TRX, NOW_MS, NOW_MS + 1, true, &is_done) == 0 &&
         is_done);
    MUST(store_trx_verified(relay->store, FUZZED_TRX, FUZZED_IDENTITY, IDX_LOA, needs_number,
                            NOW_MS + 300000, &is_done) == 0 &&
         is_done);
    if (where == 's' && needs_number)
        MUST(store_login_number(relay->store, begun.id, true, &is_done) == 0 && is_done);
}

struct relay *
fuzzed_relay_begin(uint8_t where, bool has_qr_backend, bool needs_number,
                   const struct store_login **ret_login)
{
    static const struct database_statement hasty = {"preparing", "PRAGMA synchronous = OFF"};

    if (!relay) {
        prepare_once();
        run_sql(&hasty);
    }
    reset();
    relay->qr_backend = has_qr_backend ? qr_backend : NULL;
    config->confirm = needs_number ? RELAY_CONFIRM_NUMBER : RELAY_CONFIRM_NONE;
    prepare_login(where, needs_number);
    *ret_login = &begun;
    return relay;
}
