/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on XML from the network that may not be signed. xmlsec verifies, and follows
 * nothing: the shape of a signature is checked before, its key is given, and each transform is on a
 * list. */
#include "pam_idinqr/relay/idx_parts.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/wiping_heap.h"

#include <libxml/parser.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>
#include <xmlsec/base64.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/templates.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

#define ENVELOPED  NS_DS "enveloped-signature"
#define EXC_C14N   "http://www.w3.org/2001/10/xml-exc-c14n#"
#define RSA_SHA256 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define SHA256     NS_XENC "sha256"

/* Both libraries would print parts of a message. */
static void
say_nothing(const char *file, int line, const char *function, const char *object,
            const char *subject, int reason, const char *text)
{
    (void)file, (void)line, (void)function, (void)object, (void)subject, (void)reason, (void)text;
}

static void
print_nothing(void *context, const char *format, ...)
{
    (void)context, (void)format;
}

int
idx_init(void)
{
    if (xmlMemSetup(wiping_heap_free, wiping_heap_malloc, wiping_heap_realloc,
                    wiping_heap_strdup) != 0)
        return IDQ_SYSTEM;
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, print_nothing);
    xmlSecErrorsSetCallback(say_nothing);
    if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1 || xmlSecOpenSSLInit() < 0)
        return IDQ_SYSTEM;
    xmlSecErrorsSetCallback(say_nothing); /* xmlSecOpenSSLInit sets its own */
    xmlSecIOCleanupCallbacks();
    return 0;
}

void
idx_end(void)
{
    xmlSecOpenSSLShutdown();
    xmlSecShutdown();
    xmlCleanupParser();
}

/* --- the shape -------------------------------------------------------------------------------- */

bool
idx_is_algorithm(const xmlNode *node, const char *algorithm)
{
    return idx_has_only(node, "Algorithm") && idx_attribute_is(node, "Algorithm", algorithm);
}

static bool
is_plain_algorithm(const xmlNode *node, const char *algorithm)
{
    return idx_is_algorithm(node, algorithm) && idx_is_empty(node);
}

/* Some banks list prefixes whose declarations are signed too. */
static bool
has_prefixes_alone(const xmlNode *transform)
{
    xmlNode *prefixes;
    const struct idx_child children[] = {
        {IDX_OPTIONAL, EXC_C14N, "InclusiveNamespaces", &prefixes}};

    return idx_children(transform, children, ARRAY_LENGTH(children)) == 0 &&
           (!prefixes || (idx_has_only(prefixes, "PrefixList") && idx_is_empty(prefixes)));
}

static bool
is_reference(const xmlNode *reference, const char *uri, bool may_have_prefixes)
{
    char value[64];
    xmlNode *transforms, *method, *digest, *enveloped, *c14n;
    const struct idx_child children[] = {{IDX_ONE, NS_DS, "Transforms", &transforms},
                                         {IDX_ONE, NS_DS, "DigestMethod", &method},
                                         {IDX_ONE, NS_DS, "DigestValue", &digest}};
    const struct idx_child both[] = {{IDX_ONE, NS_DS, "Transform", &enveloped},
                                     {IDX_ONE, NS_DS, "Transform", &c14n}};

    if (!idx_has_only(reference, "URI") || !idx_attribute_is(reference, "URI", uri) ||
        idx_children(reference, children, ARRAY_LENGTH(children)) != 0 ||
        idx_children(transforms, both, ARRAY_LENGTH(both)) != 0)
        return false;
    return idx_has_only(transforms, NULL) && is_plain_algorithm(enveloped, ENVELOPED) &&
           idx_is_algorithm(c14n, EXC_C14N) &&
           (may_have_prefixes ? has_prefixes_alone(c14n) : idx_is_empty(c14n)) &&
           is_plain_algorithm(method, SHA256) && idx_has_only(digest, NULL) &&
           idx_text(digest, value, sizeof value) == 0;
}

/* Checks every element of a signature but its KeyInfo, and all attributes. */
static bool
has_shape(const xmlNode *signature, const char *uri, bool may_have_prefixes, xmlNode **ret_key_info)
{
    char text[2048];
    xmlNode *info, *value, *c14n, *method, *reference;
    const struct idx_child children[] = {{IDX_ONE, NS_DS, "SignedInfo", &info},
                                         {IDX_ONE, NS_DS, "SignatureValue", &value},
                                         {IDX_ONE, NS_DS, "KeyInfo", ret_key_info}};
    const struct idx_child parts[] = {{IDX_ONE, NS_DS, "CanonicalizationMethod", &c14n},
                                      {IDX_ONE, NS_DS, "SignatureMethod", &method},
                                      {IDX_ONE, NS_DS, "Reference", &reference}};

    return idx_has_only(signature, NULL) &&
           idx_children(signature, children, ARRAY_LENGTH(children)) == 0 &&
           idx_children(info, parts, ARRAY_LENGTH(parts)) == 0 && idx_has_only(info, NULL) &&
           is_plain_algorithm(c14n, EXC_C14N) && is_plain_algorithm(method, RSA_SHA256) &&
           is_reference(reference, uri, may_have_prefixes) && idx_has_only(value, NULL) &&
           idx_text(value, text, sizeof text) == 0;
}

