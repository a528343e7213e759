/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on the container of an answer whose outer signature is verified. It checks
 * all that the assertion says before it decrypts the subject. */
#include "pam_idinqr/relay/idx_parts.h"

#include "pam_idinqr/common/array.h"

#include <stdio.h>
#include <string.h>

#define STATUS     "urn:oasis:names:tc:SAML:2.0:status:"
#define DELIVERED  "urn:nl:bvn:bankid:1.0:bankid.deliveredserviceid"
#define VALUE_SIZE 129

struct response {
    xmlNode *assertion;          /* NULL: no identity */
    xmlNode *code, *second_code; /* the status; the second may be NULL */
};

struct assertion {
    xmlNode *signature, *encrypted_id, *conditions, *audience, *loa, *authority;
    xmlNode *attribute; /* the first in plain text */
};

static int
open_response(const xmlNode *node, struct response *ret)
{
    xmlNode *issuer, *status, *message, *detail;
    const struct idx_child children[] = {{IDX_ONE, NS_SAML, "Issuer", &issuer},
                                         {IDX_ONE, NS_SAMLP, "Status", &status},
                                         {IDX_OPTIONAL, NS_SAML, "Assertion", &ret->assertion}};
    const struct idx_child of_status[] = {{IDX_ONE, NS_SAMLP, "StatusCode", &ret->code},
                                          {IDX_OPTIONAL, NS_SAMLP, "StatusMessage", &message},
                                          {IDX_OPTIONAL, NS_SAMLP, "StatusDetail", &detail}};
    const struct idx_child of_code[] = {{IDX_OPTIONAL, NS_SAMLP, "StatusCode", &ret->second_code}};

    if (!idx_attribute_is(node, "Version", "2.0") ||
        idx_children(node, children, ARRAY_LENGTH(children)) != 0 ||
        idx_children(status, of_status, ARRAY_LENGTH(of_status)) != 0 ||
        idx_children(ret->code, of_code, ARRAY_LENGTH(of_code)) != 0 ||
        (ret->second_code && !idx_is_empty(ret->second_code)))
        return IDQ_REPLY;
    return 0;
}

static int
open_assertion(const xmlNode *node, struct assertion *ret)
{
    xmlNode *issuer, *subject, *restriction, *once, *statement, *context, *attributes, *encrypted;
    const struct idx_child children[] = {{IDX_ONE, NS_SAML, "Issuer", &issuer},
                                         {IDX_ONE, NS_DS, "Signature", &ret->signature},
                                         {IDX_ONE, NS_SAML, "Subject", &subject},
                                         {IDX_ONE, NS_SAML, "Conditions", &ret->conditions},
                                         {IDX_ONE, NS_SAML, "AuthnStatement", &statement},
                                         {IDX_ONE, NS_SAML, "AttributeStatement", &attributes}};
    const struct idx_child of_subject[] = {{IDX_ONE, NS_SAML, "EncryptedID", &ret->encrypted_id}};
    const struct idx_child of_conditions[] = {
        {IDX_ONE, NS_SAML, "AudienceRestriction", &restriction},
        {IDX_OPTIONAL, NS_SAML, "OneTimeUse", &once}};
    const struct idx_child of_restriction[] = {{IDX_ONE, NS_SAML, "Audience", &ret->audience}};
    const struct idx_child of_statement[] = {{IDX_ONE, NS_SAML, "AuthnContext", &context}};
    const struct idx_child of_context[] = {
        {IDX_ONE, NS_SAML, "AuthnContextClassRef", &ret->loa},
        {IDX_ONE, NS_SAML, "AuthenticatingAuthority", &ret->authority}};
    const struct idx_child of_attributes[] = {{IDX_MANY, NS_SAML, "Attribute", &ret->attribute},
                                              {IDX_ANY, NS_SAML, "EncryptedAttribute", &encrypted}};

    if (!idx_attribute_is(node, "Version", "2.0") ||
        idx_children(node, children, ARRAY_LENGTH(children)) != 0 ||
        idx_children(subject, of_subject, ARRAY_LENGTH(of_subject)) != 0 ||
        idx_children(ret->conditions, of_conditions, ARRAY_LENGTH(of_conditions)) != 0 ||
        idx_children(restriction, of_restriction, ARRAY_LENGTH(of_restriction)) != 0 ||
        idx_children(statement, of_statement, ARRAY_LENGTH(of_statement)) != 0 ||
        idx_children(context, of_context, ARRAY_LENGTH(of_context)) != 0 ||
        idx_children(attributes, of_attributes, ARRAY_LENGTH(of_attributes)) != 0)
        return IDQ_REPLY;
    return 0;
}

static bool
is_current(const struct idx *idx, const xmlNode *conditions, int64_t received_ms)
{
    const int64_t skew_ms = (int64_t)idx->settings.skew_s * 1000;
    char text[IDX_TIME_SIZE];
    int64_t from_ms, end_ms;

    return idx_attribute(conditions, "NotBefore", text, sizeof text) == 0 &&
           idx_time(text, &from_ms) == 0 &&
           idx_attribute(conditions, "NotOnOrAfter", text, sizeof text) == 0 &&
           idx_time(text, &end_ms) == 0 && received_ms >= from_ms - skew_ms &&
           received_ms < end_ms + skew_ms;
}

