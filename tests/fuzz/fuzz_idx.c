/* SPDX-License-Identifier: BSD-3-Clause */
/* What an acquirer answers. The first byte says how the rest is used: 's', an answer that the
 * acquirer signs before it is read; 'n', the plain text of a subject, in an answer that is right
 * otherwise; any other, an answer as it comes, which no acquirer signed: nothing is believed. The
 * keys are new in each run. An assertion carries its own certificate. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/idx_parts.h"
#include "pam_idinqr/sandbox/acquirer_answers.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#define NOW_MS      1800000000123
#define TRANSACTION "1234000000000042"
#define REFERENCE   "R4mZ0000000000000000000000000000042"
#define ISSUER      "INGBNL2A"
#define LEGAL_ID    "NL00ZZZ12345678"

static struct party party; /* merchant, acquirer and bank */
static struct idx *idx;

static int
take(void *context, const char *id)
{
    (void)context;
    MUST(id[0] && strlen(id) < IDX_ID_SIZE && characters_are_visible_ascii(id, strlen(id)));
    return 0;
}

static const struct idx_asked asked = {.transaction = TRANSACTION,
                                       .reference = REFERENCE,
                                       .issuer = ISSUER,
                                       .received_ms = NOW_MS,
                                       .take_assertion = take};

static void
begin(void)
{
    struct diag diag;
    char *key, *certificate;

    MUST(idx_init() == 0 && party_new("Party", &party) == 0);
    key = party_key_pem(&party);
    certificate = party_certificate_pem(&party);
    const struct idx_settings settings = {.merchant_id = "1234567890",
                                          .acquirer_id = "1234",
                                          .legal_id = LEGAL_ID,
                                          .return_url = "https://relay.example.nl/",
                                          .service_id = IDX_BIN,
                                          .skew_s = IDX_SKEW_S_MAX,
                                          .merchant_key = key,
                                          .merchant_certificate = certificate,
                                          .routing_certificate = certificate};
    MUST(idx_new(&settings, &idx, &diag) == 0);
    free(key);
    free(certificate);
}

static void
check_failure(int error, const struct idx_failure *failure)
{
    const char *words = failure->consumer_message;

    MUST(error_is_known(error));
    MUST((error == 0) == (failure->reason[0] == '\0'));
    MUST(characters_are_printable_ascii(failure->reason, strlen(failure->reason)));
    MUST((error == IDQ_BANK_FAILED) ==
         (strncmp(failure->reason, "the acquirer reports ", 21) == 0));
    MUST(error == IDQ_BANK_FAILED || !*words);
    MUST(characters_are_clean(words, strlen(words)));
}

static int
read_directory(const char *xml, size_t size)
{
    struct idx_failure failure;
    struct idx_directory *directory = NULL;
    int error = idx_read_directory(idx, xml, size, &directory, &failure);

    check_failure(error, &failure);
    MUST((error == 0) == (directory != NULL));
    for (size_t i = 0; directory && i < directory->n_issuers; i++) {
        const struct idx_issuer *issuer = &directory->issuers[i];

        MUST(idx_is_bic(issuer->id));
        MUST(*issuer->name && characters_are_clean(issuer->name, strlen(issuer->name)));
    }
    MUST(!directory || directory->n_issuers > 0);
    free(directory);
    return error;
}

static int
read_transaction(const char *xml, size_t size)
{
    struct idx_failure failure;
    struct idx_started started = {.url = ""};
    struct https_url url;
    int error = idx_read_transaction(idx, xml, size, &started, &failure);

    check_failure(error, &failure);
    if (error == 0) {
        MUST(https_url_parse(started.url, strlen(started.url), &url) == 0);
        MUST(characters_have_form(started.transaction, "1234000000000000"));
    } else {
        MUST(!*started.url && !*started.transaction);
    }
    return error;
}

/* `is_ours`: a subject in it can be right. */
static int
read_status(const char *xml, size_t size, bool is_ours)
{
    struct idx_failure failure;
    struct idx_result result = {.bin = NULL};
    int error = idx_read_status(idx, xml, size, &asked, &result, &failure);

    check_failure(error, &failure);
    if (error) {
        MUST(target_is_zero(&result, sizeof result));
        return error;
    }
    MUST(result.status >= IDX_OPEN && result.status <= IDX_FAILED);
    MUST((result.status == IDX_SUCCESS) == (result.bin != NULL));
    if (result.bin) {
        MUST(is_ours);
        MUST(subject_check_bin(secret_bytes(result.bin)) == 0);
    }
    idx_result_wipe(&result);
    return 0;
}

static void
read_unsigned(const char *xml, size_t size)
{
    MUST(read_directory(xml, size) != 0);
    MUST(read_transaction(xml, size) != 0);
    MUST(read_status(xml, size, false) != 0);
}

/* Our own signature stands for the acquirer's: it is the same key. */
static void
read_signed(const char *xml, size_t size)
{
    DOC_AUTO *doc = idx_parse(xml, size);
    xmlChar *text = NULL;
    int text_size = 0;

    if (!doc || idx_sign(idx, xmlDocGetRootElement(doc)) != 0)
        return;
    xmlDocDumpMemoryEnc(doc, &text, &text_size, "UTF-8");
    MUST(text != NULL);
    (void)read_directory((const char *)text, (size_t)text_size);
    (void)read_transaction((const char *)text, (size_t)text_size);
    (void)read_status((const char *)text, (size_t)text_size, false);
    xmlFree(text);
}

static void
read_subject(const char *plain)
{
    const struct bank_statement statement = {.bank = &party,
                                             .merchant = party.key,
                                             .id = "ID-1",
                                             .issuer = ISSUER,
                                             .legal_id = LEGAL_ID,
                                             .loa = IDX_LOA,
                                             .service = "16384",
                                             .plain = plain,
                                             .from_ms = NOW_MS,
                                             .end_ms = NOW_MS + 1};
    char *assertion = answer_sign_assertion(&party, answer_assertion(&statement), NULL);
    char *response = answer_response(NOW_MS, REFERENCE, ISSUER, "Success", "Success", assertion);
    char *message =
        signer_finish(&party, answer_status("1234", NOW_MS, TRANSACTION, "Success", response));
    int error;

    MUST(message != NULL);
    error = read_status(message, strlen(message), true);
    MUST(error == 0 || error == IDQ_REPLY || error == IDQ_NO_SUBJECT || error == IDQ_TRANSIENT);
    free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (!idx)
        begin();
    if (size == 0)
        return 0;
    text = target_copy(data + 1, size - 1);
    if (data[0] == 's') {
        read_signed(text, size - 1);
    } else if (data[0] == 'n') {
        char *plain = strndup(text, size - 1);

        MUST(plain != NULL);
        read_subject(plain);
        free(plain);
    } else {
        read_unsigned(text, size - 1);
    }
    free(text);
    return 0;
}
