/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the official messages of iDIN: a complete status, whose signatures verify and whose values
 * decrypt; each of its bytes changed; and the shapes of other messages, whose signer's certificate
 * is not public. Its certificates are expired, and its times are of 2015. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"

#include <libxml/c14n.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_MS                                                                                  \
    1436955010123 /* 2015-07-15T10:10:10.123Z: the assertion's first and last moment */

static char *sample;

static char *
pem_of(EVP_PKEY *key, X509 *certificate)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes, *text;
    long size;

    ck_assert_int_eq(key ? PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL)
                         : PEM_write_bio_X509(memory, certificate),
                     1);
    size = BIO_get_mem_data(memory, &bytes);
    text = scratch_text("%.*s", (int)size, bytes);
    BIO_free(memory);
    return text;
}

/* The merchant's file has the ciphers of its time. */
static void
read_merchant(void)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
    OSSL_PROVIDER *usual = OSSL_PROVIDER_load(NULL, "default");
    FILE *file = fopen(scratch_text("%s/merchant.p12", idx_vectors()), "re");
    PKCS12 *store = file ? d2i_PKCS12_fp(file, NULL) : NULL;
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;

    ck_assert_msg(legacy && usual && store, "merchant.p12, or OpenSSL's legacy provider");
    ck_assert_int_eq(PKCS12_parse(store, "123456", &key, &certificate, NULL), 1);
    idx_settings.merchant_key = pem_of(key, NULL);
    idx_settings.merchant_certificate = pem_of(NULL, certificate);
    EVP_PKEY_free(key);
    X509_free(certificate);
    PKCS12_free(store);
    fclose(file);
    OSSL_PROVIDER_unload(usual);
    OSSL_PROVIDER_unload(legacy);
}

static void
set_up(void)
{
    idx_fixture_reset();
    read_merchant();
    idx_settings.merchant_id = "4444000000";
    idx_settings.acquirer_id = "4444";
    idx_settings.service_id = 4096;
    idx_settings.skew_s = 60;
    idx_settings.saml_key = NULL;
    idx_settings.routing_certificate = idx_vector("acquirer.cer");
    idx_settings.alternative_certificate = NULL;
    idx_settings.any_transaction = true; /* 1234567890123457, by acquirer 4444 */
    idx_fixture_configure();
    idx_asked.transaction = "1234567890123457";
    idx_asked.reference = "BANKID-1234029966811132";
    idx_asked.issuer = "BANKNL2U";
    idx_asked.received_ms = SAMPLE_MS;
    sample = idx_vector("StatusResponse-Sample.xml");
}

TEST_CASE("sample", .setup = set_up);

TEST(names_its_person)
{
    ck_assert_msg(idx_read(sample) == 0, "%s", idx_failure.reason);
    ck_assert_int_eq(idx_result.status, IDX_SUCCESS);
    ck_assert_str_eq(secret_bytes(idx_result.bin), "Some Subject");
    idx_result_wipe(&idx_result);
}

static const char *const values[] = {
    ">Some Subject</saml:NameID>",
    ">Smith<",
    ">John<",
    ">Jane<",
    ">Sm<",
    ">Jo<",
    ">Ja<",
    ">SJ\xC4\x86<",
};

/* Decrypts the n-th EncryptedData that stands in an element of this name. */
static struct secret *
decrypt(const xmlNode *parent, const char *name, size_t *n)
{
    struct secret *plain = NULL;

    for (const xmlNode *node = parent->children; node && !plain; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (idx_is(node, NS_XENC, name) && (*n)-- == 0)
            ck_assert_int_eq(idx_decrypt(idx_here, node, &plain), 0);
        else
            plain = decrypt(node, name, n);
    }
    return plain;
}

/* All eight are there, each once. */
TEST(decrypts_to_eight_values)
{
    DOC_AUTO *doc = idx_parse(sample, strlen(sample));
    bool is_found[ARRAY_LENGTH(values)] = {false};

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        size_t n = i;
        SECRET_AUTO *plain = decrypt(xmlDocGetRootElement(doc), "EncryptedData", &n);

        ck_assert_ptr_nonnull(plain);
        for (size_t j = 0; j < ARRAY_LENGTH(values); j++)
            if (strstr(secret_bytes(plain), values[j])) {
                ck_assert(!is_found[j]);
                is_found[j] = true;
            }
    }
    for (size_t j = 0; j < ARRAY_LENGTH(values); j++)
        ck_assert_msg(is_found[j], "%s", values[j]);
}