/* --- the value -------------------------------------------------------------------------------- */

/* xmlsec's key of a key of OpenSSL, or NULL. */
static xmlSecKey *
key_of(EVP_PKEY *key)
{
    xmlSecKey *wrapped = xmlSecKeyCreate();
    xmlSecKeyData *data = NULL;

    if (wrapped && EVP_PKEY_up_ref(key) == 1) {
        data = xmlSecOpenSSLEvpKeyAdopt(key);
        if (!data)
            EVP_PKEY_free(key);
    }
    if (!data || xmlSecKeySetValue(wrapped, data) < 0) {
        if (data)
            xmlSecKeyDataDestroy(data);
        if (wrapped)
            xmlSecKeyDestroy(wrapped);
        return NULL;
    }
    return wrapped;
}

/* A context that has this key, and knows our transforms alone. Or NULL. */
static xmlSecDSigCtx *
context_of(EVP_PKEY *key, xmlSecTransformUriType uris)
{
    xmlSecDSigCtx *context = xmlSecDSigCtxCreate(NULL);

    if (!context)
        return NULL;
    context->enabledReferenceUris = uris;
    context->signKey = key_of(key);
    if (!context->signKey ||
        xmlSecDSigCtxEnableReferenceTransform(context, xmlSecTransformEnvelopedId) < 0 ||
        xmlSecDSigCtxEnableReferenceTransform(context, xmlSecTransformExclC14NId) < 0 ||
        xmlSecDSigCtxEnableReferenceTransform(context, xmlSecOpenSSLTransformSha256Id) < 0 ||
        xmlSecDSigCtxEnableSignatureTransform(context, xmlSecTransformExclC14NId) < 0 ||
        xmlSecDSigCtxEnableSignatureTransform(context, xmlSecOpenSSLTransformRsaSha256Id) < 0) {
        xmlSecDSigCtxDestroy(context);
        return NULL;
    }
    return context;
}

static int
verify(xmlNode *signature, EVP_PKEY *key, xmlSecTransformUriType uris)
{
    xmlSecDSigCtx *context = context_of(key, uris);
    int error = IDQ_SIGNATURE;

    if (context && xmlSecDSigCtxVerify(context, signature) == 0 &&
        context->status == xmlSecDSigStatusSucceeded &&
        xmlSecPtrListGetSize(&context->signedInfoReferences) == 1 &&
        xmlSecPtrListGetSize(&context->manifestReferences) == 0)
        error = 0;
    if (context)
        xmlSecDSigCtxDestroy(context);
    return error;
}

/* --- the whole message ------------------------------------------------------------------------ */

int
idx_verify(const struct idx *idx, xmlNode *root, const char **ret_reason)
{
    char name[IDX_FINGERPRINT];
    xmlNode *signature = NULL, *key_info, *key_name;
    const struct idx_child children[] = {{IDX_ONE, NS_DS, "KeyName", &key_name}};
    EVP_PKEY *key = NULL;

    *ret_reason = "the answer is not signed as the protocol says";
    for (xmlNode *node = xmlFirstElementChild(root); node; node = idx_next(node)) {
        if (signature)
            return IDQ_SIGNATURE; /* it is not the last */
        if (idx_is(node, NS_DS, "Signature"))
            signature = node;
    }
    if (!signature || !has_shape(signature, "", false, &key_info) ||
        idx_children(key_info, children, ARRAY_LENGTH(children)) != 0 ||
        idx_text(key_name, name, sizeof name) != 0)
        return IDQ_SIGNATURE;
    *ret_reason = "the answer names a certificate that is not configured";
    for (size_t i = 0; i < ARRAY_LENGTH(idx->routing); i++)
        if (idx->routing[i].key && strcmp(idx->routing[i].name, name) == 0)
            key = idx->routing[i].key;
    if (!key)
        return IDQ_SIGNATURE;
    *ret_reason = "the signature of the answer is invalid";
    return verify(signature, key, xmlSecTransformUriTypeEmpty);
}

