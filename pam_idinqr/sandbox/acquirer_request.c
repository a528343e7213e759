/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/acquirer_request.h"

#include "pam_idinqr/common/error.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_IDX    "http://www.betaalvereniging.nl/iDx/messages/Merchant-Acquirer/1.0.0"
#define NS_SAMLP  "urn:oasis:names:tc:SAML:2.0:protocol"
#define NS_DS     "http://www.w3.org/2000/09/xmldsig#"
#define BYTES_MAX 512 /* of a signature */

static void
free_doc(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}

static void
free_text(xmlChar **text)
{
    xmlFree(*text);
}

#define DOC_AUTO  __attribute__((cleanup(free_doc))) xmlDoc
#define TEXT_AUTO __attribute__((cleanup(free_text))) xmlChar

static bool
is_named(const xmlNode *node, const char *ns, const char *name)
{
    return node && node->ns && strcmp((const char *)node->ns->href, ns) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

/* The element of a path of names, each the first of its name: "Merchant/merchantID". NULL if it is
 * missing. */
static xmlNode *
find(xmlNode *node, const char *ns, const char *path)
{
    while (node && *path) {
        char name[64];
        size_t size = strcspn(path, "/");

        snprintf(name, sizeof name, "%.*s", (int)size, path);
        path += size + (path[size] == '/');
        node = xmlFirstElementChild(node);
        while (node && !is_named(node, ns, name))
            node = xmlNextElementSibling(node);
    }
    return node;
}

/* Copies the text of an element. It must fit, and not be empty. */
static bool
take(xmlNode *root, const char *path, char *ret_text, size_t capacity)
{
    xmlNode *node = find(root, NS_IDX, path);
    TEXT_AUTO *text = node ? xmlNodeGetContent(node) : NULL;

    return text && text[0] &&
           (size_t)snprintf(ret_text, capacity, "%s", (const char *)text) < capacity;
}

/* --- the signature ------------------------------------------------------------------------------
 */

/* libxml2 calls this with each part of the document: whether it is below the node `context`. */
static int
is_below(void *context, xmlNode *node, xmlNode *parent)
{
    xmlNode *top = context;
    const xmlNode *at = node->type == XML_NAMESPACE_DECL ? parent : node;

    while (at && at != top)
        at = at->parent;
    return at != NULL;
}

/* A part of a document in exclusive canonical XML, or NULL. */
static xmlBuffer *
canonical(xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlOutputBuffer *output = buffer ? xmlOutputBufferCreateBuffer(buffer, NULL) : NULL;
    int size =
        output ? xmlC14NExecute(node->doc, is_below, node, XML_C14N_EXCLUSIVE_1_0, NULL, 0, output)
               : -1;

    if (output && xmlOutputBufferClose(output) >= 0 && size > 0)
        return buffer;
    xmlBufferFree(buffer);
    return NULL;
}

/* Decodes base64 with its white space. Returns the number of bytes, or -1. */
static int
decode(xmlNode *node, unsigned char ret_bytes[BYTES_MAX])
{
    TEXT_AUTO *text = node ? xmlNodeGetContent(node) : NULL;
    size_t length = text ? strlen((const char *)text) : 0;
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    int size = -1, more = 0;

    if (context && length > 0 && length < BYTES_MAX * 4 / 3) {
        EVP_DecodeInit(context);
        if (EVP_DecodeUpdate(context, ret_bytes, &size, text, (int)length) < 0 ||
            EVP_DecodeFinal(context, ret_bytes + size, &more) != 1)
            size = -1;
    }
    EVP_ENCODE_CTX_free(context);
    return size < 0 ? -1 : size + more;
}

static bool
has_algorithm(xmlNode *signature, const char *path, const char *algorithm)
{
    xmlNode *node = find(signature, NS_DS, path);
    TEXT_AUTO *value = node ? xmlGetNoNsProp(node, (const xmlChar *)"Algorithm") : NULL;

    return value && strcmp((const char *)value, algorithm) == 0;
}

/* The whole document but for the signature, which is taken out of it. */
static bool
has_digest(xmlNode *root, xmlNode *signature)
{
    unsigned char wanted[BYTES_MAX], hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int wanted_size = decode(find(signature, NS_DS, "SignedInfo/Reference/DigestValue"), wanted);
    xmlBuffer *text;
    bool is_right;

    xmlUnlinkNode(signature);
    text = canonical(root);
    is_right = text &&
               EVP_Digest(xmlBufferContent(text), (size_t)xmlBufferLength(text), hash, &size,
                          EVP_sha256(), NULL) == 1 &&
               wanted_size == (int)size && memcmp(hash, wanted, size) == 0;
    xmlBufferFree(text);
    return is_right;
}

static bool
is_signed(xmlNode *signature, const struct party *merchant)
{
    unsigned char bytes[BYTES_MAX];
    int size = decode(find(signature, NS_DS, "SignatureValue"), bytes);
    xmlNode *info = find(signature, NS_DS, "SignedInfo");
    xmlBuffer *text = info ? canonical(info) : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_right = text && context && size > 0 &&
                    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, merchant->key) == 1 &&
                    EVP_DigestVerify(context, bytes, (size_t)size, xmlBufferContent(text),
                                     (size_t)xmlBufferLength(text)) == 1;

    EVP_MD_CTX_free(context);
    xmlBufferFree(text);
    return is_right;
}

