/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this. */
#include "pam_idinqr/sandbox/acquirer_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_IDX    "http://www.betaalvereniging.nl/iDx/messages/Merchant-Acquirer/1.0.0"
#define NS_SAML   "urn:oasis:names:tc:SAML:2.0:assertion"
#define NS_SAMLP  "urn:oasis:names:tc:SAML:2.0:protocol"
#define ROOT      " xmlns=\"" NS_IDX "\" productID=\"NL:BVN:BankID:1.0\" version=\"1.0.0\">"
#define TIME_SIZE 32

#define TEXT_AUTO __attribute__((cleanup(free_text))) char

static void
free_text(char **text)
{
    free(*text);
}

static const char *
time_text(int64_t ms, char ret_text[TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    size_t length =
        gmtime_r(&seconds, &utc) ? strftime(ret_text, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc) : 0;

    snprintf(ret_text + length, TIME_SIZE - length, ".%03dZ", (int)(ms % 1000));
    return ret_text;
}

/* An answer up to its second part. */
static char *
envelope(const char *name, const char *acquirer_id, int64_t now_ms, const char *parts)
{
    char time[TIME_SIZE], *message = NULL;

    if (asprintf(&message,
                 "<%s" ROOT "<createDateTimestamp>%s</createDateTimestamp>"
                 "<Acquirer><acquirerID>%s</acquirerID></Acquirer>%s</%s>",
                 name, time_text(now_ms, time), acquirer_id, parts, name) < 0)
        return NULL;
    return message;
}

/* Writes the countries and their issuers, and returns whether they are all there. */
static bool
write_issuers(FILE *to, const struct answer_issuer *issuers, size_t n_issuers)
{
    for (size_t i = 0; i < n_issuers; i++) {
        bool is_first = i == 0 || strcmp(issuers[i].country, issuers[i - 1].country) != 0;
        TEXT_AUTO *country = signer_escape(issuers[i].country);
        TEXT_AUTO *name = signer_escape(issuers[i].name);

        if (!country || !name)
            return false;
        if (is_first)
            fprintf(to, "%s<Country><countryNames>%s</countryNames>", i > 0 ? "</Country>" : "",
                    country);
        fprintf(to, "<Issuer><issuerID>%s</issuerID><issuerName>%s</issuerName></Issuer>",
                issuers[i].id, name);
    }
    return fprintf(to, "</Country></Directory>") > 0;
}

char *
answer_directory(const char *acquirer_id, int64_t now_ms, int64_t changed_ms,
                 const struct answer_issuer *issuers, size_t n_issuers)
{
    char time[TIME_SIZE];
    TEXT_AUTO *list = NULL;
    size_t size;
    FILE *memory = open_memstream(&list, &size);

    if (!memory)
        return NULL;
    fprintf(memory, "<Directory><directoryDateTimestamp>%s</directoryDateTimestamp>",
            time_text(changed_ms, time));
    bool is_complete = write_issuers(memory, issuers, n_issuers);
    if (fclose(memory) != 0 || !is_complete)
        return NULL;
    return envelope("DirectoryRes", acquirer_id, now_ms, list);
}

char *
answer_transaction(const char *acquirer_id, int64_t now_ms, const char *url,
                   const char *transaction)
{
    char time[TIME_SIZE];
    TEXT_AUTO *escaped = signer_escape(url);
    TEXT_AUTO *parts = NULL;

    if (!escaped || asprintf(&parts,
                             "<Issuer><issuerAuthenticationURL>%s</issuerAuthenticationURL>"
                             "</Issuer><Transaction><transactionID>%s</transactionID>"
                             "<transactionCreateDateTimestamp>%s</transactionCreateDateTimestamp>"
                             "</Transaction>",
                             escaped, transaction, time_text(now_ms, time)) < 0)
        return NULL;
    return envelope("AcquirerTrxRes", acquirer_id, now_ms, parts);
}

/* Frees the response, which may be NULL. */
static char *
container_of(char *response)
{
    TEXT_AUTO *own = response;
    char *container = NULL;

    if (!own)
        return strdup("");
    return asprintf(&container, "<container>%s</container>", own) < 0 ? NULL : container;
}

char *
answer_status(const char *acquirer_id, int64_t now_ms, const char *transaction, const char *status,
              char *response)
{
    char time[TIME_SIZE];
    TEXT_AUTO *container = container_of(response);
    TEXT_AUTO *parts = NULL;

    if (!container || asprintf(&parts,
                               "<Transaction><transactionID>%s</transactionID>"
                               "<status>%s</status>"
                               "<statusDateTimestamp>%s</statusDateTimestamp>%s</Transaction>",
                               transaction, status, time_text(now_ms, time), container) < 0)
        return NULL;
    return envelope("AcquirerStatusRes", acquirer_id, now_ms, parts);
}

char *
answer_error(int64_t now_ms, const char *code, const char *message, const char *consumer_message,
             char *response)
{
    char time[TIME_SIZE], *answer = NULL;
    TEXT_AUTO *container = container_of(response);
    TEXT_AUTO *text = signer_escape(message);
    TEXT_AUTO *consumer = signer_escape(consumer_message ? consumer_message : "");

    if (!container || !text || !consumer ||
        asprintf(&answer,
                 "<AcquirerErrorRes" ROOT "<createDateTimestamp>%s</createDateTimestamp>"
                 "<Error><errorCode>%s</errorCode><errorMessage>%s</errorMessage>%s%s%s%s"
                 "</Error></AcquirerErrorRes>",
                 time_text(now_ms, time), code, text, consumer_message ? "<consumerMessage>" : "",
                 consumer, consumer_message ? "</consumerMessage>" : "", container) < 0)
        return NULL;
    return answer;
}

static char *
status_of(const char *code, const char *second_code)
{
    char *status = NULL;
    bool is_success = strcmp(code, "Success") == 0;

    if (asprintf(&status,
                 "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:%s\">"
                 "%s%s%s%s</samlp:StatusCode></samlp:Status>",
                 code, second_code ? "<samlp:StatusCode Value=\"" : "",
                 !second_code ? ""
                 : is_success ? "urn:nl:bvn:bankid:1.0:status:"
                              : "urn:oasis:names:tc:SAML:2.0:status:",
                 second_code ? second_code : "", second_code ? "\"></samlp:StatusCode>" : "") < 0)
        return NULL;
    return status;
}

char *
answer_response(int64_t now_ms, const char *reference, const char *issuer, const char *code,
                const char *second_code, char *assertion)
{
    char time[TIME_SIZE], *response = NULL;
    TEXT_AUTO *own = assertion;
    TEXT_AUTO *status = status_of(code, second_code);

    if (!status ||
        asprintf(&response,
                 "<samlp:Response xmlns:samlp=\"" NS_SAMLP "\" ID=\"RES-%s\""
                 " InResponseTo=\"%s\" IssueInstant=\"%s\" Version=\"2.0\">"
                 "<saml:Issuer xmlns:saml=\"" NS_SAML "\">%s</saml:Issuer>%s%s</samlp:Response>",
                 reference, reference, time_text(now_ms, time), issuer, status, own ? own : "") < 0)
        return NULL;
    return response;
}

/* The bank's certificate, as a KeyInfo has it. */
static char *
certificate_of(const struct party *bank)
{
    TEXT_AUTO *pem = party_certificate_pem(bank);
    char *data = NULL, *to = pem;
    const char *begin = pem ? strchr(pem, '\n') : NULL,
               *end = begin ? strstr(begin, "-----") : NULL;

    if (!end)
        return NULL;
    for (; begin < end; begin++)
        if (*begin != '\n')
            *to++ = *begin;
    *to = '\0';
    if (asprintf(&data, "<X509Data><X509Certificate>%s</X509Certificate></X509Data>", pem) < 0)
        return NULL;
    return data;
}

char *
answer_assertion(const struct bank_statement *statement)
{
    char from[TIME_SIZE], end[TIME_SIZE], *assertion = NULL;
    TEXT_AUTO *subject = signer_escape(statement->subject ? statement->subject : "");
    TEXT_AUTO *name_id = NULL;
    TEXT_AUTO *encrypted = NULL;

    if (!subject ||
        asprintf(&name_id, "<saml:NameID xmlns:saml=\"" NS_SAML "\">%s</saml:NameID>", subject) < 0)
        return NULL;
    encrypted =
        signer_encrypt(statement->merchant, statement->legal_id,
                       statement->plain ? statement->plain : name_id, statement->encryption);
    time_text(statement->from_ms, from);
    time_text(statement->end_ms, end);
    if (!encrypted ||
        asprintf(&assertion,
                 "<saml:Assertion xmlns:saml=\"" NS_SAML "\" ID=\"%s\" IssueInstant=\"%s\""
                 " Version=\"2.0\"><saml:Issuer>%s</saml:Issuer>"
                 "<saml:Subject><saml:EncryptedID>%s</saml:EncryptedID></saml:Subject>"
                 "<saml:Conditions NotBefore=\"%s\" NotOnOrAfter=\"%s\"><saml:AudienceRestriction>"
                 "<saml:Audience>%s</saml:Audience></saml:AudienceRestriction>"
                 "<saml:OneTimeUse></saml:OneTimeUse></saml:Conditions>"
                 "<saml:AuthnStatement AuthnInstant=\"%s\"><saml:AuthnContext>"
                 "<saml:AuthnContextClassRef>%s</saml:AuthnContextClassRef>"
                 "<saml:AuthenticatingAuthority>%s</saml:AuthenticatingAuthority>"
                 "</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"
                 "<saml:Attribute Name=\"urn:nl:bvn:bankid:1.0:bankid.deliveredserviceid\">"
                 "<saml:AttributeValue>%s</saml:AttributeValue></saml:Attribute>"
                 "</saml:AttributeStatement></saml:Assertion>",
                 statement->id, from, statement->issuer, encrypted, from, end, statement->legal_id,
                 from, statement->loa, statement->issuer, statement->service) < 0)
        return NULL;
    return assertion;
}

char *
answer_sign_assertion(const struct party *bank, char *assertion,
                      const struct signature_options *options)
{
    static const char id_begin[] = " ID=\"", issuer_end[] = "</saml:Issuer>";
    struct signature_options own = {.uri = NULL};
    TEXT_AUTO *text = assertion;
    TEXT_AUTO *uri = NULL;
    TEXT_AUTO *certificate = certificate_of(bank);
    TEXT_AUTO *element = NULL;
    const char *id = text ? strstr(text, id_begin) : NULL;
    const char *place = text ? strstr(text, issuer_end) : NULL;
    char *signed_assertion = NULL;

    if (!certificate || !id || !place)
        return NULL;
    id += strlen(id_begin);
    place += strlen(issuer_end);
    if (asprintf(&uri, "#%.*s", (int)strcspn(id, "\""), id) < 0)
        return NULL;
    if (options)
        own = *options;
    if (!own.uri)
        own.uri = uri;
    if (!own.key_info)
        own.key_info = certificate;
    element = signer_sign(bank, text, &own);
    if (!element ||
        asprintf(&signed_assertion, "%.*s%s%s", (int)(place - text), text, element, place) < 0)
        return NULL;
    return signed_assertion;
}
