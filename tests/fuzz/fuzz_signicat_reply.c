/* SPDX-License-Identifier: BSD-3-Clause */
/* What Signicat answers: a token, a session, an error. Each input is a body, read as each of them.
 * The session that is ours has the id "id" and the reference "reference". */
#include "pam_idinqr/agent/signicat_messages.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"
#include "tests/fuzz/target.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct signicat_terms ours = {
    .id = "id", .reference = "reference", .requested_loa = LOA_SUBSTANTIAL};

static int
is_loggable(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return 0;
    return 1;
}

static void
read_token(const char *body, size_t size)
{
    SECRET_AUTO *authorization = NULL;
    long lifetime_s = LONG_MIN;
    int error = signicat_read_token(body, size, &authorization, &lifetime_s);

    MUST((error == 0) == (authorization != NULL));
    if (error) {
        MUST(error == IDQ_REPLY && lifetime_s == LONG_MIN);
        return;
    }
    MUST(lifetime_s == -1 || (lifetime_s > 0 && lifetime_s <= INT_MAX));
    MUST(secret_size(authorization) > strlen("Bearer "));
    MUST(strlen(secret_bytes(authorization)) == secret_size(authorization));
    MUST(is_loggable(secret_bytes(authorization))); /* nothing that ends a header's line */
}

static void
read_created(const char *body, size_t size)
{
    struct signicat_terms made = ours;
    char url[PAYLOAD_MAX + 1] = "";
    int error;

    made.id[0] = '\0';
    error = signicat_read_created(body, size, &made, url);
    MUST(error == 0 || error == IDQ_REPLY || error == IDQ_OTHER_CODE);
    MUST((error == 0) == (url[0] != '\0'));
    MUST(error || made.id[0]);
    MUST(characters_are_visible_ascii(url, strlen(url)));
    MUST(!strpbrk(made.id, "/?#%. \r\n"));
}

static void
read_session(const char *body, size_t size)
{
    struct provider_status status;
    struct result_message *result = &status.result;
    char trouble[SIGNICAT_TROUBLE_SIZE];
    int error = signicat_read_session(body, size, &ours, &status, trouble);

    MUST(error == 0 || error == IDQ_REPLY || error == IDQ_OTHER_CODE || error == IDQ_BANK_FAILED);
    MUST(memchr(trouble, 0, sizeof trouble) && is_loggable(trouble));
    MUST(error == 0 || status.state != PROVIDER_DONE);
    MUST(error_is_known(result->outcome));
    if (error == 0 && status.state == PROVIDER_DONE && result->outcome == IDQ_OK) {
        MUST(subject_check_bin(result->subject) == 0);
        MUST(characters_are_clean(result->loa, strlen(result->loa)));
        MUST(strcmp(result->transaction, ours.id) == 0);
    } else {
        /* An unverified result holds no identity. */
        MUST(target_is_zero(result->subject, sizeof result->subject));
        MUST(!result->issuer[0] && !result->loa[0] && !result->transaction[0]);
    }
    result_wipe(result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body, trouble[SIGNICAT_TROUBLE_SIZE];

    json_set_alloc_funcs(wiping_heap_malloc, wiping_heap_free); /* as in the agent */
    body = target_copy(data, size);
    read_token(body, size);
    read_created(body, size);
    read_session(body, size);
    signicat_read_trouble(body, size, trouble);
    MUST(memchr(trouble, 0, sizeof trouble) && is_loggable(trouble));
    free(body);
    return 0;
}
