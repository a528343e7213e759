/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on answers from the network. The first half reads trees whose signature is
 * verified. The second half verifies. */
#include "pam_idinqr/relay/idx_parts.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
idx_fail(struct idx_failure *failure, int error, const char *reason)
{
    (void)snprintf(failure->reason, sizeof failure->reason, "%s", reason);
    return error;
}

/* --- the envelope ----------------------------------------------------------------------------- */

/* Checks that an element is missing, or a time. */
static bool
is_time(const xmlNode *element)
{
    char text[IDX_TIME_SIZE];
    int64_t ms;

    return !element || (idx_text(element, text, sizeof text) == 0 && idx_time(text, &ms) == 0);
}

/* Reads a text that the person or the administrator may see. */
static int
shown_text(const xmlNode *element, char *ret_text, size_t size)
{
    if (idx_text(element, ret_text, size) != 0)
        return IDQ_REPLY;
    return characters_are_clean(ret_text, strlen(ret_text)) ? 0 : IDQ_REPLY;
}

/* Finds the three parts of an answer besides its signature. `second` may be NULL. */
static int
open_envelope(const struct idx *idx, const xmlNode *root, const char *first_name,
              xmlNode **ret_first, const char *second_name, xmlNode **ret_second)
{
    xmlNode *created, *acquirer, *signature, *id;
    const struct idx_child children[] = {{IDX_ONE, NS_IDX, "createDateTimestamp", &created},
                                         {IDX_ONE, NS_IDX, "Acquirer", &acquirer},
                                         {IDX_OPTIONAL, NS_DS, "Signature", &signature},
                                         {IDX_ONE, NS_IDX, first_name, ret_first},
                                         {IDX_ONE, NS_IDX, second_name, ret_second}};
    const struct idx_child of_acquirer[] = {{IDX_ONE, NS_IDX, "acquirerID", &id}};

    if (idx_children(root, children, ARRAY_LENGTH(children) - (second_name ? 0 : 1)) != 0 ||
        idx_children(acquirer, of_acquirer, ARRAY_LENGTH(of_acquirer)) != 0 || !is_time(created) ||
        !idx_text_is(id, idx->settings.acquirer_id))
        return IDQ_REPLY;
    return 0;
}

static bool
is_transaction(const struct idx *idx, const char *id)
{
    return characters_have_form(id, "0000000000000000") &&
           (idx->settings.any_transaction || strncmp(id, idx->settings.acquirer_id, 4) == 0);
}

/* --- the directory ---------------------------------------------------------------------------- */

static int
read_issuer(const xmlNode *element, struct idx_issuer *ret_issuer)
{
    xmlNode *id, *name;
    const struct idx_child children[] = {{IDX_ONE, NS_IDX, "issuerID", &id},
                                         {IDX_ONE, NS_IDX, "issuerName", &name}};

    if (idx_children(element, children, ARRAY_LENGTH(children)) != 0 ||
        idx_text(id, ret_issuer->id, sizeof ret_issuer->id) != 0 || !idx_is_bic(ret_issuer->id) ||
        shown_text(name, ret_issuer->name, sizeof ret_issuer->name) != 0)
        return IDQ_REPLY;
    return 0;
}

/* Reads the countries into `ret`, or only counts their issuers. Returns the count, or 0 for an
 * invalid list. */
static size_t
read_countries(const xmlNode *country, struct idx_directory *ret)
{
    size_t n_issuers = 0;

    for (; country; country = idx_next(country)) {
        char names[128 * 4 + 1];
        xmlNode *name, *issuer;
        const struct idx_child children[] = {{IDX_ONE, NS_IDX, "countryNames", &name},
                                             {IDX_MANY, NS_IDX, "Issuer", &issuer}};

        if (!idx_is(country, NS_IDX, "Country"))
            continue;
        if (idx_children(country, children, ARRAY_LENGTH(children)) != 0 ||
            shown_text(name, names, sizeof names) != 0)
            return 0;
        for (; issuer; issuer = idx_next(issuer)) {
            if (!idx_is(issuer, NS_IDX, "Issuer"))
                continue;
            if (ret && read_issuer(issuer, &ret->issuers[n_issuers]) != 0)
                return 0;
            n_issuers++;
        }
    }
    return n_issuers;
}

int
idx_directory_of(const struct idx *idx, const xmlNode *root, struct idx_directory **ret,
                 struct idx_failure *failure)
{
    xmlNode *list, *changed, *country;
    const struct idx_child children[] = {{IDX_ONE, NS_IDX, "directoryDateTimestamp", &changed},
                                         {IDX_MANY, NS_IDX, "Country", &country}};
    struct idx_directory *directory = NULL;
    size_t n_issuers;

