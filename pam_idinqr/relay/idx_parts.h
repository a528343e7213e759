/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds what the sources of idx.h share, and their tests use: XML by fixed paths, signatures,
 * decryption, and the readers of a tree whose signature is verified. As idx.h. */
#ifndef IDQ_RELAY_IDX_PARTS_H
#define IDQ_RELAY_IDX_PARTS_H

#include "pam_idinqr/relay/idx.h"

#include <libxml/tree.h>
#include <openssl/evp.h>

#define NS_IDX   "http://www.betaalvereniging.nl/iDx/messages/Merchant-Acquirer/1.0.0"
#define NS_SAML  "urn:oasis:names:tc:SAML:2.0:assertion"
#define NS_SAMLP "urn:oasis:names:tc:SAML:2.0:protocol"
#define NS_DS    "http://www.w3.org/2000/09/xmldsig#"
#define NS_XENC  "http://www.w3.org/2001/04/xmlenc#"

#define IDX_VERSION     "1.0.0"
#define IDX_PRODUCT     "NL:BVN:BankID:1.0"
#define IDX_FINGERPRINT 41 /* a SHA-1 in upper-case hex digits: a KeyName */

struct idx {
    struct idx_settings settings; /* without the PEM */
    EVP_PKEY *merchant_key, *saml_key;
    char merchant_name[IDX_FINGERPRINT]; /* of its certificate */
    struct {
        EVP_PKEY *key; /* NULL for none */
        char name[IDX_FINGERPRINT];
    } routing[2];
};

/* --- XML -------------------------------------------------------------------------------------- */

/* Parses a document of at most IDX_MESSAGE_MAX bytes of UTF-8. Returns NULL if it is not well
 * formed, has a DTD, or a processing instruction outside of its root. Nothing is fetched, and no
 * entity replaced. */
xmlDoc *idx_parse(const char *xml, size_t size);
void idx_doc_free(xmlDoc **doc);

#define DOC_AUTO __attribute__((cleanup(idx_doc_free))) xmlDoc

bool idx_is(const xmlNode *node, const char *ns, const char *name);

/* Returns the next element after `node`, or NULL. */
xmlNode *idx_next(const xmlNode *node);

struct idx_child {
    enum { IDX_ONE, IDX_OPTIONAL, IDX_MANY, IDX_ANY } times; /* 1, 0-1, 1-n, 0-n */
    const char *ns, *name;
    xmlNode **ret_node; /* the first one, or NULL */
};

/* Finds the children of an element, in any order. Returns 0, or IDQ_REPLY if a child is missing or
 * is not in the list, or if there is text between them. The same name may be in the list twice: the
 * children then keep their order. Comments are skipped, as the signatures skip them. */
int idx_children(const xmlNode *parent, const struct idx_child *children, size_t n_children);

/* Returns whether an element has neither children nor text. */
bool idx_is_empty(const xmlNode *node);

/* Copies the text of an element, or of an attribute without a namespace. Returns 0, or IDQ_REPLY if
 * it is missing, too long, or more than text: a comment would split it. An element's is not empty.
 */
int idx_text(const xmlNode *element, char *ret_text, size_t size);
int idx_attribute(const xmlNode *element, const char *name, char *ret_text, size_t size);

/* Returns whether they have exactly this text. */
bool idx_text_is(const xmlNode *element, const char *text);
bool idx_attribute_is(const xmlNode *element, const char *name, const char *text);

/* Returns whether the element has this attribute alone. NULL: none. */
bool idx_has_only(const xmlNode *element, const char *attribute);

/* Decodes base64 with line breaks. Returns NULL if it is invalid or memory is short. */
struct secret *idx_base64(const xmlNode *element);

/* Reads "2030-12-31T23:59:59.999Z"; the fraction may be absent. Returns 0 or IDQ_REPLY. */
int idx_time(const char *text, int64_t *ret_ms);

bool idx_is_bic(const char *text);

/* --- signatures ------------------------------------------------------------------------------- */

/* Returns whether the element has the attribute Algorithm alone, with this value. */
bool idx_is_algorithm(const xmlNode *element, const char *algorithm);

/* Verifies the last child of the root against the pinned certificate that its KeyName names.
 * Returns 0 or IDQ_SIGNATURE. */
int idx_verify(const struct idx *idx, xmlNode *root, const char **ret_reason);

/* Verifies an assertion against the certificate in its own signature: without a chain, so that it
 * proves integrity alone. Returns 0 or IDQ_SIGNATURE. */
int idx_verify_assertion(xmlNode *assertion, xmlNode *signature);

/* Appends a signature to the root. Returns 0 or IDQ_SYSTEM. */
int idx_sign(const struct idx *idx, xmlNode *root);

/* --- decryption ------------------------------------------------------------------------------- */

/* Decrypts an EncryptedData whose signature is verified. Returns 0 or IDQ_REPLY, for any failure.
 */
int idx_decrypt(const struct idx *idx, const xmlNode *encrypted, struct secret **ret_plain);

/* Reads the subject of an EncryptedID. Returns 0, IDQ_TRANSIENT, IDQ_NO_SUBJECT or IDQ_REPLY. */
int idx_decrypt_bin(const struct idx *idx, const xmlNode *encrypted_id, struct secret **ret_bin);

/* --- readers of a verified tree --------------------------------------------------------------- */

/* Sets the reason, and returns the error. */
int idx_fail(struct idx_failure *failure, int error, const char *reason);

int idx_directory_of(const struct idx *idx, const xmlNode *root, struct idx_directory **ret,
                     struct idx_failure *failure);
int idx_transaction_of(const struct idx *idx, const xmlNode *root, struct idx_started *ret,
                       struct idx_failure *failure);
int idx_status_of(const struct idx *idx, const xmlNode *root, const struct idx_asked *asked,
                  struct idx_result *ret, struct idx_failure *failure);
/* Returns IDQ_BANK_FAILED for an error as the protocol has it. */
int idx_error_of(const xmlNode *root, struct idx_failure *failure);

/* The container of a success: SAML's Response. */
int idx_response_of(const struct idx *idx, const xmlNode *response, const struct idx_asked *asked,
                    struct idx_result *ret, struct idx_failure *failure);

/* Describes SAML's status of an error, as "Requester, RequestUnsupported". */
int idx_error_response_of(const xmlNode *response, char *ret_text, size_t size);

#endif
