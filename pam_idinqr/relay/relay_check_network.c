/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr-relay check` runs this on the network, as the relay's user. It asks the acquirer or
 * CM.com for the directory, which begins no transaction, or the OpenID provider for its document
 * and keys, and the public URL for a page that does not exist. */
#include "pam_idinqr/relay/relay_check.h"

#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/acquirer.h"
#include "pam_idinqr/relay/openid.h"
#include "pam_idinqr/relay/relay_keys.h"

#include <curl/curl.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 10000L
#define SKEW_S     30 /* half of the skew that the relay takes for granted */
#define NO_PAGE    "/check"

/* What a server has answered. */
struct got {
    CURLcode code;
    char problem[CURL_ERROR_SIZE];
    long status;
    time_t now,
        date; /* when the answer was there, by this machine and by the server; -1: unknown */
    char *body;
    size_t size;
    X509 *certificate; /* of the server, or NULL */
};

static void
free_got(struct got *got)
{
    free(got->body);
    X509_free(got->certificate);
}

#define GOT_AUTO __attribute__((cleanup(free_got))) struct got

static size_t
receive(char *data, size_t unit, size_t n, void *context)
{
    struct got *got = context;
    size_t size = unit * n;
    char *longer = NULL;

    if (got->size + size <= HTTP_CLIENT_ANSWER_MAX)
        longer = realloc(got->body, got->size + size + 1);
    if (!longer)
        return 0;
    memcpy(longer + got->size, data, size);
    got->body = longer;
    got->size += size;
    longer[got->size] = '\0';
    return size;
}

static X509 *
read_certificate(CURL *easy)
{
    static const char mark[] = "Cert:";
    const struct curl_certinfo *info = NULL;
    X509 *certificate = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs < 1)
        return NULL;
    for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next)
        if (strncmp(line->data, mark, strlen(mark)) == 0) {
            BIO *bio = BIO_new_mem_buf(line->data + strlen(mark), -1);
            certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
            BIO_free(bio);
        }
    return certificate;
}

#define SET(option, value) curl_easy_setopt(easy, option, value) == CURLE_OK

/* ca_file takes the place of the system's CAs, or is added to them. */
static bool
prepare(CURL *easy, const struct relay_config *config, const char *url, bool only_ca_file,
        struct got *got)
{
    return SET(CURLOPT_URL, url) && SET(CURLOPT_PROTOCOLS_STR, "https") &&
           SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           (config->ca_file[0] == '\0' || (SET(CURLOPT_CAINFO, config->ca_file) &&
                                           (!only_ca_file || SET(CURLOPT_CAPATH, (char *)NULL)))) &&
           SET(CURLOPT_PROXY, config->proxy) && SET(CURLOPT_NOPROXY, "") &&
           SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_TIMEOUT_MS, TIMEOUT_MS) &&
           SET(CURLOPT_CERTINFO, 1L) && SET(CURLOPT_ERRORBUFFER, got->problem) &&
           SET(CURLOPT_WRITEFUNCTION, receive) && SET(CURLOPT_WRITEDATA, got);
}

/* POSTs the message, or GETs for NULL. */
static void
ask(const struct relay_check *check, const char *url, const char *type, const char *message,
    bool only_ca_file, struct got *ret_got)
{
    CURL *easy = curl_easy_init();
    char line[100];
    struct curl_slist *headers;
    struct curl_header *date;

    snprintf(line, sizeof line, "Content-Type: %s", type);
    headers = curl_slist_append(NULL, line);

    *ret_got = (struct got){.code = CURLE_FAILED_INIT, .date = -1};
    if (easy && headers && prepare(easy, check->config, url, only_ca_file, ret_got) &&
        (!message || (SET(CURLOPT_POSTFIELDS, message) && SET(CURLOPT_HTTPHEADER, headers))))
        ret_got->code = curl_easy_perform(easy);
    ret_got->now = time(NULL);
    if (ret_got->code == CURLE_OK) {
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret_got->status);
        if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
            ret_got->date = curl_getdate(date->value, NULL);
        ret_got->certificate = read_certificate(easy);
    } else if (ret_got->problem[0] == '\0') {
        snprintf(ret_got->problem, sizeof ret_got->problem, "%s",
                 curl_easy_strerror(ret_got->code));
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
}

static void
check_clock(struct relay_check *check, const struct got *got, const char *who)
{
    long long ahead = (long long)got->now - got->date;

    if (got->date >= 0 && llabs(ahead) > SKEW_S)
        relay_check_add(check, RELAY_FINDING_CLOCK, NULL, "",
                        "this machine's clock is %lld s %s that of %s", llabs(ahead),
                        ahead > 0 ? "ahead of" : "behind", who);
}

/* --- the upstream --------------------------------------------------------------------------- */

static void
check_acquirer(struct relay_check *check)
{
    const struct relay_config *config = check->config;
    const void *field = config->upstream == RELAY_CM ? (const void *)&config->cm.url
                                                     : &config->acquirer.directory_url;
    const struct acquirer *acquirer = check->relay->upstream_state;
    struct idx_directory *directory = NULL;
    struct idx_failure failure = {.reason = ""};
    GOT_AUTO got = {.body = NULL};
    TEXT_AUTO *text = NULL;
    size_t size = 0;
    int error;

    if (!acquirer)
        return; /* the check of the files has said why */
    const struct acquirer_language *language = acquirer->language;
    const char *url = acquirer->directory_url;
    error = language->build_directory(acquirer, check->relay->wall_ms, &text, &size);
    if (error == 0) {
        ask(check, url, language->content_type, text, true, &got);
        check_clock(check, &got, url);
        if (got.code != CURLE_OK)
            relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "%s", got.problem);
        else if (got.status != 200)
            relay_check_add(
                check, RELAY_FINDING_UPSTREAM, field, url, "the answer is HTTP %ld%s", got.status,
                language->refuses_by_http && got.status == 403 ? ", as for a wrong merchant_token"
                                                               : "");
        else
            error = language->read_directory(acquirer, got.body ? got.body : "", got.size,
                                             &directory, &failure);
    }
    if (error != 0)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "%s: %s", error_text(error),
                        failure.reason);
    else if (directory && directory->n_issuers == 0)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "the directory has no bank");
    free(directory);
}

/* A GET of its address, whatever it answers. */
static void
check_qr_backend(struct relay_check *check)
{
    const char *const *url = &check->config->qr_backend.url;
    GOT_AUTO got = {.body = NULL};

    ask(check, *url, "", NULL, true, &got);
    check_clock(check, &got, *url);
    if (got.code != CURLE_OK)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, url, *url, "%s", got.problem);
}

/* GETs a document of the provider. Returns false with a finding. */
static bool
get_of_provider(struct relay_check *check, const char *url, struct got *ret_got)
{
    const char *const *field = &check->config->openid.issuer;

    ask(check, url, "", NULL, true, ret_got);
    if (ret_got->code != CURLE_OK)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "%s: %s", url, ret_got->problem);
    else if (ret_got->status != 200)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "%s: the answer is HTTP %ld",
                        url, ret_got->status);
    return ret_got->code == CURLE_OK && ret_got->status == 200;
}

static void
check_openid(struct relay_check *check)
{
    const struct openid_settings *settings = &check->config->openid;
    const char *const *field = &settings->issuer, *trouble = NULL;
    GOT_AUTO document = {.body = NULL};
    GOT_AUTO keys = {.body = NULL};
    KEY_SET_AUTO *set = NULL;
    struct openid_provider provider;
    char url[OIDC_DISCOVERY_URL_SIZE];

    if (oidc_discovery_url(settings->issuer, url, &trouble) != 0 ||
        !get_of_provider(check, url, &document))
        return; /* the configuration has been checked */
    check_clock(check, &document, *field);
    if (openid_read_provider(document.body ? document.body : "", document.size, settings, &provider,
                             &trouble) != 0) {
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "%s: %s", url, trouble);
        return;
    }
    if (provider.mismatch)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, url, "%s", provider.mismatch);
    if (!provider.has_pkce)
        relay_check_add(check, RELAY_FINDING_PKCE, field, url,
                        "the provider does not say that it takes PKCE with S256");
    if (get_of_provider(check, provider.keys, &keys) &&
        key_set_read(keys.body ? keys.body : "", keys.size, &set, &trouble) != 0)
        relay_check_add(check, RELAY_FINDING_UPSTREAM, field, provider.keys, "%s: %s",
                        provider.keys, trouble);
}

/* --- the public URL ------------------------------------------------------------------------- */

/* Returns whether it is the page of this program. */
static bool
is_ours(struct relay_check *check, const struct got *got)
{
    struct http_request request = {
        .method = "GET",
        .path = NO_PAGE,
        .language = "",
        .account_id = "",
        .user_code = "",
        .transaction_id = "",
        .entrance_code = "",
        .state = "",
        .accept_language = "",
        .content_type = "",
        .authorization = "",
        .user_agent = "",
        .signature = "",
        .body = "",
    };
    struct http_reply reply = {.body = NULL};
    bool is_same = phone_unknown(check->relay, &request, &reply) == HTTP_REPLY &&
                   got->status == (long)reply.status && got->size == reply.body_size &&
                   memcmp(got->body, reply.body, got->size) == 0;

    http_reply_free(&reply);
    return is_same;
}

/* Whether the relay serves the certificate that is in the file now. */
static bool
is_in_file(const struct relay_check *check, const X509 *certificate)
{
    SECRET_AUTO *pem = NULL;
    struct diag diag;
    X509 *first = NULL;
    BIO *bio = NULL;
    bool is_same;

    if (relay_pem_read(check->config->certificate_file, TRUSTED_FILE_OPEN_TEXT, &pem, &diag) == 0 &&
        pem)
        bio = BIO_new_mem_buf(secret_bytes(pem), (int)secret_size(pem));
    if (bio)
        first = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    is_same = !first || X509_cmp(first, certificate) == 0;
    X509_free(first);
    BIO_free(bio);
    return is_same;
}

static void
check_public_url(struct relay_check *check)
{
    const char *const *field = &check->config->public_url;
    char url[HTTPS_URL_MAX + sizeof NO_PAGE];
    GOT_AUTO got = {.body = NULL};

    snprintf(url, sizeof url, "%s" NO_PAGE, *field);
    ask(check, url, "", NULL, false, &got);
    if (got.code != CURLE_OK) {
        relay_check_add(check, RELAY_FINDING_PUBLIC_URL, field, url, "%s", got.problem);
        return;
    }
    check_clock(check, &got, *field);
    if (!is_ours(check, &got))
        relay_check_add(check, RELAY_FINDING_PUBLIC_URL, field, url,
                        "the answer (HTTP %ld) is not this relay's: another server, or a proxy "
                        "that does not pass all paths",
                        got.status);
    if (!got.certificate)
        return;
    if (!check->config->behind_proxy && !is_in_file(check, got.certificate))
        relay_check_add(check, RELAY_FINDING_CERTIFICATE_OLD, &check->config->certificate_file, "",
                        "%s serves another certificate than %s has", *field,
                        check->config->certificate_file);
    else if (check->config->behind_proxy)
        relay_check_dates(check, field, *field, got.certificate, RELAY_FINDING_CERTIFICATE,
                          RELAY_FINDING_CERTIFICATE_SOON);
}

void
relay_check_network(struct relay_check *check)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        relay_check_add(check, RELAY_FINDING_UPSTREAM, NULL, "", "libcurl cannot be used");
        return;
    }
    if (check->config->upstream == RELAY_OPENID)
        check_openid(check);
    else
        check_acquirer(check);
    if (check->config->upstream == RELAY_QR_BACKEND)
        check_qr_backend(check);
    check_public_url(check);
}
