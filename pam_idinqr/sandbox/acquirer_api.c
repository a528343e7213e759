/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests of a relay. A transaction is a code whose bank is chosen, and
 * whose end leads the phone back to the relay. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/sandbox/acquirer_answers.h"
#include "pam_idinqr/sandbox/acquirer_trx.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "pam_idinqr/sandbox/settings_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XML_TYPE    "text/xml; charset=utf-8"
#define MERCHANT_ID ACQUIRER_ID "000001"
#define LEGAL_ID    "NL00ZZZ00000000"
#define BANKS_MAX   16
#define MONTH_MS    ((int64_t)30 * 24 * 60 * 60 * 1000)

int
acquirer_api_open(struct sandbox *sandbox)
{
    sandbox->acquirer = calloc(1, sizeof *sandbox->acquirer);
    if (!sandbox->acquirer || party_new("Sandbox acquirer", &sandbox->acquirer->acquirer) != 0 ||
        party_new("Sandbox bank", &sandbox->acquirer->bank) != 0 ||
        party_new("Sandbox merchant", &sandbox->acquirer->merchant) != 0)
        return IDQ_SYSTEM;
    return 0;
}

void
acquirer_api_close(struct sandbox *sandbox)
{
    if (!sandbox->acquirer)
        return;
    party_free(&sandbox->acquirer->acquirer);
    party_free(&sandbox->acquirer->bank);
    party_free(&sandbox->acquirer->merchant);
    free(sandbox->acquirer);
    sandbox->acquirer = NULL;
}

/* Writes a text that is made by malloc, or NULL; wipes and frees it. */
static int
write_file(const struct state_dir *dir, const char *name, mode_t mode, char *text)
{
    int error = text ? state_dir_write(dir, name, mode, text) : IDQ_SYSTEM;

    if (text)
        secret_wipe(text, strlen(text));
    free(text);
    return error;
}

/* The relay uses the sandbox's own certificate: both are on this machine. */
static char *
relay_conf(const struct sandbox *sandbox, const char *relay_url, const char *dir)
{
    const char *base = sandbox->base_url;
    char key_hex[2 * SANDBOX_SIGNING_KEY + 1];
    char *text = NULL, *whole = NULL;

    if (asprintf(&text,
                 "# Written by idinqr-sandbox(1) at its start. The banks are a sandbox.\n"
                 "public_url = %s\n"
                 "listen = %s\n"
                 "certificate_file = %s/tls.pem\n"
                 "key_file = %s/tls.key\n"
                 "database = %s/db/relay.db\n"
                 "map_key_file = %s/relay-map.key\n"
                 "signing_key_file = %s/relay-signing.key\n"
                 "ca_file = %s/" SETTINGS_CA_FILE "\n"
                 "upstream = %s\n"
                 "\n[acquirer]\n"
                 "merchant_id = " MERCHANT_ID "\n"
                 "acquirer_id = " ACQUIRER_ID "\n"
                 "legal_id = " LEGAL_ID "\n"
                 "directory_url = %s" ACQUIRER_DIRECTORY_PATH "\n"
                 "transaction_url = %s" ACQUIRER_TRANSACTION_PATH "\n"
                 "status_url = %s" ACQUIRER_STATUS_PATH "\n"
                 "merchant_key_file = %s/merchant.key\n"
                 "merchant_certificate_file = %s/merchant.pem\n"
                 "certificate_file = %s/acquirer.pem\n",
                 relay_url, relay_url + strlen("https://"), dir, dir, dir, dir, dir, dir,
                 sandbox->relay_url ? "qr-backend"
                 : sandbox->is_cm   ? "cm"
                                    : "acquirer",
                 base, base, base, dir, dir, dir) < 0)
        return NULL;
    if (!sandbox->relay_url && !sandbox->is_cm)
        return text;
    characters_write_hex(sandbox->signing_key, sizeof sandbox->signing_key, key_hex);
    if ((sandbox->is_cm ? asprintf(&whole,
                                   "%s\n[cm]\n"
                                   "url = %s" CM_PATH "\n"
                                   "merchant_token = %s\n",
                                   text, base, sandbox->merchant_token)
                        : asprintf(&whole,
                                   "%s\n[qr-backend]\n"
                                   "url = %s" IDIN_QR_GENERATE_PATH "\n"
                                   "merchant_token = %s\n"
                                   "signing_key = %s\n"
                                   "signing_key_encoding = hex\n",
                                   text, base, sandbox->merchant_token, key_hex)) < 0)
        whole = NULL;
    secret_wipe(key_hex, sizeof key_hex);
    free(text);
    return whole;
}