/* Checks that the service is named once, and is ours. */
static bool
is_our_service(const struct idx *idx, const xmlNode *attribute)
{
    char service[16];
    size_t n_services = 0;

    snprintf(service, sizeof service, "%u", idx->settings.service_id);
    for (; attribute; attribute = idx_next(attribute)) {
        xmlNode *value;
        const struct idx_child children[] = {{IDX_ONE, NS_SAML, "AttributeValue", &value}};

        if (!idx_is(attribute, NS_SAML, "Attribute") ||
            !idx_attribute_is(attribute, "Name", DELIVERED))
            continue;
        if (idx_children(attribute, children, ARRAY_LENGTH(children)) != 0 ||
            !idx_text_is(value, service))
            return false;
        n_services++;
    }
    return n_services == 1;
}

static int
check_assertion(const struct idx *idx, const struct assertion *assertion,
                const struct idx_asked *asked, struct idx_failure *failure)
{
    if (!idx_text_is(assertion->audience, idx->settings.legal_id))
        return idx_fail(failure, IDQ_OTHER_CODE, "the assertion is for another merchant");
    if (!is_current(idx, assertion->conditions, asked->received_ms))
        return idx_fail(failure, IDQ_CLOCK, "the assertion is not valid at this time");
    if (!idx_text_is(assertion->loa, idx->settings.loa))
        return idx_fail(failure, IDQ_LOW_ASSURANCE, "the assertion has another level of assurance");
    if (!idx_text_is(assertion->authority, asked->issuer))
        return idx_fail(failure, IDQ_OTHER_CODE, "the assertion is of another bank");
    if (!is_our_service(idx, assertion->attribute))
        return idx_fail(failure, IDQ_REPLY, "the assertion is for another service");
    return 0;
}

/* Verifies before it decrypts: CBC without a MAC answers an attacker who can change the text. */
static int
read_assertion(const struct idx *idx, xmlNode *node, const struct idx_asked *asked,
               struct idx_result *ret, struct idx_failure *failure)
{
    char id[IDX_ID_SIZE];
    struct assertion assertion;
    int error;

    if (open_assertion(node, &assertion) != 0)
        return idx_fail(failure, IDQ_REPLY, "the assertion is not as the protocol says");
    if (idx_verify_assertion(node, assertion.signature) != 0)
        return idx_fail(failure, IDQ_SIGNATURE, "the signature of the assertion is invalid");
    error = check_assertion(idx, &assertion, asked, failure);
    if (error)
        return error;
    if (idx_attribute(node, "ID", id, sizeof id) != 0)
        return idx_fail(failure, IDQ_REPLY, "the assertion has no ID");
    error = asked->take_assertion(asked->context, id);
    if (error)
        return idx_fail(failure, error,
                        error == IDQ_OTHER_CODE ? "the assertion was used before"
                                                : "the assertion cannot be remembered");
    error = idx_decrypt_bin(idx, assertion.encrypted_id, &ret->bin);
    if (error == IDQ_REPLY)
        return idx_fail(failure, error, "the subject cannot be decrypted");
    return error ? idx_fail(failure, error, error_text((enum idq_error)error)) : 0;
}

int
idx_response_of(const struct idx *idx, const xmlNode *node, const struct idx_asked *asked,
                struct idx_result *ret, struct idx_failure *failure)
{
    struct response response;
    int error;

    if (open_response(node, &response) != 0)
        return idx_fail(failure, IDQ_REPLY, "the SAML response is not as the protocol says");
    if (!idx_attribute_is(node, "InResponseTo", asked->reference))
        return idx_fail(failure, IDQ_OTHER_CODE, "the SAML response is to another request");
    if (!response.assertion) {
        ret->status = IDX_LATE;
        return 0;
    }
    if (!idx_attribute_is(response.code, "Value", STATUS "Success") || !response.second_code ||
        !idx_attribute_is(response.second_code, "Value", "urn:nl:bvn:bankid:1.0:status:Success"))
        return idx_fail(failure, IDQ_REPLY, "an assertion without SAML's success");
    error = read_assertion(idx, response.assertion, asked, ret, failure);
    if (error == 0)
        ret->status = IDX_SUCCESS;
    return error;
}

/* The last word of a status code. */
static int
code_word(const xmlNode *code, char *ret_word, size_t size)
{
    char value[VALUE_SIZE];
    const char *colon;

    if (idx_attribute(code, "Value", value, sizeof value) != 0)
        return IDQ_REPLY;
    colon = strrchr(value, ':');
    (void)snprintf(ret_word, size, "%.47s", colon ? colon + 1 : value);
    return 0;
}

int
idx_error_response_of(const xmlNode *node, char *ret_text, size_t size)
{
    char first[48], second[48] = "";
    struct response response;

    if (open_response(node, &response) != 0 || response.assertion ||
        code_word(response.code, first, sizeof first) != 0 ||
        (response.second_code && code_word(response.second_code, second, sizeof second) != 0))
        return IDQ_REPLY;
    (void)snprintf(ret_text, size, "%s%s%s", first, second[0] ? ", " : "", second);
    return 0;
}