    if (open_envelope(idx, root, "Directory", &list, NULL, NULL) != 0 ||
        idx_children(list, children, ARRAY_LENGTH(children)) != 0 || !is_time(changed))
        return idx_fail(failure, IDQ_REPLY, "the directory is not as the protocol says");
    n_issuers = read_countries(country, NULL);
    if (n_issuers > 0)
        directory = calloc(1, sizeof *directory + n_issuers * sizeof directory->issuers[0]);
    if (!directory || read_countries(country, directory) == 0) {
        free(directory);
        return idx_fail(failure, IDQ_REPLY, "an issuer of the directory is invalid");
    }
    directory->n_issuers = n_issuers;
    *ret = directory;
    return 0;
}

/* --- transaction and status ------------------------------------------------------------------- */

int
idx_transaction_of(const struct idx *idx, const xmlNode *root, struct idx_started *ret,
                   struct idx_failure *failure)
{
    struct idx_started started = {.url = ""};
    struct https_url parsed;
    xmlNode *issuer, *transaction, *url, *id, *created;
    const struct idx_child of_issuer[] = {{IDX_ONE, NS_IDX, "issuerAuthenticationURL", &url}};
    const struct idx_child of_transaction[] = {
        {IDX_ONE, NS_IDX, "transactionID", &id},
        {IDX_ONE, NS_IDX, "transactionCreateDateTimestamp", &created}};

    if (open_envelope(idx, root, "Issuer", &issuer, "Transaction", &transaction) != 0 ||
        idx_children(issuer, of_issuer, ARRAY_LENGTH(of_issuer)) != 0 ||
        idx_children(transaction, of_transaction, ARRAY_LENGTH(of_transaction)) != 0 ||
        !is_time(created) || idx_text(id, started.transaction, sizeof started.transaction) != 0 ||
        !is_transaction(idx, started.transaction))
        return idx_fail(failure, IDQ_REPLY, "the transaction is not as the protocol says");
    if (idx_text(url, started.url, sizeof started.url) != 0 ||
        https_url_parse(started.url, strlen(started.url), &parsed) != 0)
        return idx_fail(failure, IDQ_REPLY, "the bank's address is not an https URL");
    *ret = started;
    return 0;
}

static const struct {
    const char *word;
    enum idx_status status;
} statuses[] = {{"Open", IDX_OPEN},           {"Pending", IDX_PENDING}, {"Success", IDX_SUCCESS},
                {"Cancelled", IDX_CANCELLED}, {"Expired", IDX_EXPIRED}, {"Failure", IDX_FAILED}};

int
idx_status_of(const struct idx *idx, const xmlNode *root, const struct idx_asked *asked,
              struct idx_result *ret, struct idx_failure *failure)
{
    char id[IDX_TRANSACTION_SIZE];
    xmlNode *transaction, *id_node, *status, *changed, *container, *response;
    const struct idx_child children[] = {{IDX_ONE, NS_IDX, "transactionID", &id_node},
                                         {IDX_ONE, NS_IDX, "status", &status},
                                         {IDX_OPTIONAL, NS_IDX, "statusDateTimestamp", &changed},
                                         {IDX_OPTIONAL, NS_IDX, "container", &container}};
    const struct idx_child of_container[] = {{IDX_ONE, NS_SAMLP, "Response", &response}};
    enum idx_status found = 0;

    if (open_envelope(idx, root, "Transaction", &transaction, NULL, NULL) != 0 ||
        idx_children(transaction, children, ARRAY_LENGTH(children)) != 0 || !is_time(changed) ||
        idx_text(id_node, id, sizeof id) != 0 || !is_transaction(idx, id))
        return idx_fail(failure, IDQ_REPLY, "the status is not as the protocol says");
    if (strcmp(id, asked->transaction) != 0)
        return idx_fail(failure, IDQ_OTHER_CODE, "the status is of another transaction");
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++)
        if (idx_text_is(status, statuses[i].word))
            found = statuses[i].status;
    if (found == 0 || (found == IDX_SUCCESS) != (container != NULL))
        return idx_fail(failure, IDQ_REPLY, "the status and its container do not agree");
    if (found != IDX_SUCCESS) {
        ret->status = found;
        return 0;
    }
    if (idx_children(container, of_container, ARRAY_LENGTH(of_container)) != 0)
        return idx_fail(failure, IDQ_REPLY, "the container has no SAML response");
    return idx_response_of(idx, response, asked, ret, failure);
}

/* --- errors of the acquirer ------------------------------------------------------------------- */