int
acquirer_api_write(const struct sandbox *sandbox, const struct state_dir *dir,
                   const struct certificates *certificates, const char *relay_url)
{
    const struct parties *acquirer = sandbox->acquirer;

    if (write_file(dir, "acquirer.pem", 0644, party_certificate_pem(&acquirer->acquirer)) < 0 ||
        write_file(dir, "merchant.pem", 0644, party_certificate_pem(&acquirer->merchant)) < 0 ||
        write_file(dir, "merchant.key", 0600, party_key_pem(&acquirer->merchant)) < 0 ||
        state_dir_write(dir, "tls.pem", 0644, certificates->server) < 0 ||
        state_dir_write(dir, "tls.key", 0600, certificates->server_key) < 0)
        return IDQ_SYSTEM;
    return write_file(dir, "relay.conf", 0600, relay_conf(sandbox, relay_url, dir->path));
}

/* --- answers ------------------------------------------------------------------------------------
 */

static int64_t
wall_ms(const struct sandbox *sandbox)
{
    return sandbox_wall_clock_s(sandbox) * 1000;
}

/* Signs and sends an answer, which it takes over; by another key if `is_forged`. */
static int
reply(const struct sandbox *sandbox, struct http_reply *reply, char *answer, bool is_forged)
{
    struct party signer = sandbox->acquirer->acquirer;
    char *message;

    if (is_forged)
        signer.key = sandbox->acquirer->bank.key;
    message = signer_finish(&signer, answer);
    return http_reply_take(reply, 200, XML_TYPE, message, message ? strlen(message) : 0);
}

static int
reply_error(const struct sandbox *sandbox, struct http_reply *ret_reply, const char *code,
            const char *why)
{
    return reply(sandbox, ret_reply,
                 answer_error(wall_ms(sandbox), code, why,
                              "The bank cannot help you now. (De bank kan u nu niet helpen.)",
                              NULL),
                 false);
}

static int
reply_down(const struct sandbox *sandbox, struct http_reply *ret_reply)
{
    return reply_error(sandbox, ret_reply, "SO1100", "the issuer is not available");
}

/* Reads a request. Returns ACQUIRER_GO_ON, or what was replied. */
static int
admit(struct sandbox *sandbox, struct http_request *http, enum acquirer_request_kind kind,
      struct acquirer_request *ret_request, struct http_reply *ret_reply)
{
    const char *why;

    if (!sandbox->acquirer)
        return phone_pages_unknown(sandbox, http, ret_reply);
    if (!http_content_type_is(http->content_type, "text/xml"))
        return http_reply_copy(ret_reply, 415, "text/plain", "", 0);
    switch (acquirer_request_read(kind, http->body, http->body_size, &sandbox->acquirer->merchant,
                                  ret_request, &why)) {
    case 0:
        break;
    case IDQ_SIGNATURE:
        return reply_error(sandbox, ret_reply, "SE2700", why);
    default:
        return reply_error(sandbox, ret_reply, "IX1100", why);
    }
    return strcmp(ret_request->merchant_id, MERCHANT_ID) == 0
               ? ACQUIRER_GO_ON
               : reply_error(sandbox, ret_reply, "AP1100", "the merchant is not known");
}

int
acquirer_api_directory(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply)
{
    struct answer_issuer issuers[BANKS_MAX];
    struct acquirer_request asked;
    const struct bank *bank;
    size_t n = 0;
    int64_t now_ms = wall_ms(sandbox);
    int admitted = admit(sandbox, request, ACQUIRER_DIRECTORY, &asked, ret_reply);

    if (admitted != ACQUIRER_GO_ON)
        return admitted;
    events_add(&sandbox->events, sandbox->codes.now_ms, EVENT_DIRECTORY, "", "");
    if (fault_on(&sandbox->faults, FAULT_ACQUIRER_DIRECTORY_GARBAGE))
        return http_reply_copy(ret_reply, 200, XML_TYPE, "<html>", strlen("<html>"));
    for (; n < BANKS_MAX && (bank = bank_at(n)); n++)
        issuers[n] = (struct answer_issuer){"Nederland", bank->bic, bank->name};
    return reply(sandbox, ret_reply,
                 answer_directory(ACQUIRER_ID, now_ms, now_ms - now_ms % MONTH_MS, issuers, n),
                 false);
}

