/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/oauth_client.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FORM_TYPE  "application/x-www-form-urlencoded"
#define SCHEME     "Basic "
#define BASE64_MAX 400

/* Who the request says it is from; "" where it does not say. */
struct credentials {
    char id[FORM_VALUE_MAX + 1];
    char secret[FORM_VALUE_MAX + 1];
};

static void
wipe_credentials(struct credentials *credentials)
{
    secret_wipe(credentials, sizeof *credentials);
}

#define CREDENTIALS_AUTO __attribute__((cleanup(wipe_credentials))) struct credentials

int
oauth_reply(struct http_reply *reply, json_t *root)
{
    if (http_reply_header(reply, "Cache-Control", "no-store") < 0) {
        json_decref(root);
        return IDQ_SYSTEM;
    }
    return json_reply(reply, 200, JSON_TYPE, root);
}

int
oauth_reply_error(struct http_reply *reply, unsigned status, const char *error,
                  const char *description)
{
    if (http_reply_header(reply, "Cache-Control", "no-store") < 0 ||
        (status == 401 && http_reply_header(reply, "WWW-Authenticate", "Basic realm=\"sandbox\"")))
        return IDQ_SYSTEM;
    return json_reply(reply, status, JSON_TYPE,
                      json_pack("{s:s, s:s}", "error", error, "error_description", description));
}

int
oauth_reply_field(struct http_reply *reply, const char *error, const char *field, const char *why)
{
    char description[128];

    snprintf(description, sizeof description, "%s %s", field, why);
    return oauth_reply_error(reply, 400, error, description);
}

/* Takes "Basic BASE64" apart, in which name and secret are escaped as in a form. */
static int
read_basic(const char *authorization, struct credentials *ret_credentials)
{
    const char *base64 = authorization + strlen(SCHEME);
    size_t base64_size = strlen(base64);
    unsigned char pair[BASE64_MAX];

    if (base64_size == 0 || base64_size > BASE64_MAX)
        return IDQ_REFUSED;
    int size = EVP_DecodeBlock(pair, (const unsigned char *)base64, (int)base64_size);
    for (size_t i = base64_size; size > 0 && i > 0 && base64[i - 1] == '='; i--)
        size--; /* what stands for nothing was decoded as zeros */
    const char *text = (const char *)pair;
    const char *colon = size > 0 ? memchr(text, ':', (size_t)size) : NULL;
    int error = IDQ_REFUSED;
    if (colon && form_decode(text, (size_t)(colon - text), ret_credentials->id) == 0)
        error = form_decode(colon + 1, (size_t)(text + size - colon - 1), ret_credentials->secret);
    secret_wipe(pair, sizeof pair);
    return error;
}

/* How the client shows who it is, or what is wrong with that. */
static int
read_credentials(const struct http_request *request, const struct form *form,
                 struct credentials *ret_credentials, const char **ret_why)
{
    const char *form_id = form_value(form, "client_id");
    const char *form_secret = form_value(form, "client_secret");

    *ret_why = "the Authorization header is not \"Basic\" with an escaped name and secret";
    if (request->authorization[0] == '\0') {
        snprintf(ret_credentials->id, sizeof ret_credentials->id, "%s", form_id);
        snprintf(ret_credentials->secret, sizeof ret_credentials->secret, "%s", form_secret);
        return 0;
    }
    if (strncasecmp(request->authorization, SCHEME, strlen(SCHEME)) != 0 ||
        read_basic(request->authorization, ret_credentials) < 0)
        return IDQ_REFUSED;
    *ret_why = "client_secret is in the header and in the form";
    if (form_secret[0])
        return IDQ_REFUSED;
    *ret_why = "client_id is not the one of the header";
    return form_id[0] && strcmp(form_id, ret_credentials->id) != 0 ? IDQ_REFUSED : 0;
}

static bool
is_our_client(const struct sandbox *sandbox, const struct credentials *credentials)
{
    size_t size = strlen(sandbox->client_secret);

    return strcmp(credentials->id, sandbox->client_id) == 0 &&
           strlen(credentials->secret) == size &&
           secret_equal_bytes(credentials->secret, sandbox->client_secret, size);
}

static bool
is_known(const char *name, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(name, *known) == 0)
            return true;
    return false;
}

/* The first field that should not be there or has nothing in it, or NULL. */
static const char *
find_wrong_field(const struct form *form, enum oauth_client_auth auth, const char *const *known,
                 const char **ret_why)
{
    static const char *const of_client[] = {"client_id", "client_secret", NULL};

    for (size_t i = 0; i < form->n_fields; i++) {
        const char *name = form->fields[i].name;

        *ret_why = "is not known here";
        if (!is_known(name, known) && (auth == OAUTH_BASIC || !is_known(name, of_client)))
            return name;
        *ret_why = "is empty";
        if (form->fields[i].value[0] == '\0')
            return name;
    }
    return NULL;
}

int
oauth_client_admit(const struct sandbox *sandbox, const struct http_request *request,
                   enum oauth_client_auth auth, const char *const *known, struct form *ret_form,
                   struct http_reply *reply)
{
    CREDENTIALS_AUTO credentials = {.id = ""};
    const char *why;

    if (!http_content_type_is(request->content_type, FORM_TYPE))
        return oauth_reply_field(reply, "invalid_request", "content-type", "must be " FORM_TYPE);
    if (form_parse(request->body, request->body_size, ret_form) < 0)
        return oauth_reply_field(reply, "invalid_request", "body",
                                 "must be a form in which no field comes twice");
    const char *wrong = find_wrong_field(ret_form, auth, known, &why);
    if (wrong)
        return oauth_reply_field(reply, "invalid_request", wrong, why);
    if (read_credentials(request, ret_form, &credentials, &why) < 0)
        return oauth_reply_error(reply, 400, "invalid_request", why);
    if (!is_our_client(sandbox, &credentials))
        return oauth_reply_error(reply, 401, "invalid_client", "the name or the secret is wrong");
    return 1;
}