TEST(is_not_valid_at_another_time)
{
    idx_asked.received_ms = SAMPLE_MS + 60000;
    idx_must_be(sample, IDQ_CLOCK);
    idx_asked.received_ms = SAMPLE_MS - 60001;
    idx_must_be(sample, IDQ_CLOCK);
}

TEST(is_of_its_own_acquirer_and_transaction)
{
    idx_settings.any_transaction = false;
    idx_fixture_configure();
    idx_must_be(sample, IDQ_REPLY);
}

/* Signed are the root up to its signature, and SignedInfo. A digit of base64 may have bits that
 * mean nothing, and blanks around a signature's values are not signed. */
static bool
is_signed(size_t at)
{
    const char *root = strstr(sample, "<AcquirerStatusRes"), *end = sample, *next;

    while ((next = strstr(end + 1, "<Signature ")) != NULL)
        end = next;
    const char *info_end = strstr(end, "</SignedInfo>");
    ck_assert(root && info_end);
    return sample + at >= root && sample + at < info_end;
}

/* The text that the signature is over. Freed by the caller. */
static xmlChar *
canonical(const char *xml)
{
    DOC_AUTO *doc = idx_parse(xml, strlen(xml));
    xmlChar *text = NULL;

    ck_assert_ptr_nonnull(doc);
    ck_assert_int_ge(xmlC14NDocDumpMemory(doc, NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 0, &text), 0);
    return text;
}

/* Accepts a change outside of that text: the root declares namespaces that no element has. */
static void
must_be_the_same(const char *changed, size_t at)
{
    xmlChar *text = canonical(changed), *old = canonical(sample);

    ck_assert_msg(xmlStrEqual(text, old), "byte %zu: '%c' for '%c' is believed", at, changed[at],
                  sample[at]);
    ck_assert_str_eq(secret_bytes(idx_result.bin), "Some Subject");
    idx_result_wipe(&idx_result);
    xmlFree(text);
    xmlFree(old);
}

/* 16 parts, so that they may run in parallel and none is slow under valgrind. */
LOOP_TEST(changed_in_a_byte_names_no_person, 16)
{
    static const char changes[] = {1, 0x20}; /* another character, another case */
    size_t size = strlen(sample), n_refused = 0;
    char *changed = malloc(size + 1);

    ck_assert_ptr_nonnull(changed);
    for (size_t at = (size_t)_i; at < size; at += 16)
        for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
            memcpy(changed, sample, size + 1);
            changed[at] = (char)(changed[at] ^ changes[i]);
            if (!is_signed(at))
                continue;
            if (idx_read(changed) == 0)
                must_be_the_same(changed, at);
            else
                n_refused++;
        }
    free(changed);
    ck_assert_uint_gt(n_refused, 2000);
}

TEST_CASE("shapes", .setup = set_up);

static const struct {
    const char *name;
    const char *acquirer;
    int error;
    size_t n_issuers; /* of a directory */
    const char *first, *last;
} shapes[] = {
    {"DirectoryResponse-OK-1", "1234", 0, 5, "INGBNL2A", "INGBNL2E"},
    {"DirectoryResponse-OK-2", "1234", 0, 2, "INGBNL2A", "INGBRO2A"},
    {"DirectoryResponse-OK-3", "1234", 0, 3, "INGBNL2A", "INGBRO2A"},
    {"DirectoryResponse-NoAcquirer", "1234", IDQ_REPLY, 0, NULL, NULL},
    {"DirectoryResponse-NoCreateDateTimestamp", "1234", IDQ_REPLY, 0, NULL, NULL},
    {"DirectoryResponse-NoDirectory", "1234", IDQ_REPLY, 0, NULL, NULL},
    {"DirectoryResponse-NotOkDateFormat", "1234", IDQ_REPLY, 0, NULL, NULL},
    {"TransactionResponse-OK-1", "1234", 0, 0, NULL, NULL},
    {"TransactionResponse-OK-1", "1235", IDQ_REPLY, 0, NULL, NULL},
    {"ErrorResponse-AuthnFailed", "1234", IDQ_BANK_FAILED, 0, "Requester, AuthnFailed", NULL},
    {"ErrorResponse-NoContainer", "1234", IDQ_BANK_FAILED, 0, "an error detail", NULL},
    {"ErrorResponse-Requester", "1234", IDQ_BANK_FAILED, 0, "Requester, RequestUnsupported", NULL},
    {"ErrorResponse-Responder", "1234", IDQ_BANK_FAILED, 0, "SAML Responder", NULL},
};