/* Returns NULL for the merchant's signature over all of the document, else what is wrong. */
static const char *
check_signature(xmlNode *root, const struct party *merchant)
{
    xmlNode *signature = xmlLastElementChild(root);
    xmlNode *name = find(signature, NS_DS, "KeyInfo/KeyName"), *reference;
    TEXT_AUTO *named = name ? xmlNodeGetContent(name) : NULL;
    const char *why = NULL;

    if (!is_named(signature, NS_DS, "Signature"))
        return "the signature is missing";
    reference = find(signature, NS_DS, "SignedInfo/Reference");
    TEXT_AUTO *uri = reference ? xmlGetNoNsProp(reference, (const xmlChar *)"URI") : NULL;
    if (!named || strcmp((const char *)named, merchant->name) != 0)
        return "the KeyName is not of the merchant's certificate";
    if (!uri || uri[0] || xmlNextElementSibling(reference) ||
        !has_algorithm(signature, "SignedInfo/CanonicalizationMethod", SIGNER_C14N) ||
        !has_algorithm(signature, "SignedInfo/SignatureMethod", SIGNER_RSA_SHA256))
        return "the signature is of another kind";
    if (!is_signed(signature, merchant))
        why = "the signature is wrong";
    if (!has_digest(root, signature) && !why)
        why = "the digest is wrong";
    xmlFreeNode(signature); /* has_digest took it out */
    return why;
}

/* --- the fields ---------------------------------------------------------------------------------
 */

/* "PT5M", "PT4M30S". Returns seconds, or -1. */
static int
read_period(const char *text)
{
    char *end;
    long minutes, seconds = 0;

    if (strncmp(text, "PT", 2) != 0)
        return -1;
    minutes = strtol(text + 2, &end, 10);
    if (*end++ != 'M' || minutes < 1 || minutes > 5)
        return -1;
    if (*end) {
        seconds = strtol(end, &end, 10);
        if (strcmp(end, "S") != 0 || seconds < 0 || seconds > 59)
            return -1;
    }
    return (int)(minutes * 60 + seconds);
}

static bool
read_transaction(xmlNode *root, struct acquirer_request *request)
{
    char period[16];
    xmlNode *question = find(find(root, NS_IDX, "Transaction/container"), NS_SAMLP, "AuthnRequest");
    TEXT_AUTO *id = question ? xmlGetNoNsProp(question, (const xmlChar *)"ID") : NULL;

    if (!id ||
        (size_t)snprintf(request->reference, sizeof request->reference, "%s", (const char *)id) >=
            sizeof request->reference ||
        !take(root, "Issuer/issuerID", request->issuer, sizeof request->issuer) ||
        !take(root, "Merchant/merchantReturnURL", request->return_url,
              sizeof request->return_url) ||
        !take(root, "Transaction/language", request->language, sizeof request->language) ||
        !take(root, "Transaction/entranceCode", request->entrance_code,
              sizeof request->entrance_code) ||
        !take(root, "Transaction/expirationPeriod", period, sizeof period))
        return false;
    request->expiry_s = read_period(period);
    return request->expiry_s > 0;
}

int
acquirer_request_read(enum acquirer_request_kind kind, const char *xml, size_t size,
                      const struct party *merchant, struct acquirer_request *ret_request,
                      const char **ret_why)
{
    static const char *const names[] = {[ACQUIRER_DIRECTORY] = "DirectoryReq",
                                        [ACQUIRER_TRANSACTION] = "AcquirerTrxReq",
                                        [ACQUIRER_STATUS] = "AcquirerStatusReq"};
    DOC_AUTO *doc = xmlReadMemory(xml, (int)size, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    struct acquirer_request request = {.expiry_s = 0};

    *ret_why = "this is no message of the kind that this address takes";
    if (!root || doc->intSubset || !is_named(root, NS_IDX, names[kind]))
        return IDQ_REPLY;
    *ret_why = check_signature(root, merchant);
    if (*ret_why)
        return IDQ_SIGNATURE;
    *ret_why = "a field is missing, or has another form";
    if (!take(root, "Merchant/merchantID", request.merchant_id, sizeof request.merchant_id) ||
        (kind == ACQUIRER_TRANSACTION && !read_transaction(root, &request)) ||
        (kind == ACQUIRER_STATUS &&
         !take(root, "Transaction/transactionID", request.transaction, sizeof request.transaction)))
        return IDQ_REPLY;
    *ret_request = request;
    *ret_why = NULL;
    return 0;
}