/* --- an assertion ----------------------------------------------------------------------------- */

/* xmlsec writes the ID into an XPointer, so it has no quote. */
static bool
is_id(const char *id)
{
    return id[0] &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
               strlen(id) &&
           !strchr("0123456789.-", id[0]);
}

/* Returns the next node of the tree, or NULL. */
static const xmlNode *
next_of_tree(const xmlNode *node)
{
    if (node->children && node->type == XML_ELEMENT_NODE)
        return node->children;
    while (node && !node->next)
        node = node->parent;
    return node ? node->next : NULL;
}

/* Counts the attributes that any reader could take for this ID. */
static size_t
count_ids(const xmlNode *root, const char *id)
{
    size_t n_ids = 0;

    for (const xmlNode *node = root; node; node = next_of_tree(node))
        for (const xmlAttr *attribute = node->type == XML_ELEMENT_NODE ? node->properties : NULL;
             attribute; attribute = attribute->next) {
            const xmlNode *text = attribute->children;

            if (strcasecmp((const char *)attribute->name, "id") == 0 && text && text->content &&
                strcmp((const char *)text->content, id) == 0)
                n_ids++;
        }
    return n_ids;
}

/* The key of the certificate in a KeyInfo, or NULL. */
static EVP_PKEY *
embedded_key(const xmlNode *key_info)
{
    xmlNode *data, *certificate;
    const struct idx_child of_info[] = {{IDX_ONE, NS_DS, "X509Data", &data}};
    const struct idx_child of_data[] = {{IDX_ONE, NS_DS, "X509Certificate", &certificate}};

    if (idx_children(key_info, of_info, 1) != 0 || idx_children(data, of_data, 1) != 0)
        return NULL;
    SECRET_AUTO *der = idx_base64(certificate);
    if (!der)
        return NULL;
    const unsigned char *at = (const unsigned char *)secret_bytes(der);
    X509 *x509 = d2i_X509(NULL, &at, (long)secret_size(der));
    EVP_PKEY *key = x509 ? X509_get_pubkey(x509) : NULL;
    if (key && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < 2048)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    X509_free(x509);
    return key;
}

int
idx_verify_assertion(xmlNode *assertion, xmlNode *signature)
{
    char uri[IDX_ID_SIZE + 1] = "#", *id = uri + 1;
    xmlNode *key_info;
    EVP_PKEY *key;
    int error = IDQ_SIGNATURE;

    if (signature->parent != assertion || idx_attribute(assertion, "ID", id, IDX_ID_SIZE) != 0 ||
        !is_id(id) || count_ids(xmlDocGetRootElement(assertion->doc), id) != 1 ||
        !has_shape(signature, uri, true, &key_info))
        return IDQ_SIGNATURE;
    key = embedded_key(key_info);
    xmlAttr *attribute = xmlHasProp(assertion, (const xmlChar *)"ID");
    if (key && xmlAddID(NULL, assertion->doc, (const xmlChar *)id, attribute))
        error = verify(signature, key, xmlSecTransformUriTypeSameDocument);
    EVP_PKEY_free(key);
    return error;
}

/* --- our own ---------------------------------------------------------------------------------- */

int
idx_sign(const struct idx *idx, xmlNode *root)
{
    xmlNode *signature, *reference, *key_info;
    xmlSecDSigCtx *context;
    int error = IDQ_SYSTEM;

    signature = xmlSecTmplSignatureCreate(root->doc, xmlSecTransformExclC14NId,
                                          xmlSecOpenSSLTransformRsaSha256Id, NULL);
    if (!signature)
        return IDQ_SYSTEM;
    xmlAddChild(root, signature);
    reference = xmlSecTmplSignatureAddReference(signature, xmlSecOpenSSLTransformSha256Id, NULL,
                                                (const xmlChar *)"", NULL);
    key_info = xmlSecTmplSignatureEnsureKeyInfo(signature, NULL);
    if (!reference || !key_info ||
        !xmlSecTmplReferenceAddTransform(reference, xmlSecTransformEnvelopedId) ||
        !xmlSecTmplReferenceAddTransform(reference, xmlSecTransformExclC14NId) ||
        !xmlSecTmplKeyInfoAddKeyName(key_info, (const xmlChar *)idx->merchant_name))
        return IDQ_SYSTEM;
    context = context_of(idx->merchant_key, xmlSecTransformUriTypeEmpty);
    if (context && xmlSecDSigCtxSign(context, signature) == 0 &&
        context->status == xmlSecDSigStatusSucceeded)
        error = 0;
    if (context)
        xmlSecDSigCtxDestroy(context);
    return error;
}