static int
read_directory_of(const xmlNode *root, size_t n, const char *first, const char *last)
{
    struct idx_directory *directory = NULL;
    int error = idx_directory_of(idx_here, root, &directory, &idx_failure);

    if (error == 0) {
        ck_assert_uint_eq(directory->n_issuers, n);
        ck_assert_str_eq(directory->issuers[0].id, first);
        ck_assert_str_eq(directory->issuers[n - 1].id, last);
    } else {
        ck_assert_ptr_null(directory);
    }
    free(directory);
    return error;
}

static int
read_transaction_of(const xmlNode *root)
{
    struct idx_started started = {.url = ""};
    int error = idx_transaction_of(idx_here, root, &started, &idx_failure);

    ck_assert_str_eq(started.url, error ? "" : "https://example.com");
    ck_assert_str_eq(started.transaction, error ? "" : "1234000000002144");
    return error;
}

LOOP_TEST(are_read_or_refused, ARRAY_LENGTH(shapes))
{
    char *text = idx_vector(scratch_text("messages/%s.xml", shapes[_i].name));
    if (strstr(text, "http://example.com")) /* no address of a bank */
        text = idx_replaced(text, "http://example.com", "https://example.com");
    DOC_AUTO *doc = idx_parse(text, strlen(text));
    const xmlNode *root = xmlDocGetRootElement(doc);
    int error;

    idx_settings.acquirer_id = shapes[_i].acquirer;
    idx_settings.merchant_id = scratch_text("%s000000", shapes[_i].acquirer);
    idx_settings.any_transaction = false;
    idx_fixture_configure();
    memset(&idx_failure, 0, sizeof idx_failure);
    if (strncmp(shapes[_i].name, "Dir", 3) == 0)
        error = read_directory_of(root, shapes[_i].n_issuers, shapes[_i].first, shapes[_i].last);
    else if (strncmp(shapes[_i].name, "Tra", 3) == 0)
        error = read_transaction_of(root);
    else
        error = idx_error_of(root, &idx_failure);
    ck_assert_msg(error == shapes[_i].error, "%s: %s", shapes[_i].name, idx_failure.reason);
    ck_assert_int_eq(error == 0, idx_failure.reason[0] == '\0');
    if (error == IDQ_BANK_FAILED) {
        ck_assert_ptr_nonnull(strstr(idx_failure.reason, "the acquirer reports EC4200: "));
        ck_assert_str_eq(idx_failure.consumer_message,
                         "You should display this message to consumers");
        ck_assert_msg(strstr(idx_failure.reason, shapes[_i].first) != NULL, "%s",
                      idx_failure.reason);
    }
}

/* Their signer is not pinned: none is believed. */
LOOP_TEST(are_not_signed_by_our_acquirer, ARRAY_LENGTH(shapes))
{
    char *text = idx_vector(scratch_text("messages/%s.xml", shapes[_i].name));
    struct idx_directory *directory = NULL;
    struct idx_started started = {.url = ""};

    ck_assert_int_eq(
        strncmp(shapes[_i].name, "Tra", 3) == 0
            ? idx_read_transaction(idx_here, text, strlen(text), &started, &idx_failure)
            : idx_read_directory(idx_here, text, strlen(text), &directory, &idx_failure),
        IDQ_SIGNATURE);
    ck_assert_ptr_null(directory);
    ck_assert_str_eq(started.url, "");
    ck_assert_str_eq(idx_failure.consumer_message, "");
}

static const char *
begin(void)
{
    const char *why_not = idx_vectors_why_not();

    return why_not ? why_not : idx_fixture_begin();
}

RUN_TESTS("idx_official", begin());
