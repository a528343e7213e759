/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on requests of monitoring programs and of strangers. */
#include <build.h>

#include "pam_idinqr/relay/relay_monitor.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/relay.h"
#include "pam_idinqr/relay/relay_keys.h"
#include "pam_idinqr/web/server.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASK_STORE_MS  1000 /* at most once in this time, as strangers may ask for it */
#define METRICS_TYPE  "text/plain; version=0.0.4; charset=utf-8"
#define PREFIX        "idinqr_relay_"
#define MS_IN_SECONDS 1000.0

/* --- counting -------------------------------------------------------------------------------- */

static const int bucket_ends_ms[RELAY_BUCKETS_MAX] = {50, 100, 250, 500, 1000, 2500, 5000, 10000};

void
relay_monitor_answered(struct relay *relay, const char *route, unsigned status)
{
    struct relay_counts *counts = &relay->counts;

    for (size_t i = 0; i < RELAY_ROUTES_MAX; i++) {
        if (counts->routes[i].name && strcmp(counts->routes[i].name, route) != 0)
            continue;
        counts->routes[i].name = route;
        if (status >= 200 && status < 600)
            counts->routes[i].n[status / 100 - 2]++;
        return;
    }
}

void
relay_monitor_asked(struct relay *relay, enum relay_upstream_request what, int error,
                    int64_t duration_ms)
{
    struct relay_counts *counts = &relay->counts;

    counts->asked[what].n++;
    counts->asked[what].n_errors += error != 0;
    counts->asked[what].sum_ms += duration_ms;
    for (size_t i = 0; i < RELAY_BUCKETS_MAX; i++)
        counts->asked[what].buckets[i] += duration_ms <= bucket_ends_ms[i];
}

/* The first certificate of a file. */
static int64_t
read_end(const char *path)
{
    SECRET_AUTO *pem = NULL;
    struct diag diag;
    struct tm parts;
    X509 *certificate = NULL;
    BIO *bio = NULL;
    int64_t end = 0;

    if (relay_pem_read(path, TRUSTED_FILE_OPEN_TEXT, &pem, &diag) == 0 && pem)
        bio = BIO_new_mem_buf(secret_bytes(pem), (int)secret_size(pem));
    if (bio)
        certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (certificate && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) == 1)
        end = (int64_t)timegm(&parts);
    X509_free(certificate);
    BIO_free(bio);
    return end;
}

void
relay_monitor_open(struct relay *relay)
{
    const struct relay_config *config = relay->config;
    int64_t *ends = relay->counts.certificate_ends;

    ends[RELAY_CERTIFICATE_SERVER] = read_end(config->certificate_file);
    ends[RELAY_CERTIFICATE_MERCHANT] = read_end(config->acquirer.merchant_certificate_file);
    ends[RELAY_CERTIFICATE_ACQUIRER] = read_end(config->acquirer.certificate_file);
    ends[RELAY_CERTIFICATE_ALTERNATIVE] = read_end(config->acquirer.alternative_certificate_file);
}

/* --- /healthz -------------------------------------------------------------------------------- */

static int
reply_health(struct http_reply *reply, bool is_well)
{
    const char *text = is_well ? "ok\n" : "not ok\n";

    return http_reply_header(reply, "Cache-Control", "no-store") < 0
               ? IDQ_SYSTEM
               : http_reply_copy(reply, is_well ? 200 : 503, "text/plain", text, strlen(text));
}

int
health_live(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    (void)relay;
    (void)request;
    return reply_health(ret_reply, true);
}

static bool
is_store_there(struct relay *relay)
{
    struct relay_counts *counts = &relay->counts;
    struct store_count n;

    if (relay->wall_ms < counts->ready_ms || relay->wall_ms - counts->ready_ms >= ASK_STORE_MS) {
        counts->is_store_there = store_login_count(relay->store, "", relay->wall_ms, &n) == 0;
        counts->ready_ms = relay->wall_ms;
    }
    return counts->is_store_there;
}

int
health_ready(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    (void)request;
    return reply_health(ret_reply,
                        !relay->is_stopping && relay->n_banks > 0 && is_store_there(relay));
}

/* --- /metrics -------------------------------------------------------------------------------- */