int
acquirer_api_transaction(struct sandbox *sandbox, struct http_request *request,
                         struct http_reply *ret_reply)
{
    struct acquirer_request asked;
    char url[ACQUIRER_URL_SIZE];
    struct code *code;
    int error, result = admit(sandbox, request, ACQUIRER_TRANSACTION, &asked, ret_reply);

    if (result == ACQUIRER_GO_ON)
        result = acquirer_trx_spoil(sandbox, request, ACQUIRER_TRANSACTION, XML_TYPE, ret_reply);
    if (result == ACQUIRER_FAIL)
        return reply_down(sandbox, ret_reply);
    if (result != ACQUIRER_GO_ON)
        return result;
    const struct bank *bank = acquirer_trx_bank(asked.issuer);
    if (!bank)
        return reply_error(sandbox, ret_reply, "AP1200", "the issuer is not known");
    error = acquirer_trx_begin(sandbox, &asked, bank, &code, url);
    if (error == IDQ_BUSY)
        return reply_error(sandbox, ret_reply, "SO1200", "too many transactions");
    if (error < 0)
        return error;
    return reply(sandbox, ret_reply,
                 answer_transaction(ACQUIRER_ID, wall_ms(sandbox), url, code->transaction_id),
                 fault_on(&sandbox->faults, FAULT_ACQUIRER_SIGNATURE_WRONG));
}

/* --- status -------------------------------------------------------------------------------------
 */

/* SAML's answer with the identity, encrypted for the merchant and signed by the bank. Or NULL. */
static char *
response_of(const struct sandbox *sandbox, const struct code *code)
{
    int64_t now_ms = wall_ms(sandbox);
    char id[1 + TOKEN_UUID_SIZE] = "A";
    const struct bank_statement statement = {.bank = &sandbox->acquirer->bank,
                                             .merchant = sandbox->acquirer->merchant.key,
                                             .id = id,
                                             .issuer = code->issuer->bic,
                                             .legal_id = LEGAL_ID,
                                             .loa = SANDBOX_LEVEL_OF_ASSURANCE,
                                             .service = "16384",
                                             .subject = code->bin,
                                             .from_ms = now_ms,
                                             .end_ms = now_ms + ACQUIRER_ASSERTION_MS};

    if (token_uuid(id + 1) < 0)
        return NULL;
    return answer_response(
        now_ms, code->reference, code->issuer->bic, "Success", "Success",
        answer_sign_assertion(&sandbox->acquirer->bank, answer_assertion(&statement), NULL));
}

int
acquirer_api_status(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply)
{
    struct acquirer_request asked;
    char *response = NULL, *answer;
    int result = admit(sandbox, request, ACQUIRER_STATUS, &asked, ret_reply);

    if (result != ACQUIRER_GO_ON)
        return result;
    struct code *code = codes_by_transaction(&sandbox->codes, asked.transaction);
    if (!code)
        return reply_error(sandbox, ret_reply, "AP2600", "the transaction is not known");
    result = acquirer_trx_spoil(sandbox, request, ACQUIRER_STATUS, XML_TYPE, ret_reply);
    if (result == ACQUIRER_FAIL)
        return reply_down(sandbox, ret_reply);
    if (result != ACQUIRER_GO_ON)
        return result;
    if (fault_on(&sandbox->faults, FAULT_ACQUIRER_STATUS_DOWN))
        return http_reply_copy(ret_reply, 502, "text/html", "<html>", strlen("<html>"));
    const char *status = acquirer_trx_status(sandbox, code);
    if (strcmp(status, "Success") == 0) {
        response = acquirer_trx_is_late(sandbox, code)
                       ? answer_response(wall_ms(sandbox), code->reference, ACQUIRER_ID,
                                         "Requester", "RequestDenied", NULL)
                       : response_of(sandbox, code);
        if (!response)
            return IDQ_SYSTEM;
    }
    answer = answer_status(ACQUIRER_ID, wall_ms(sandbox), code->transaction_id, status, response);
    code_told(&sandbox->codes, code);
    return reply(sandbox, ret_reply, answer,
                 fault_on(&sandbox->faults, FAULT_ACQUIRER_STATUS_SIGNATURE_WRONG));
}
