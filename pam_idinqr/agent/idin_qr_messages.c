/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on answers from the network. */
#include "pam_idinqr/agent/idin_qr_messages.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/common/text.h"

#include <limits.h>
#include <string.h>

/* At least four pixels a module, for a code with 300 bytes and a logo. The time to read a picture
 * grows with its area, while the person waits. */
#define SIZE_PX         400
#define IDIN_SERVICE_ID 16384 /* the BIN, and no other personal data */
#define USE_CASE        "01"  /* at most 4 scans, at most 15 minutes */

struct secret *
idin_qr_write_generate(const struct generate_request *request)
{
    char expiration[sizeof "2026-12-31 23:59:59"];
    struct tm utc;

    if (!gmtime_r(&request->expiration, &utc) ||
        strftime(expiration, sizeof expiration, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        return NULL;
    return json_text_write(
        json_pack("{s:s, s:I, s:s, s:i, s:i, s:s, s:s*, s:s*, s:s*, s:s*}", "merchant_token",
                  request->merchant_token, "merchant_sub_id", (json_int_t)request->merchant_sub_id,
                  "expiration", expiration, "size", SIZE_PX, "idin_service_id", IDIN_SERVICE_ID,
                  "use_case", USE_CASE, "nonce", request->nonce, "station", request->station,
                  "service", request->service, "account", request->account));
}

struct secret *
idin_qr_write_status(const struct status_request *request)
{
    return json_text_write(json_pack("{s:s, s:s, s:i, s:s*, s:s*}", "merchant_token",
                                     request->merchant_token, "qr_id", request->qr_id, "wait",
                                     request->wait_s, "nonce", request->nonce, "number",
                                     request->number));
}

struct secret *
idin_qr_write_cancel(const char *merchant_token, const char *qr_id)
{
    return json_text_write(
        json_pack("{s:s, s:s}", "merchant_token", merchant_token, "qr_id", qr_id));
}

static bool
is_set(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);

    return member && !json_is_null(member);
}

/* Whether the answer repeats a text of the request, or has none where none was sent. */
static bool
repeats(const json_t *object, const char *name, const char *text)
{
    const json_t *member = json_object_get(object, name);

    if (!text)
        return !is_set(object, name);
    return json_string_length(member) == strlen(text) &&
           memcmp(json_string_value(member), text, strlen(text)) == 0;
}

int
idin_qr_read_generate(const char *body, size_t size, const struct generate_request *request,
                      struct generate_answer *ret_answer, const char **ret_problem)
{
    JSON_AUTO *object = json_text_read(body, size);
    struct generate_answer answer = {0};

    *ret_problem = request->is_relay ? "an answer without qr_id and qr_payload or qr_url"
                                     : "an answer without qr_id and qr_url";
    if (!object || json_text_required(object, "qr_id", answer.qr_id, sizeof answer.qr_id))
        return IDQ_REPLY;
    if (request->is_relay && is_set(object, "qr_payload")
            ? json_text_required(object, "qr_payload", answer.qr_payload, sizeof answer.qr_payload)
            : json_text_required(object, "qr_url", answer.qr_url, sizeof answer.qr_url))
        return IDQ_REPLY;
    *ret_problem = "the relay does not repeat nonce, station, service and account: the code is of "
                   "another login, or the relay of an older version";
    if (request->is_relay && !(request->nonce && repeats(object, "nonce", request->nonce) &&
                               repeats(object, "station", request->station) &&
                               repeats(object, "service", request->service) &&
                               repeats(object, "account", request->account)))
        return IDQ_REPLY;
    *ret_answer = answer;
    return 0;
}

static const struct {
    const char *word;
    enum provider_state state;
    int outcome; /* if the state is PROVIDER_DONE */
    bool is_of_relay;
} statuses[] = {
    {"open", PROVIDER_OPEN, IDQ_OK, false},
    {"pending", PROVIDER_SCANNED, IDQ_OK, false},
    {"number", PROVIDER_NUMBER, IDQ_OK, true},
    {"success", PROVIDER_DONE, IDQ_OK, false},
    {"cancelled", PROVIDER_DONE, IDQ_REFUSED, false},
    {"expired", PROVIDER_DONE, IDQ_EXPIRED, false},
    {"failure", PROVIDER_DONE, IDQ_BANK_FAILED, false},
    {"wrong-number", PROVIDER_DONE, IDQ_WRONG_NUMBER, true},
};

/* Returns IDQ_NO_SUBJECT or IDQ_TRANSIENT for a BIN that opens nothing. */
static int
read_bin(const json_t *object, char ret_subject[SUBJECT_MAX + 1])
{
    const json_t *bin = json_object_get(object, "bin");
    size_t size = json_string_length(bin);

    if (size == 0 || size > SUBJECT_MAX)
        return IDQ_NO_SUBJECT;
    memcpy(ret_subject, json_string_value(bin), size + 1);
    return subject_check_bin(ret_subject);
}

/* Reads a relay's hash of the person, which stands in the map as it is. Returns IDQ_REPLY for any
 * other text. */
static int
read_hash(const json_t *object, char ret_subject[SUBJECT_MAX + 1])
{
    const json_t *identity = json_object_get(object, "identity");
    size_t size = json_string_length(identity);

    if (!is_set(object, "identity"))
        return IDQ_NO_SUBJECT;
    if (!json_is_string(identity) || !subject_is_hash(json_string_value(identity), size))
        return IDQ_REPLY;
    memcpy(ret_subject, json_string_value(identity), size + 1);
    return 0;
}

/* Reads the identity of a success. Returns 0, also for an identity that opens nothing, or
 * IDQ_REPLY. */
static int
read_identity(const json_t *object, bool is_relay, struct result_message *ret_result,
              const char **ret_problem)
{
    int error;

    if (is_set(object, is_relay ? "bin" : "identity")) {
        *ret_problem = is_relay ? "a BIN, although relay = yes: see idinqr.conf(5)"
                                : "an identity of a relay, without relay = yes in idinqr.conf";
        return IDQ_REPLY;
    }
    error =
        is_relay ? read_hash(object, ret_result->subject) : read_bin(object, ret_result->subject);
    if (error) /* returns no personal data */
        secret_wipe(ret_result->subject, sizeof ret_result->subject);
    ret_result->outcome = error;
    if (!error &&
        (json_text_optional(object, "issuer_id", ret_result->issuer, sizeof ret_result->issuer) ||
         json_text_optional(object, "loa", ret_result->loa, sizeof ret_result->loa)))
        error = IDQ_REPLY;
    if (error != IDQ_REPLY)
        return 0;
    result_wipe(ret_result);
    return IDQ_REPLY;
}

static int
read_retry_after(const json_t *object, long *ret_retry_after_s)
{
    const json_t *member = json_object_get(object, "retry_after");
    json_int_t seconds;

    *ret_retry_after_s = -1;
    if (!member || json_is_null(member))
        return 0;
    seconds = json_integer_value(member);
    if (!json_is_integer(member) || seconds < 0 || seconds > INT_MAX)
        return IDQ_REPLY;
    *ret_retry_after_s = (long)seconds;
    return 0;
}

/* Each wrong number leaves fewer tries, so the questions come to an end. */
static int
read_tries_left(const json_t *object, unsigned most, unsigned *ret_tries_left,
                const char **ret_problem)
{
    const json_t *member = json_object_get(object, "tries_left");
    json_int_t tries_left = json_integer_value(member);

    *ret_problem = "a request for the number without a right tries_left";
    if (!json_is_integer(member) || tries_left < 1 || tries_left > (json_int_t)most)
        return IDQ_REPLY;
    *ret_tries_left = (unsigned)tries_left;
    return 0;
}

/* Returns whether the answer belongs to this request. A recorded answer has a valid signature too,
 * so only the nonce distinguishes them. Neither nonce is secret, so the comparison needs no
 * constant time. */
static int
check_is_ours(const json_t *object, const struct status_request *request, const char **ret_problem)
{
    const json_t *member = json_object_get(object, "nonce");
    char qr_id[QR_ID_MAX + 1], nonce[PROVIDER_NONCE_SIZE];

    if (json_text_required(object, "qr_id", qr_id, sizeof qr_id))
        return IDQ_REPLY;
    *ret_problem = error_text(IDQ_OTHER_CODE);
    if (strcmp(qr_id, request->qr_id) != 0)
        return IDQ_OTHER_CODE;
    if (!request->nonce)
        return 0;
    *ret_problem = "the endpoint does not repeat the nonce: see status_nonce in idinqr.conf(5)";
    if (!member || json_is_null(member))
        return IDQ_OTHER_CODE;
    *ret_problem = "an answer with the nonce of another login: a cache, or a replay";
    return json_text_required(object, "nonce", nonce, sizeof nonce) ||
                   strcmp(nonce, request->nonce) != 0
               ? IDQ_OTHER_CODE
               : 0;
}

int
idin_qr_read_status(const char *body, size_t size, const struct status_request *request,
                    struct provider_status *ret_status, long *ret_retry_after_s,
                    const char **ret_problem)
{
    JSON_AUTO *object = json_text_read(body, size);
    char word[32];
    int error;

    memset(ret_status, 0, sizeof *ret_status);
    *ret_problem = error_text(IDQ_REPLY);
    error = object ? check_is_ours(object, request, ret_problem) : IDQ_REPLY;
    if (error)
        return error;
    *ret_problem = error_text(IDQ_REPLY);
    if (json_text_required(object, "status", word, sizeof word) ||
        read_retry_after(object, ret_retry_after_s))
        return IDQ_REPLY;
    ret_status->state = PROVIDER_DONE;
    ret_status->result.outcome = IDQ_BANK_FAILED;
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++)
        if (strcmp(statuses[i].word, word) == 0 &&
            (request->is_relay || !statuses[i].is_of_relay)) {
            ret_status->state = statuses[i].state;
            ret_status->result.outcome = statuses[i].outcome;
        }
    /* Some backends do not count scans. These report "pending" before the scan. */
    ret_status->was_scanned = ret_status->state == PROVIDER_SCANNED ||
                              ret_status->state == PROVIDER_NUMBER ||
                              json_integer_value(json_object_get(object, "scans")) > 0;
    if (ret_status->state >= PROVIDER_NUMBER &&
        json_text_optional(object, "transaction_id", ret_status->result.transaction,
                           sizeof ret_status->result.transaction))
        return IDQ_REPLY;
    if (ret_status->state == PROVIDER_NUMBER)
        return read_tries_left(object, request->tries_most, &ret_status->tries_left, ret_problem);
    if (ret_status->state == PROVIDER_DONE && ret_status->result.outcome == IDQ_OK)
        return read_identity(object, request->is_relay, &ret_status->result, ret_problem);
    return 0;
}