static void
begin(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void
print_one(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    begin(out, name, type, help);
    fprintf(out, PREFIX "%s %llu\n", name, (unsigned long long)value);
}

/* Two states may have the same word. */
static void
print_logins(FILE *out, const struct relay_counts *counts)
{
    begin(out, "logins_total", "counter", "Logins that have ended, by outcome.");
    for (enum store_state state = STORE_TAKEN; state < STORE_STATES; state++) {
        uint64_t n = 0;
        bool is_first = true;
        for (enum store_state other = STORE_TAKEN; other < STORE_STATES; other++) {
            if (strcmp(relay_outcome(other), relay_outcome(state)) != 0)
                continue;
            n += counts->ends[other];
            is_first = is_first && other >= state;
        }
        if (is_first)
            fprintf(out, PREFIX "logins_total{outcome=\"%s\"} %llu\n", relay_outcome(state),
                    (unsigned long long)n);
    }
}

static void
print_routes(FILE *out, const struct relay_counts *counts)
{
    begin(out, "http_requests_total", "counter", "Answered requests, by route and status class.");
    for (size_t i = 0; i < RELAY_ROUTES_MAX && counts->routes[i].name; i++)
        for (size_t k = 0; k < ARRAY_LENGTH(counts->routes[i].n); k++)
            fprintf(out, PREFIX "http_requests_total{route=\"%s\",code=\"%zuxx\"} %llu\n",
                    counts->routes[i].name, k + 2, (unsigned long long)counts->routes[i].n[k]);
}

static void
print_upstream(FILE *out, const struct relay_counts *counts)
{
    static const char *const words[RELAY_ASKS] = {[RELAY_ASK_CODE] = "code",
                                                  [RELAY_ASK_DIRECTORY] = "directory",
                                                  [RELAY_ASK_STATUS] = "status",
                                                  [RELAY_ASK_TRANSACTION] = "transaction"};

    begin(out, "upstream_errors_total", "counter",
          "Requests to the upstream without a usable answer.");
    for (size_t i = 0; i < RELAY_ASKS; i++)
        fprintf(out, PREFIX "upstream_errors_total{request=\"%s\"} %llu\n", words[i],
                (unsigned long long)counts->asked[i].n_errors);
    begin(out, "upstream_request_duration_seconds", "histogram",
          "How long the upstream took to answer.");
    for (size_t i = 0; i < RELAY_ASKS; i++) {
        for (size_t k = 0; k < RELAY_BUCKETS_MAX; k++)
            fprintf(out,
                    PREFIX "upstream_request_duration_seconds_bucket{request=\"%s\",le=\"%g\"} "
                           "%llu\n",
                    words[i], bucket_ends_ms[k] / MS_IN_SECONDS,
                    (unsigned long long)counts->asked[i].buckets[k]);
        fprintf(out,
                PREFIX
                "upstream_request_duration_seconds_bucket{request=\"%s\",le=\"+Inf\"} %llu\n" PREFIX
                "upstream_request_duration_seconds_sum{request=\"%s\"} %.3f\n" PREFIX
                "upstream_request_duration_seconds_count{request=\"%s\"} %llu\n",
                words[i], (unsigned long long)counts->asked[i].n, words[i],
                (double)counts->asked[i].sum_ms / MS_IN_SECONDS, words[i],
                (unsigned long long)counts->asked[i].n);
    }
}

static void
print_gauges(FILE *out, const struct relay *relay)
{
    static const char *const words[RELAY_CERTIFICATES] = {[RELAY_CERTIFICATE_SERVER] = "server",
                                                          [RELAY_CERTIFICATE_MERCHANT] = "merchant",
                                                          [RELAY_CERTIFICATE_ACQUIRER] = "acquirer",
                                                          [RELAY_CERTIFICATE_ALTERNATIVE] =
                                                              "acquirer-alternative"};

    begin(out, "certificate_expiry_timestamp_seconds", "gauge",
          "When a certificate ends that this relay has read, in seconds since 1970.");
    for (size_t i = 0; i < RELAY_CERTIFICATES; i++)
        if (relay->counts.certificate_ends[i] != 0)
            fprintf(out, PREFIX "certificate_expiry_timestamp_seconds{certificate=\"%s\"} %lld\n",
                    words[i], (long long)relay->counts.certificate_ends[i]);
    if (relay->banks_ms > 0) {
        begin(out, "directory_timestamp_seconds", "gauge",
              "When the acquirer gave the list of banks, in seconds since 1970.");
        fprintf(out, PREFIX "directory_timestamp_seconds %lld\n",
                (long long)(relay->banks_ms / 1000));
    }
    begin(out, "build_info", "gauge", "The version of this relay; the value is 1.");
    fprintf(out, PREFIX "build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
}

int
metrics_get(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    const struct relay_counts *counts = &relay->counts;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)request;
    if (!out)
        return IDQ_SYSTEM;
    print_logins(out, counts);
    print_one(out, "codes_total", "counter", "Codes that were made.", counts->codes);
    print_one(out, "transactions_total", "counter",
              "Transactions that the acquirer has started. Each costs money.",
              counts->transactions);
    print_one(out, "desks_waiting", "gauge", "Desks whose question is held until there is news.",
              server_held(relay->server, RELAY_STATUS_ROUTE));
    print_one(out, "phones_waiting", "gauge", "Phones that wait for the acquirer.",
              server_held(relay->server, RELAY_LINK_ROUTE) +
                  server_held(relay->server, RELAY_RETURN_ROUTE));
    print_routes(out, counts);
    begin(out, "refused_by_limit_total", "counter", "Codes that a limit has refused.");
    fprintf(out,
            PREFIX "refused_by_limit_total{limit=\"codes_per_desk\"} %llu\n" PREFIX
                   "refused_by_limit_total{limit=\"codes_in_all\"} %llu\n",
            (unsigned long long)counts->refused[RELAY_CODES_PER_DESK],
            (unsigned long long)counts->refused[RELAY_CODES_IN_ALL]);
    print_one(out, "store_errors_total", "counter", "Calls to the database that failed.",
              store_errors(relay->store));
    print_upstream(out, counts);
    print_gauges(out, relay);
    if (fclose(out) != 0) {
        free(text);
        return IDQ_SYSTEM;
    }
    return http_reply_take(ret_reply, 200, METRICS_TYPE, text, size);
}
