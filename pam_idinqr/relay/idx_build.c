/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this. It reads the settings and the keys, and writes the requests. */
#include "pam_idinqr/relay/idx_parts.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/text.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define SUB_ID_MAX   999999

/* --- settings --------------------------------------------------------------------------------- */

/* OpenSSL would ask the terminal for the passphrase of a key. */
static int
give_no_passphrase(char *to, int size, int is_to_write, void *user)
{
    (void)to, (void)size, (void)is_to_write, (void)user;
    return -1;
}

static bool
is_rsa(const EVP_PKEY *key)
{
    return key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
           EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
}

/* The key of a PEM, or NULL. */
static EVP_PKEY *
read_key(const char *pem)
{
    BIO *memory = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    EVP_PKEY *key = memory ? PEM_read_bio_PrivateKey(memory, NULL, give_no_passphrase, NULL) : NULL;

    BIO_free(memory);
    if (!is_rsa(key)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* The public key of a certificate in PEM, and its fingerprint. Its dates say nothing here: it is
 * pinned. Or NULL. */
static EVP_PKEY *
read_certificate(const char *pem, char ret_name[IDX_FINGERPRINT])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    BIO *memory = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    X509 *certificate = memory ? PEM_read_bio_X509(memory, NULL, give_no_passphrase, NULL) : NULL;
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate) : NULL;

    if (!is_rsa(key) || X509_digest(certificate, EVP_sha1(), hash, &size) != 1 ||
        OPENSSL_buf2hexstr_ex(ret_name, IDX_FINGERPRINT, NULL, hash, size, '\0') != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    X509_free(certificate);
    BIO_free(memory);
    return key;
}

/* NULL for good settings. */
static const char *
trouble_of(const struct idx_settings *settings)
{
    struct https_url url;

    if (!settings->acquirer_id || !characters_have_form(settings->acquirer_id, "0000"))
        return "the acquirer's id is not 4 digits";
    if (!settings->merchant_id || !characters_have_form(settings->merchant_id, "0000000000") ||
        strncmp(settings->merchant_id, settings->acquirer_id, 4) != 0)
        return "the merchant's id is not 10 digits that begin with the acquirer's id";
    if (settings->sub_id > SUB_ID_MAX)
        return "the sub-id is larger than 999999";
    if (!settings->legal_id || !*settings->legal_id || strlen(settings->legal_id) > 64 ||
        !characters_are_visible_ascii(settings->legal_id, strlen(settings->legal_id)))
        return "the legal id is not 1 to 64 visible characters";
    if (!settings->return_url || strlen(settings->return_url) >= IDX_URL_SIZE ||
        https_url_parse(settings->return_url, strlen(settings->return_url), &url) != 0)
        return "the return URL is not https, or longer than 512 bytes";
    if (settings->service_id == 0 || settings->service_id > UINT16_MAX)
        return "the service id is not 1 to 65535";
    if (settings->skew_s > IDX_SKEW_S_MAX)
        return "the clocks may differ by 60 seconds at most";
    return NULL;
}

static const char *
read_keys(const struct idx_settings *settings, struct idx *idx)
{
    EVP_PKEY *own;

    idx->merchant_key = read_key(settings->merchant_key);
    if (!idx->merchant_key)
        return "the merchant's key is not an RSA key of 2048 to 4096 bits in PEM";
    own = read_certificate(settings->merchant_certificate, idx->merchant_name);
    bool is_ours = own && EVP_PKEY_eq(own, idx->merchant_key) == 1;
    EVP_PKEY_free(own);
    if (!is_ours)
        return "the merchant's certificate is not of the merchant's key";
    idx->saml_key = read_key(settings->saml_key ? settings->saml_key : settings->merchant_key);
    if (!idx->saml_key)
        return "the SAML key is not an RSA key of 2048 to 4096 bits in PEM";
    idx->routing[0].key = read_certificate(settings->routing_certificate, idx->routing[0].name);
    if (!idx->routing[0].key)
        return "the routing certificate has no RSA key of 2048 to 4096 bits in PEM";
    if (settings->alternative_certificate) {
        idx->routing[1].key =
            read_certificate(settings->alternative_certificate, idx->routing[1].name);
        if (!idx->routing[1].key)
            return "the alternative certificate has no RSA key of 2048 to 4096 bits in PEM";
    }
    return NULL;
}

int
idx_new(const struct idx_settings *settings, struct idx **ret_idx, struct diag *ret_diag)
{
    IDX_AUTO *idx = calloc(1, sizeof *idx);
    const char *trouble;

    if (!idx)
        return IDQ_SYSTEM;
    trouble = trouble_of(settings);
    if (!trouble)
        trouble = read_keys(settings, idx);
    if (trouble) {
        diag_set(ret_diag, "%s", trouble);
        return IDQ_CONFIG;
    }
    idx->settings = *settings;
    idx->settings.merchant_key = idx->settings.merchant_certificate = idx->settings.saml_key = NULL;
    idx->settings.routing_certificate = idx->settings.alternative_certificate = NULL;
    if (!idx->settings.loa)
        idx->settings.loa = IDX_LOA;
    *ret_idx = idx;
    idx = NULL;
    return 0;
}

void
idx_free(struct idx **idx)
{
    if (!*idx)
        return;
    EVP_PKEY_free((*idx)->merchant_key);
    EVP_PKEY_free((*idx)->saml_key);
    for (size_t i = 0; i < ARRAY_LENGTH((*idx)->routing); i++)
        EVP_PKEY_free((*idx)->routing[i].key);
    free(*idx);
    *idx = NULL;
}

/* --- requests --------------------------------------------------------------------------------- */

/* libxml2's functions accept a NULL of one that failed. The end of a request checks that all of its
 * parts are there: memory was short, or a call is wrong. */
static xmlNode *
add(xmlNode *parent, xmlNs *ns, const char *name, const char *text)
{
    return parent ? xmlNewTextChild(parent, ns, (const xmlChar *)name, (const xmlChar *)text)
                  : NULL;
}

static bool
set(xmlNode *node, const char *name, const char *value)
{
    return node && xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static xmlNs *
declare(xmlNode *node, const char *uri, const char *prefix)
{
    return node ? xmlNewNs(node, (const xmlChar *)uri, (const xmlChar *)prefix) : NULL;
}

static int
format_time(int64_t ms, char ret_text[IDX_TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    size_t length = 0;

    if (ms >= 0 && gmtime_r(&seconds, &utc))
        length = strftime(ret_text, IDX_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    if (length != 19)
        return IDQ_CONFIG;
    snprintf(ret_text + length, IDX_TIME_SIZE - length, ".%03dZ", (int)(ms % 1000));
    return 0;
}

/* A message with its time and, where it has one, its issuer. Returns the root, or NULL. */
static xmlNode *
begin(xmlDoc *doc, const char *name, const char *time, const char *issuer)
{
    xmlNode *root = doc ? xmlNewDocNode(doc, NULL, (const xmlChar *)name, NULL) : NULL;
    xmlNs *ns = declare(root, NS_IDX, NULL);

    if (!ns)
        return NULL;
    xmlDocSetRootElement(doc, root);
    xmlSetNs(root, ns);
    if (!set(root, "version", IDX_VERSION) || !set(root, "productID", IDX_PRODUCT) ||
        !add(root, ns, "createDateTimestamp", time))
        return NULL;
    if (issuer && !add(add(root, ns, "Issuer", NULL), ns, "issuerID", issuer))
        return NULL;
    return root;
}

/* The element Merchant, or NULL. */
static xmlNode *
add_merchant(const struct idx *idx, xmlNode *root)
{
    char sub_id[16];
    xmlNode *merchant = root ? add(root, root->ns, "Merchant", NULL) : NULL;

    snprintf(sub_id, sizeof sub_id, "%u", idx->settings.sub_id);
    if (!merchant || !add(merchant, root->ns, "merchantID", idx->settings.merchant_id) ||
        !add(merchant, root->ns, "subID", sub_id))
        return NULL;
    return merchant;
}

/* Signs and writes. */
static int
finish(const struct idx *idx, xmlNode *root, char **ret_xml, size_t *ret_size)
{
    xmlChar *text = NULL;
    int size = 0;
    char *xml;

    if (!root || idx_sign(idx, root) != 0)
        return IDQ_SYSTEM;
    xmlDocDumpMemoryEnc(root->doc, &text, &size, "UTF-8");
    xml = text && size > 0 ? malloc((size_t)size + 1) : NULL;
    if (xml) {
        memcpy(xml, text, (size_t)size + 1);
        *ret_xml = xml;
        *ret_size = (size_t)size;
    }
    xmlFree(text);
    return xml ? 0 : IDQ_SYSTEM;
}

int
idx_build_directory(const struct idx *idx, int64_t now_ms, char **ret_xml, size_t *ret_size)
{
    char time[IDX_TIME_SIZE];

    if (format_time(now_ms, time) != 0)
        return IDQ_CONFIG;
    DOC_AUTO *doc = xmlNewDoc(NULL);
    xmlNode *root = begin(doc, "DirectoryReq", time, NULL);
    return finish(idx, add_merchant(idx, root) ? root : NULL, ret_xml, ret_size);
}

int
idx_build_status(const struct idx *idx, const char *transaction, int64_t now_ms, char **ret_xml,
                 size_t *ret_size)
{
    char time[IDX_TIME_SIZE];

    if (!characters_have_form(transaction, "0000000000000000") || format_time(now_ms, time) != 0)
        return IDQ_CONFIG;
    DOC_AUTO *doc = xmlNewDoc(NULL);
    xmlNode *root = begin(doc, "AcquirerStatusReq", time, NULL);
    if (!add_merchant(idx, root) ||
        !add(add(root, root->ns, "Transaction", NULL), root->ns, "transactionID", transaction))
        return IDQ_SYSTEM;
    return finish(idx, root, ret_xml, ret_size);
}

/* SAML's question, as the published libraries write it. Returns whether it is complete. */
static bool
add_request(const struct idx *idx, const struct idx_request *request, const char *time,
            xmlNode *container)
{
    char service[16];
    xmlNode *question =
        container ? xmlNewChild(container, NULL, (const xmlChar *)"AuthnRequest", NULL) : NULL;
    xmlNs *samlp = declare(question, NS_SAMLP, "samlp"), *saml = declare(question, NS_SAML, "saml");
    xmlNode *context;

    if (!samlp || !saml)
        return false;
    xmlSetNs(question, samlp);
    snprintf(service, sizeof service, "%u", idx->settings.service_id);
    bool is_made = set(question, "ID", request->reference) && set(question, "Version", "2.0") &&
                   set(question, "IssueInstant", time) && set(question, "ForceAuthn", "true") &&
                   (idx->settings.with_consent ? set(question, "Consent", "true")
                                               : set(question, "IsPassive", "false")) &&
                   set(question, "ProtocolBinding", "nl:bvn:bankid:1.0:protocol:iDx") &&
                   set(question, "AssertionConsumerServiceURL", idx->settings.return_url) &&
                   set(question, "AttributeConsumingServiceIndex", service) &&
                   add(question, saml, "Issuer", idx->settings.merchant_id) &&
                   (idx->settings.without_conditions || add(question, saml, "Conditions", NULL));
    context = is_made ? add(question, samlp, "RequestedAuthnContext", NULL) : NULL;
    return set(context, "Comparison", "minimum") &&
           add(context, saml, "AuthnContextClassRef", idx->settings.loa) &&
           (idx->settings.without_conditions || add(question, samlp, "Scoping", NULL));
}

static bool
is_code(const char *text, size_t size)
{
    return *text && strlen(text) < size &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
               strlen(text);
}

static bool
is_request(const struct idx_request *request)
{
    return idx_is_bic(request->issuer) && strlen(request->language) == 2 &&
           strspn(request->language, "abcdefghijklmnopqrstuvwxyz") == 2 &&
           is_code(request->entrance_code, IDX_CODE_SIZE) &&
           is_code(request->reference, IDX_REFERENCE_SIZE) &&
           !strchr("0123456789", request->reference[0]) && request->expiry_s >= IDX_EXPIRY_MIN &&
           request->expiry_s <= IDX_EXPIRY_MAX;
}

int
idx_build_transaction(const struct idx *idx, const struct idx_request *request, int64_t now_ms,
                      char **ret_xml, size_t *ret_size)
{
    char time[IDX_TIME_SIZE], period[16];
    xmlNode *root, *transaction = NULL;

    if (!is_request(request) || format_time(now_ms, time) != 0)
        return IDQ_CONFIG;
    /* Whole minutes where they are: the form that every reader knows. */
    snprintf(period, sizeof period, request->expiry_s % 60 ? "PT%uM%uS" : "PT%uM",
             request->expiry_s / 60, request->expiry_s % 60);
    DOC_AUTO *doc = xmlNewDoc(NULL);
    root = begin(doc, "AcquirerTrxReq", time, request->issuer);
    if (add(add_merchant(idx, root), root ? root->ns : NULL, "merchantReturnURL",
            idx->settings.return_url))
        transaction = add(root, root->ns, "Transaction", NULL);
    if (!transaction || !add(transaction, root->ns, "expirationPeriod", period) ||
        !add(transaction, root->ns, "language", request->language) ||
        !add(transaction, root->ns, "entranceCode", request->entrance_code) ||
        !add_request(idx, request, time, add(transaction, root->ns, "container", NULL)))
        return IDQ_SYSTEM;
    return finish(idx, root, ret_xml, ret_size);
}

int
idx_new_code(char *ret_code, size_t size)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = 0;

    while (length + 1 < size) {
        unsigned char byte;
        size_t n = length == 0 ? 52 : 62;

        if (RAND_bytes(&byte, 1) != 1)
            return IDQ_SYSTEM;
        if (byte < 256 / n * n) /* each character is as likely */
            ret_code[length++] = characters[byte % n];
    }
    ret_code[length] = '\0';
    return 0;
}
