/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/idx_fixture.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BANK_NAME "Example Bank"

struct party idx_acquirer, idx_next_acquirer, idx_bank, idx_merchant, idx_saml, idx_attacker;
struct idx_settings idx_settings;
struct idx *idx_here;
struct idx_story idx_story;
struct idx_asked idx_asked;
struct idx_result idx_result;
struct idx_failure idx_failure;
unsigned idx_n_taken;

static struct idx_settings usual;

const char *
idx_fixture_begin(void)
{
    if (idx_init() != 0 || party_new("Acquirer", &idx_acquirer) != 0 ||
        party_new("Next acquirer", &idx_next_acquirer) != 0 ||
        party_new(BANK_NAME, &idx_bank) != 0 || party_new("Merchant", &idx_merchant) != 0 ||
        party_new("Merchant's SAML", &idx_saml) != 0 || party_new("Attacker", &idx_attacker) != 0)
        abort();
    usual = (struct idx_settings){
        .merchant_id = "1234567890",
        .acquirer_id = "1234",
        .legal_id = IDX_LEGAL_ID,
        .return_url = "https://relay.example.nl/return?a=1&b=2",
        .service_id = IDX_BIN,
        .skew_s = 10,
        .merchant_key = scratch_keep(party_key_pem(&idx_merchant)),
        .merchant_certificate = scratch_keep(party_certificate_pem(&idx_merchant)),
        .saml_key = scratch_keep(party_key_pem(&idx_saml)),
        .routing_certificate = scratch_keep(party_certificate_pem(&idx_acquirer)),
        .alternative_certificate = scratch_keep(party_certificate_pem(&idx_next_acquirer)),
    };
    return NULL;
}

static int
take(void *context, const char *id)
{
    const char *used = context; /* "": nothing can be stored */

    ck_assert_ptr_nonnull(id);
    if (used && !*used)
        return IDQ_SYSTEM;
    if (used && strcmp(used, id) == 0)
        return IDQ_OTHER_CODE;
    idx_n_taken++;
    return 0;
}

void
idx_fixture_configure(void)
{
    struct diag diag = {.text = ""};

    idx_free(&idx_here);
    ck_assert_msg(idx_new(&idx_settings, &idx_here, &diag) == 0, "%s", diag.text);
}

void
idx_fixture_reset(void)
{
    idx_settings = usual;
    idx_fixture_configure();
    idx_story = (struct idx_story){
        .statement = {.bank = &idx_bank,
                      .merchant = idx_saml.key,
                      .id = "ID-42",
                      .issuer = IDX_ISSUER,
                      .legal_id = IDX_LEGAL_ID,
                      .loa = IDX_LOA,
                      .service = "16384",
                      .subject = IDX_SUBJECT,
                      .from_ms = IDX_NOW,
                      .end_ms = IDX_NOW + 30000},
        .acquirer_id = "1234",
        .transaction = IDX_TRANSACTION,
        .reference = IDX_REFERENCE,
        .status = "Success",
        .code = "Success",
        .second_code = "Success",
        .has_response = true,
        .has_assertion = true,
    };
    idx_asked = (struct idx_asked){.transaction = IDX_TRANSACTION,
                                   .reference = IDX_REFERENCE,
                                   .issuer = IDX_ISSUER,
                                   .received_ms = IDX_NOW + 1000,
                                   .take_assertion = take};
    idx_n_taken = 0;
}

/* --- the story -------------------------------------------------------------------------------- */

static char *
keep(char *text)
{
    ck_assert_ptr_nonnull(text);
    return scratch_keep(text);
}

char *
idx_story_assertion(void)
{
    char *text = keep(answer_assertion(&idx_story.statement));

    if (idx_story.from)
        text = idx_replaced(text, idx_story.from, idx_story.to);
    return keep(answer_sign_assertion(idx_story.statement.bank, strdup(text), idx_story.signature));
}

char *
idx_story_body(void)
{
    const char *assertion = idx_story.assertion;
    char *response = NULL;

    if (!assertion && idx_story.has_assertion)
        assertion = idx_story_assertion();
    if (idx_story.has_response)
        response = answer_response(IDX_NOW, idx_story.reference, IDX_ISSUER, idx_story.code,
                                   idx_story.second_code, assertion ? strdup(assertion) : NULL);
    return keep(answer_status(idx_story.acquirer_id, IDX_NOW, idx_story.transaction,
                              idx_story.status, response));
}