int
idx_error_of(const xmlNode *root, struct idx_failure *failure)
{
    char code[7], message[128 * 4 + 1], detail[256 * 4 + 1] = "", consumer[IDX_MESSAGE_SIZE] = "";
    char saml[128] = "";
    xmlNode *created, *error, *signature;
    xmlNode *code_node, *message_node, *detail_node, *action, *consumer_node, *container, *response;
    const struct idx_child of_root[] = {{IDX_ONE, NS_IDX, "createDateTimestamp", &created},
                                        {IDX_ONE, NS_IDX, "Error", &error},
                                        {IDX_OPTIONAL, NS_DS, "Signature", &signature}};
    const struct idx_child children[] = {{IDX_ONE, NS_IDX, "errorCode", &code_node},
                                         {IDX_ONE, NS_IDX, "errorMessage", &message_node},
                                         {IDX_OPTIONAL, NS_IDX, "errorDetail", &detail_node},
                                         {IDX_OPTIONAL, NS_IDX, "suggestedAction", &action},
                                         {IDX_OPTIONAL, NS_IDX, "consumerMessage", &consumer_node},
                                         {IDX_OPTIONAL, NS_IDX, "container", &container}};
    const struct idx_child of_container[] = {{IDX_ONE, NS_SAMLP, "Response", &response}};

    if (idx_children(root, of_root, ARRAY_LENGTH(of_root)) != 0 || !is_time(created) ||
        idx_children(error, children, ARRAY_LENGTH(children)) != 0 ||
        idx_text(code_node, code, sizeof code) != 0 || !characters_have_form(code, "AA0000") ||
        idx_text(message_node, message, sizeof message) != 0 ||
        (detail_node && idx_text(detail_node, detail, sizeof detail) != 0) ||
        (consumer_node && shown_text(consumer_node, consumer, sizeof consumer) != 0) ||
        (container && (idx_children(container, of_container, ARRAY_LENGTH(of_container)) != 0 ||
                       idx_error_response_of(response, saml, sizeof saml) != 0)))
        return idx_fail(failure, IDQ_REPLY, "the acquirer's error is not as the protocol says");
    (void)snprintf(failure->reason, sizeof failure->reason,
                   "the acquirer reports %s: %.128s%s%.256s%s%.64s", code, message,
                   detail[0] ? "; " : "", detail, saml[0] ? "; SAML " : "", saml);
    characters_make_loggable(failure->reason);
    memcpy(failure->consumer_message, consumer, sizeof consumer);
    return IDQ_BANK_FAILED;
}

/* --- answers from the network ----------------------------------------------------------------- */

/* Parses and verifies an answer. Returns 0 if it is the message `name`; IDQ_BANK_FAILED and others
 * as idx.h says. */
static int
open_answer(const struct idx *idx, const char *xml, size_t size, const char *name, xmlDoc **ret_doc,
            struct idx_failure *failure)
{
    DOC_AUTO *doc = idx_parse(xml, size);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    const char *reason;

    memset(failure, 0, sizeof *failure);
    if (!root)
        return idx_fail(failure, IDQ_REPLY, "the answer is not plain XML of an acceptable size");
    bool is_error = idx_is(root, NS_IDX, "AcquirerErrorRes");
    if ((!is_error && !idx_is(root, NS_IDX, name)) ||
        !idx_attribute_is(root, "version", IDX_VERSION) ||
        !idx_attribute_is(root, "productID", IDX_PRODUCT))
        return idx_fail(failure, IDQ_REPLY, "the answer is another message");
    if (idx_verify(idx, root, &reason) != 0)
        return idx_fail(failure, IDQ_SIGNATURE, reason);
    if (is_error)
        return idx_error_of(root, failure);
    *ret_doc = doc;
    doc = NULL;
    return 0;
}

int
idx_read_directory(const struct idx *idx, const char *xml, size_t size,
                   struct idx_directory **ret_directory, struct idx_failure *ret_failure)
{
    DOC_AUTO *doc = NULL;
    int error = open_answer(idx, xml, size, "DirectoryRes", &doc, ret_failure);

    return error ? error
                 : idx_directory_of(idx, xmlDocGetRootElement(doc), ret_directory, ret_failure);
}

int
idx_read_transaction(const struct idx *idx, const char *xml, size_t size,
                     struct idx_started *ret_started, struct idx_failure *ret_failure)
{
    DOC_AUTO *doc = NULL;
    int error = open_answer(idx, xml, size, "AcquirerTrxRes", &doc, ret_failure);

    return error ? error
                 : idx_transaction_of(idx, xmlDocGetRootElement(doc), ret_started, ret_failure);
}

int
idx_read_status(const struct idx *idx, const char *xml, size_t size, const struct idx_asked *asked,
                struct idx_result *ret_result, struct idx_failure *ret_failure)
{
    struct idx_result result = {.bin = NULL};
    DOC_AUTO *doc = NULL;
    int error = open_answer(idx, xml, size, "AcquirerStatusRes", &doc, ret_failure);

    if (error == 0)
        error = idx_status_of(idx, xmlDocGetRootElement(doc), asked, &result, ret_failure);
    if (error == 0)
        *ret_result = result;
    return error;
}

void
idx_result_wipe(struct idx_result *result)
{
    secret_free(&result->bin);
    secret_wipe(result, sizeof *result);
}
