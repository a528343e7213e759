/* SPDX-License-Identifier: BSD-3-Clause */
/* A peer (peer.h) between the relay and the sandbox: see relay_fault.h. */
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/sandbox/acquirer_answers.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/http_client.h"
#include "tests/harness/relay.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    const char *dialect;
    char *sandbox; /* its URL, kept */
    int holder;    /* of the port */
    unsigned port;
    struct peer peer;
    struct peer_person person;
    struct party signer, stranger;
    const struct relay_fault *fault; /* of the peer's process */
    struct http_client *client;      /* of the peer's process */
} between = {.holder = -1};

/* Replaces the beginning of each of these URLs. */
static void
lead(const char *keyword, const char *path)
{
    relay_caller_set(keyword, scratch_text("https://127.0.0.1:%u%s", between.port, path));
}

void
between_open(const char *dialect)
{
    int is_acquirer = strcmp(dialect, "acquirer") == 0, is_cm = strcmp(dialect, "cm") == 0;
    char *url = relay_caller_setting(is_acquirer ? "status_url" : is_cm ? "[cm] url" : "url");
    char *certificate, *path = scratch_path(scratch_dir("between"), "other.pem");

    between.dialect = dialect;
    between.sandbox = scratch_text("%.*s", (int)strcspn(url + 8, "/") + 8, url);
    between.holder = relay_bind(0, &between.port);
    ck_assert_int_ge(between.holder, 0);
    ck_assert_int_eq(party_new("Another acquirer", &between.signer), 0);
    ck_assert_int_eq(party_new("A stranger", &between.stranger), 0);
    certificate = party_certificate_pem(&between.signer);
    scratch_write(path, 0644, certificate);
    free(certificate);
    if (is_acquirer) {
        lead("directory_url", ACQUIRER_DIRECTORY_PATH);
        lead("transaction_url", ACQUIRER_TRANSACTION_PATH);
        lead("status_url", ACQUIRER_STATUS_PATH);
        relay_caller_set("[acquirer] certificate_file",
                         scratch_text("%s\nalternative_certificate_file = %s",
                                      relay_caller_setting("[acquirer] certificate_file"), path));
    } else if (is_cm) {
        lead("[cm] url", CM_PATH);
    } else {
        ck_assert_int_eq(characters_read_hex(relay_caller_setting("signing_key"),
                                             between.person.signing_key,
                                             sizeof between.person.signing_key),
                         0);
        lead("url", IDIN_QR_GENERATE_PATH);
    }
    between_begin(&(struct relay_fault){.name = "nothing"});
    relay_server_stop(relay_here);
    relay_server_start(relay_here);
}

/* --- in the peer's process ----------------------------------------------------------------------
 */

static char *
replace(const char *text)
{
    const struct relay_fault *fault = between.fault;
    const char *at = fault->cut ? strstr(text, fault->cut) : text;

    ck_assert_msg(at != NULL, "no \"%s\" in: %s", fault->cut, text);
    return fault->cut ? scratch_text("%.*s%s%s", (int)(at - text), text, fault->put,
                                     at + strlen(fault->cut))
                      : scratch_text("%s", text);
}

static char *
edit(const char *text)
{
    const struct relay_fault *fault = between.fault;
    const struct party *signer = fault->is_signed_otherwise ? &between.stranger : &between.signer;
    const char *root, *signature, *end;
    char *edited;

    if (strcmp(between.dialect, "cm") == 0) /* no signature */
        return replace(text);
    root = strstr(text, "?>\n") + 3; /* behind the declaration */
    signature = strstr(root, "<Signature");
    end = strstr(root, "</Signature>");
    if (fault->error)
        edited = answer_error((int64_t)time(NULL) * 1000, fault->error, "refused by a test",
                              "The bank says no. (De bank zegt nee.)", NULL);
    else
        edited =
            scratch_text("%.*s%s", (int)(signature - root), root, end + strlen("</Signature>"));
    edited = replace(edited);
    return fault->is_unsigned ? edited : signer_finish(signer, strdup(edited));
}

static void
ask(enum peer_stage stage, const char *request, int goes_wrong, struct peer_answer *answer)
{
    const struct relay_fault *fault = between.fault;
    const char *path = strchr(request, ' ') + 1, *body = strstr(request, "\r\n\r\n") + 4;
    const char *type =
        strcmp(between.dialect, "acquirer") == 0 ? "text/xml; charset=utf-8" : "application/json";
    static struct http_answer got; /* what is told points into it */

    (void)stage;
    if (!between.client)
        between.client = http_client_new(relay_server_ca_file(relay_here), NULL);
    http_answer_free(&got);
    if (!http_request(between.client, "POST",
                      scratch_text("%s%.*s", between.sandbox, (int)strcspn(path, " "), path), type,
                      body, &got))
        fprintf(stderr, "between: %s\n", got.error);
    if (!answer->body) {
        answer->body = goes_wrong && (fault->cut || fault->error) ? edit(got.body) : got.body;
        answer->body_size = strlen(answer->body);
    }
    if (!answer->content_type)
        answer->content_type = type;
}

/* --- in the test's -------------------------------------------------------------------------------
 */

void
between_begin(const struct relay_fault *fault)
{
    struct peer_script script = fault->peer;

    peer_stop(&between.peer);
    between.fault = fault;
    script.ask = ask;
    script.port = between.port;
    if (script.certificate == PEER_CERTIFICATE_RIGHT && script.tls_version == 0)
        script.tls_dir = relay_server_dir(relay_here);
    if (!fault->is_refused)
        peer_start(&between.peer, between.dialect, &script, &between.person,
                   scratch_dir("between"));
    if (script.tls_dir || fault->is_refused)
        return;
    /* The peer has a new CA, and a relay reads that file at its start. */
    scratch_write(scratch_path(relay_server_dir(relay_here), "both.pem"), 0644,
                  scratch_text("%s%s", scratch_read(relay_server_ca_file(relay_here)),
                               scratch_read(between.peer.ca_file)));
    relay_caller_set("ca_file", scratch_path(relay_server_dir(relay_here), "both.pem"));
    relay_server_stop(relay_here);
    relay_server_start(relay_here);
}

void
between_end(void)
{
    peer_stop(&between.peer);
    party_free(&between.signer);
    party_free(&between.stranger);
    close(between.holder);
}