char *
idx_signed(const struct party *party, const char *canonical)
{
    return keep(signer_finish(party, strdup(canonical)));
}

char *
idx_story_message(void)
{
    return idx_signed(&idx_acquirer, idx_story_body());
}

int
idx_read(const char *xml)
{
    struct idx_result untouched;
    int error;

    memset(&idx_result, 0xAA, sizeof idx_result);
    untouched = idx_result;
    memset(&idx_failure, 0xAA, sizeof idx_failure);
    error = idx_read_status(idx_here, xml, strlen(xml), &idx_asked, &idx_result, &idx_failure);
    if (error) {
        ck_assert_msg(memcmp(&untouched, &idx_result, sizeof untouched) == 0, "a result is left");
        ck_assert_msg(idx_failure.reason[0] != '\0', "an error without a reason");
    } else {
        ck_assert_str_eq(idx_failure.reason, "");
    }
    return error;
}

void
idx_must_be(const char *xml, int error)
{
    int found = idx_read(xml);

    ck_assert_msg(found == error, "%s (%s) in place of %s", error_word((enum idq_error)found),
                  idx_failure.reason, error_word((enum idq_error)error));
}

/* --- texts ------------------------------------------------------------------------------------ */

char *
idx_replaced(const char *text, const char *from, const char *to)
{
    const char *place = strstr(text, from);

    ck_assert_msg(place != NULL, "no %s in %.200s", from, text);
    return scratch_text("%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
}

char *
idx_between(const char *text, const char *begin, const char *end)
{
    const char *from = strstr(text, begin), *to = from ? strstr(from, end) : NULL;

    ck_assert_msg(to != NULL, "no %s ... %s", begin, end);
    return scratch_text("%.*s", (int)(to + strlen(end) - from), from);
}

char *
idx_command(const char *command)
{
    char buffer[4096];
    FILE *output = popen(command, "re");
    size_t size = output ? fread(buffer, 1, sizeof buffer - 1, output) : 0;

    ck_assert_ptr_nonnull(output);
    buffer[size] = '\0';
    return scratch_text("%sstatus %d\n", buffer, pclose(output));
}

/* --- the official messages -------------------------------------------------------------------- */

const char *
idx_vectors(void)
{
    const char *named = getenv("IDQ_VECTORS");

    return named ? named : "";
}

const char *
idx_vectors_why_not(void)
{
    return access(idx_vectors(), R_OK) == 0
               ? NULL
               : "IDQ_VECTORS names no directory of iDIN's official messages";
}

char *
idx_vector(const char *name)
{
    return scratch_read(scratch_text("%s/%s", idx_vectors(), name));
}

/* One schema for the envelope and for SAML in its container, which iDx's own leaves open. */
static char *
schema(const char *directory)
{
    char *path = scratch_path(directory, "all.xsd");

    scratch_write(
        path, 0600,
        scratch_text("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">"
                     "<xs:import namespace=\"" NS_IDX "\""
                     " schemaLocation=\"%s/schema/idx.merchant-acquirer.1.0.xsd\"/>"
                     "<xs:import namespace=\"" NS_SAMLP "\""
                     " schemaLocation=\"%s/schema/saml-schema-protocol-2.0.xsd\"/></xs:schema>",
                     idx_vectors(), idx_vectors()));
    return path;
}

void
idx_must_validate(const char *xml, const struct party *signer)
{
    char *directory = scratch_dir("idx"), *message = scratch_path(directory, "message.xml");
    char *certificate = scratch_path(directory, "certificate.pem"), *said;

    scratch_write(message, 0600, xml);
    scratch_write(certificate, 0600, keep(party_certificate_pem(signer)));
    said = idx_command(
        scratch_text("xmllint --nonet --noout --schema %s %s 2>&1", schema(directory), message));
    ck_assert_msg(strstr(said, "message.xml validates\nstatus 0\n") != NULL, "%s%s", said, xml);
    said = idx_command(
        scratch_text("xmlsec1 --verify --enabled-key-data key-name --pubkey-cert-pem:%s %s"
                     " --node-xpath \"/*/*[local-name()='Signature']\" %s 2>&1",
                     signer->name, certificate, message));
    ck_assert_msg(strncmp(said, "OK\n", 3) == 0 && strstr(said, "status 0\n"), "%s%s", said, xml);
}
